import { copyPlain } from '../../base/copy.ts';
import type { Field } from '../../api/schema/field-type.ts';
import { fieldsOf } from '../../api/schema/type-tables.ts';
import { formatGo } from './format-go.ts';
import type { PatchResult } from './json-patch.ts';
import { orderElements } from './order-elements.ts';

type Plain = Record<string, unknown>;

const isObject = (value: unknown): value is Plain =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const DIRECTIVE = '$patch';
const ORDER = '$setElementOrder/';
const DELETE_FROM = '$deleteFromPrimitiveList/';
const RETAIN = '$retainKeys';

/** How deep a value's type is known: a struct's fields, a map's values, or nothing (free form). */
type Schema =
  | { readonly form: 'struct'; readonly ref: string }
  | { readonly form: 'map'; readonly value: Schema }
  | { readonly form: 'free' };

const FREE: Schema = { form: 'free' };

function schemaOf(type: Field['type'] | undefined): Schema {
  if (!type) return FREE;
  switch (type.form) {
    case 'struct':
      return type;
    case 'list':
      return schemaOf(type.item);
    case 'map':
      return { form: 'map', value: schemaOf(type.value) };
    case 'scalar':
      return FREE;
  }
}

const goKind = (value: unknown) => (Array.isArray(value) ? 'slice' : typeof value);

/** Takes away nulls, and objects with a directive, of a value that has nothing to be merged with. */
function settled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(settled).filter((item) => item !== undefined);
  if (!isObject(value)) return value;
  if (DIRECTIVE in value) return undefined;
  const result: Plain = {};
  for (const [key, inner] of Object.entries(value)) {
    const kept = inner === null || key === '__proto__' ? undefined : settled(inner);
    if (kept !== undefined) result[key] = kept;
  }
  return result;
}

/** Why a patch cannot be applied; thrown away with the whole attempt. */
interface Problem {
  readonly message: string;
  readonly code: 400 | 422 | 500;
}

class StrategicMerge {
  problem: Problem | undefined;

  private fail(message: string, code: Problem['code'] = 500): undefined {
    this.problem ??= { message, code };
    return undefined;
  }

  mergeObject(target: Plain, patch: Plain, schema: Schema): Plain {
    if (DIRECTIVE in patch) return this.obeyDirective(patch);
    const result: Plain = { ...target };
    const rest: Plain = { ...patch };
    this.retainKeys(result, rest);
    this.mergeOrdered(result, rest, schema);
    for (const [key, value] of Object.entries(rest)) {
      if (key === '__proto__' || this.problem) continue;
      const isDeletion = key.startsWith(DELETE_FROM);
      const name = isDeletion ? key.slice(DELETE_FROM.length) : key;
      if (value === null) delete result[name];
      else if (isDeletion) this.deleteFrom(result, name, value);
      else this.mergeField(result, name, value, schema);
    }
    return result;
  }

  private obeyDirective(patch: Plain): Plain {
    const { [DIRECTIVE]: directive, ...rest } = patch;
    if (directive === 'replace') return rest;
    if (directive !== 'delete') {
      this.fail(`unknown patch type: ${formatGo(directive)} in map: ${formatGo(patch)}`);
    }
    return {};
  }

  private retainKeys(result: Plain, patch: Plain): void {
    const kept = patch[RETAIN];
    delete patch[RETAIN];
    if (kept === undefined) return;
    const isMentioned = ([key, value]: [string, unknown]) =>
      value === null ||
      key.startsWith(DELETE_FROM) ||
      key.startsWith(ORDER) ||
      (Array.isArray(kept) && kept.includes(key));
    if (!Array.isArray(kept) || !Object.entries(patch).every(isMentioned)) {
      this.fail('invalid patch format of retainKeys', 400);
      return;
    }
    for (const key of Object.keys(result)) if (!kept.includes(key)) delete result[key];
  }

  /** Lists whose order the patch gives are merged first, and taken out of the patch. */
  private mergeOrdered(result: Plain, patch: Plain, schema: Schema): void {
    for (const key of Object.keys(patch).filter((each) => each.startsWith(ORDER))) {
      const name = key.slice(ORDER.length);
      const order = patch[key];
      delete patch[key];
      const [before, changes] = [result[name], patch[name]];
      for (const list of [order, before, changes]) {
        if (list !== undefined && !Array.isArray(list)) {
          this.fail(`expected a []interface {}, but received a ${goTypeOf(list)}`);
        }
      }
      const field = this.fieldOf(schema, name);
      if (this.problem || (before === undefined && changes === undefined)) continue;
      delete patch[name];
      result[name] = this.ordered(
        (before ?? []) as unknown[],
        changes as unknown[] | undefined,
        order as unknown[],
        field,
      );
    }
  }

  private ordered(
    before: unknown[],
    changes: unknown[] | undefined,
    order: unknown[],
    field: Field | undefined,
  ): unknown[] {
    const key = field?.merge?.key;
    this.checkOrder(changes ?? [], order, key);
    if (before.length === 0 && (changes ?? []).length === 0) {
      this.fail('no elements in any of the given slices');
    }
    const merged = changes === undefined ? before : this.mergeList(before, changes, field);
    return this.inOrder(merged, order, before, key);
  }

  /** Elements of the patch must be in its order list, and in that order. */
  private checkOrder(changes: unknown[], order: unknown[], key: string | undefined): void {
    if (order.length === 0) return;
    const identityOf = identity(key);
    const named = changes.filter((item) => !isObject(item) || item[DIRECTIVE] !== 'delete');
    let at = 0;
    for (let i = 0; at < named.length && i < order.length;) {
      const item = named[at];
      const isDirective = isObject(item) && DIRECTIVE in item;
      if (isDirective || identityOf(item) === identityOf(order[i])) at += 1;
      if (!isDirective) i += 1;
    }
    if (at < named.length) {
      this.fail(
        `The order in patch list:\n${formatGo(changes)}\n doesn't match $setElementOrder list:\n${formatGo(order)}\n`,
      );
    }
  }

