import { copyPlain } from '../../base/copy.ts';
import { isSameJson } from '../../base/same-json.ts';
import type { Field } from '../../api/schema/field-type.ts';
import { fieldsOf } from '../../api/schema/type-tables.ts';
import type { PatchResult } from './json-patch.ts';

type Plain = Record<string, unknown>;

const isObject = (value: unknown): value is Plain =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const DIRECTIVE = '$patch';
const ORDER = '$setElementOrder/';
const DELETE_FROM = '$deleteFromPrimitiveList/';
const RETAIN = '$retainKeys';

/** The struct type of a field's value or items; undefined for maps and scalars. */
function structOf(field: Field | undefined): string | undefined {
  if (!field) return undefined;
  if (field.type.form === 'struct') return field.type.ref;
  if (field.type.form === 'list' && field.type.item.form === 'struct') return field.type.item.ref;
  return undefined;
}

class StrategicMerge {
  problem: string | undefined;

  mergeObject(target: Plain, patch: Plain, ref: string | undefined): Plain {
    if (patch[DIRECTIVE] === 'replace') return withoutDirectives(patch);
    if (patch[DIRECTIVE] === 'delete') return {};
    const fields = ref === undefined ? undefined : fieldsOf(ref);
    const result: Plain = { ...target };
    if (Array.isArray(patch[RETAIN])) {
      for (const key of Object.keys(result)) {
        if (!patch[RETAIN].includes(key)) delete result[key];
      }
    }
    for (const [key, value] of Object.entries(patch)) {
      if (key.startsWith('$') || key === '__proto__') continue;
      this.mergeField(result, key, value, fields?.get(key));
    }
    for (const key of Object.keys(patch)) {
      const name = key.startsWith(DELETE_FROM) ? key.slice(DELETE_FROM.length) : undefined;
      if (name !== undefined && Array.isArray(result[name])) {
        const gone = patch[key] as unknown[];
        result[name] = result[name].filter((item: unknown) => !gone.includes(item));
      }
      // An order without changes to the list still reorders it.
      const ordered = key.startsWith(ORDER) ? key.slice(ORDER.length) : undefined;
      if (ordered !== undefined && Array.isArray(result[ordered])) {
        result[ordered] = inOrder(result[ordered], patch[key], fields?.get(ordered)?.merge?.key);
      }
    }
    return result;
  }

  private mergeField(result: Plain, key: string, value: unknown, field: Field | undefined): void {
    if (value === null) {
      delete result[key];
    } else if (isObject(value)) {
      const before = result[key];
      result[key] = this.mergeObject(isObject(before) ? before : {}, value, structOf(field));
    } else if (Array.isArray(value) && field?.merge && Array.isArray(result[key])) {
      result[key] = this.mergeList(result[key], value, field);
    } else if (Array.isArray(value)) {
      result[key] = value.filter((item) => !isDeletion(item)).map(withoutDirectives);
    } else {
      result[key] = value;
    }
  }

  private mergeList(target: unknown[], patch: unknown[], field: Field): unknown[] {
    const key = field.merge?.key;
    if (key === undefined) return [...target, ...patch.filter((item) => !target.includes(item))];
    if (patch.some((item) => isObject(item) && item[DIRECTIVE] === 'replace')) {
      return patch.filter((item) => !isObject(item) || item[DIRECTIVE] !== 'replace');
    }
    let result = [...target];
    for (const item of patch) {
      if (!isObject(item)) continue;
      if (item[key] === undefined) {
        this.problem ??= `map: ${formatGoMap(item)} does not contain declared merge key: ${key}`;
        continue;
      }
      const isThis = (other: unknown) => isObject(other) && isSameJson(other[key], item[key]);
      const index = result.findIndex(isThis);
      if (item[DIRECTIVE] === 'delete') result = result.filter((other) => !isThis(other));
      else if (index < 0) result.push(withoutDirectives(item));
      else result[index] = this.mergeObject(result[index] as Plain, item, structOf(field));
    }
    return result;
  }
}

const isDeletion = (item: unknown) => isObject(item) && item[DIRECTIVE] === 'delete';

function withoutDirectives<T>(value: T): T {
  if (Array.isArray(value)) {
    return value.filter((item) => !isDeletion(item)).map(withoutDirectives) as T;
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => !key.startsWith('$') && inner !== null && key !== '__proto__')
      .map(([key, inner]) => [key, withoutDirectives(inner)]),
  ) as T;
}

/** Items named by the order first and as it says, others stay behind the item they followed. */
function inOrder(list: unknown[], order: unknown, key: string | undefined): unknown[] {
  if (!Array.isArray(order)) return list;
  const placeOf = (item: unknown) =>
    order.findIndex((wanted: unknown) =>
      key === undefined
        ? wanted === item
        : isObject(wanted) && isObject(item) && isSameJson(wanted[key], item[key]),
    );
  const named = list.filter((item) => placeOf(item) >= 0);
  named.sort((a, b) => placeOf(a) - placeOf(b));
  const result: unknown[] = [];
  for (const item of list) {
    result.push(placeOf(item) >= 0 ? named.shift() : item);
  }
  return result;
}

function formatGoMap(value: Plain): string {
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([key, inner]) => `${key}:${isObject(inner) ? formatGoMap(inner) : String(inner)}`).join(' ')}]`;
}

/**
 * Strategic merge patch with the merge keys of the type tables: `$patch`, `$retainKeys`, `$setElementOrder/x`,
 * `$deleteFromPrimitiveList/x` (apimachinery `util/strategicpatch`). Gives a new value.
 * Simplified: with `$setElementOrder`, items that it does not name keep their index.
 */
export function applyStrategicMergePatch(
  target: unknown,
  patch: unknown,
  ref: string,
): PatchResult {
  if (!isObject(patch) || !isObject(target)) {
    return {
      ok: false,
      message: 'json: cannot unmarshal array into Go value of type map[string]interface {}',
    };
  }
  const merge = new StrategicMerge();
  const value = merge.mergeObject(copyPlain(target), copyPlain(patch), ref);
  return merge.problem === undefined ? { ok: true, value } : { ok: false, message: merge.problem };
}
