import { isSameJson } from '../../base/same-json.ts';
import type { Field } from '../../api/schema/field-type.ts';
import { fieldsOf } from '../../api/schema/type-tables.ts';

type Plain = Record<string, unknown>;

const isObject = (value: unknown): value is Plain =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

function structOf(field: Field | undefined): string | undefined {
  if (field?.type.form === 'struct') return field.type.ref;
  if (field?.type.form === 'list' && field.type.item.form === 'struct') return field.type.item.ref;
  return undefined;
}

/** Items of a list with a merge key: changed and new ones, and marks for those that were dropped. */
function patchList(
  original: readonly unknown[],
  modified: readonly unknown[],
  current: readonly unknown[],
  key: string,
  ref: string | undefined,
): unknown[] | undefined {
  const find = (list: readonly unknown[], item: Plain) =>
    list.find((other) => isObject(other) && isSameJson(other[key], item[key])) as Plain | undefined;
  const changes: unknown[] = [];
  for (const item of modified) {
    if (!isObject(item)) continue;
    const live = find(current, item);
    if (!live) {
      changes.push(item);
      continue;
    }
    const change = patchObject(find(original, item) ?? {}, item, live, ref);
    if (change) changes.push({ [key]: item[key], ...change });
  }
  for (const item of original) {
    if (isObject(item) && !find(modified, item) && find(current, item)) {
      changes.push({ $patch: 'delete', [key]: item[key] });
    }
  }
  return changes.length > 0 ? changes : undefined;
}

function patchField(
  original: unknown,
  modified: unknown,
  current: unknown,
  field: Field | undefined,
): unknown {
  if (isObject(modified) && isObject(current)) {
    return patchObject(isObject(original) ? original : {}, modified, current, structOf(field));
  }
  const key = field?.merge?.key;
  if (Array.isArray(modified) && Array.isArray(current) && key !== undefined) {
    const before = Array.isArray(original) ? (original as unknown[]) : [];
    return patchList(before, modified, current, key, structOf(field));
  }
  // A quantity or port may be written in two ways; the server says what it made of it.
  return isSameJson(modified, current) ? undefined : modified;
}

function patchObject(
  original: Plain,
  modified: Plain,
  current: Plain,
  ref: string | undefined,
): Plain | undefined {
  const fields = ref ? fieldsOf(ref) : undefined;
  const patch: Plain = {};
  for (const [key, value] of Object.entries(modified)) {
    if (value === null) {
      if (current[key] !== undefined) patch[key] = null;
      continue;
    }
    const change = patchField(original[key], value, current[key], fields?.get(key));
    if (change === undefined) continue;
    patch[key] = change;
    const mergeKey = fields?.get(key)?.merge?.key;
    if (mergeKey !== undefined && Array.isArray(value)) {
      patch[`$setElementOrder/${key}`] = value.map((item: Plain) => ({
        [mergeKey]: item[mergeKey],
      }));
    }
  }
  for (const key of Object.keys(original)) {
    if (modified[key] === undefined && current[key] !== undefined) patch[key] = null;
  }
  return Object.keys(patch).length > 0 ? patch : undefined;
}

/**
 * The strategic merge patch that `kubectl apply` sends: what the manifest changes against the live object, and what
 * it dropped since it was applied last (strategicpatch `CreateThreeWayMergePatch`). Undefined when nothing differs.
 * `ref` is the kind's type; without one it is a plain merge patch, as custom resources get it.
 */
export function threeWayPatch(
  original: unknown,
  modified: unknown,
  current: unknown,
  ref: string,
): Plain | undefined {
  return patchObject(
    isObject(original) ? original : {},
    isObject(modified) ? modified : {},
    isObject(current) ? current : {},
    ref,
  );
}