  private inOrder(
    merged: readonly unknown[],
    order: readonly unknown[],
    before: readonly unknown[],
    key: string | undefined,
  ): unknown[] {
    for (const item of key === undefined ? [] : [...merged, ...order]) this.requireKey(item, key);
    return this.problem ? [] : orderElements(merged, order, before, identity(key));
  }

  private requireKey(item: unknown, key: string | undefined): boolean {
    if (key === undefined || (isObject(item) && item[key] !== undefined)) return true;
    this.fail(`map: ${formatGo(item)} does not contain declared merge key: ${key}`);
    return false;
  }

  private fieldOf(schema: Schema, name: string): Field | undefined {
    if (schema.form !== 'struct') return undefined;
    const field = fieldsOf(schema.ref).get(name);
    if (!field) {
      const struct = schema.ref.split('.')[1] ?? '';
      this.fail(
        `unable to find api field in struct ${struct} for the json field ${JSON.stringify(name)}`,
      );
    }
    return field;
  }

  private deleteFrom(result: Plain, name: string, gone: unknown): void {
    const before = result[name];
    if (!Array.isArray(before) || !Array.isArray(gone)) return;
    result[name] = before.filter((item) => !gone.includes(item));
  }

  private mergeField(result: Plain, key: string, value: unknown, schema: Schema): void {
    const before = result[key];
    if (before === undefined || goKind(before) !== goKind(value)) {
      const kept = settled(value);
      if (kept === undefined) delete result[key];
      else result[key] = kept;
      return;
    }
    if (isObject(value)) {
      const inner =
        schema.form === 'map' ? schema.value : schemaOf(this.fieldOf(schema, key)?.type);
      result[key] = this.mergeObject(before as Plain, value, inner);
    } else if (Array.isArray(value)) {
      const field = this.fieldOf(schema, key);
      result[key] = field?.merge ? this.mergeList(before as unknown[], value, field) : value;
    } else {
      result[key] = value;
    }
  }

  private mergeList(
    target: readonly unknown[],
    patch: readonly unknown[],
    field: Field | undefined,
  ): unknown[] {
    if (!field?.merge) return [...patch];
    const { key } = field.merge;
    const all = [...target, ...patch];
    if (all.some(Array.isArray)) return this.fail('lists of lists are not supported', 422) ?? [];
    if (new Set(all.map(goKind)).size > 1) {
      return this.fail(`list element types are not identical: ${formatGo([target, patch])}`) ?? [];
    }
    if (key === undefined) return this.inOrder([...new Set(all)], patch, target, undefined);
    return this.mergeByKey(target, patch as readonly Plain[], key, schemaOf(field.type));
  }

  private mergeByKey(
    target: readonly unknown[],
    patch: readonly Plain[],
    key: string,
    schema: Schema,
  ): unknown[] {
    const identityOf = identity(key);
    const directives = patch.filter((item) => DIRECTIVE in item);
    const changes = patch.filter((item) => !(DIRECTIVE in item));
    let result = [...target];
    let isReplaced = false;
    for (const item of directives) {
      if (item[DIRECTIVE] === 'replace') isReplaced = true;
      else if (item[DIRECTIVE] === 'merge') {
        this.fail('merging lists cannot yet be specified in the patch');
      } else if (item[DIRECTIVE] !== 'delete') {
        this.fail(`unknown patch type: ${formatGo(item[DIRECTIVE])} in map: ${formatGo(item)}`);
      } else if (this.requireKey(item, key)) {
        result = result.filter((other) => identityOf(other) !== item[key]);
      }
    }
    if (isReplaced) return this.inOrder(changes, [], changes, key);
    const before = result;
    result = [...before];
    for (const item of changes) {
      if (!this.requireKey(item, key)) continue;
      const at = result.findIndex((other) => identityOf(other) === item[key]);
      if (at < 0) result.push(item);
      else result[at] = this.mergeObject(result[at] as Plain, item, schema);
    }
    return this.inOrder(result, changes, before, key);
  }
}

const goTypeOf = (value: unknown) => {
  if (isObject(value)) return 'map[string]interface {}';
  return typeof value === 'number' ? 'int64' : value === null ? '%!s(<nil>)' : goKind(value);
};

/** What two elements of a list must share to be the same one. */
const identity =
  (key: string | undefined) =>
  (item: unknown): unknown =>
    key !== undefined && isObject(item) ? item[key] : item;

/**
 * Strategic merge patch with the merge keys of the type tables: `$patch`, `$retainKeys`, `$setElementOrder/x`,
 * `$deleteFromPrimitiveList/x` (apimachinery `util/strategicpatch`, `StrategicMergeMapPatch`). Gives a new value.
 */
export function applyStrategicMergePatch(
  target: unknown,
  patch: unknown,
  ref: string,
): PatchResult {
  if (!isObject(patch) || !isObject(target)) {
    return {
      ok: false,
      code: 400,
      message: `json: cannot unmarshal ${Array.isArray(patch) ? 'array' : goKind(patch)} into Go value of type map[string]interface {}`,
    };
  }
  const merge = new StrategicMerge();
  const value = merge.mergeObject(copyPlain(target), copyPlain(patch), { form: 'struct', ref });
  return merge.problem === undefined ? { ok: true, value } : { ok: false, ...merge.problem };
}
