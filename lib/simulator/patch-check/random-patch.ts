import { nextInt, type RandomState } from '../base/random.ts';
import type { Field, FieldType } from '../api/schema/field-type.ts';
import { fieldsOf } from '../api/schema/type-tables.ts';
import {
  chance,
  identityOf,
  pick,
  randomField,
  randomItem,
  randomValue,
  shuffled,
  some,
  type Plain,
} from './random-value.ts';

/** A mistake that a patch makes at the first place where it can; it must be refused with the same words. */
export type Fault = 'no-merge-key' | 'wrong-order' | 'not-retained' | 'unknown-directive';

export interface PatchDraw {
  readonly random: RandomState;
  fault: Fault | undefined;
}

const isObject = (value: unknown): value is Plain =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

function takeFault(draw: PatchDraw, fault: Fault): boolean {
  if (draw.fault !== fault) return false;
  draw.fault = undefined;
  return true;
}

function itemChanges(draw: PatchDraw, before: readonly unknown[], field: Field): unknown[] {
  const { random } = draw;
  const key = field.merge?.key;
  const type = field.type.form === 'list' ? field.type.item : undefined;
  if (key === undefined || type?.form !== 'struct') return [];
  const changes: Plain[] = some(random, before, 0.4).map((item) => ({
    ...patchOfStruct(draw, item as Plain, type.ref),
    [key]: identityOf(item, key),
  }));
  while (chance(random, 0.4)) changes.push(randomItem(random, field, 5) as Plain);
  for (const item of some(random, before, 0.2)) {
    changes.push({ $patch: 'delete', [key]: identityOf(item, key) });
  }
  const seen = new Set<unknown>();
  const distinct = changes.filter((item) => {
    const isNew = !seen.has(item[key]);
    seen.add(item[key]);
    return isNew;
  });
  if (chance(random, 0.1)) distinct.push({ $patch: 'replace' });
  if (takeFault(draw, 'no-merge-key')) distinct.push({ [`${key}s`]: 1 });
  return shuffled(random, distinct);
}

/** An order that a client could mean: its own items as they stand in the patch, others of the list anywhere. */
function orderFor(
  draw: PatchDraw,
  before: readonly unknown[],
  changes: readonly unknown[],
  key: string | undefined,
): unknown[] {
  const { random } = draw;
  const named = changes.filter((item) => !isObject(item) || !('$patch' in item));
  const names = named.map((item) => identityOf(item, key));
  const others = shuffled(random, before)
    .map((item) => identityOf(item, key))
    .filter((name) => !names.includes(name) && chance(random, 0.8));
  for (const other of others) names.splice(nextInt(random, names.length + 1), 0, other);
  if (names.length > 1 && named.length > 0 && takeFault(draw, 'wrong-order')) names.pop();
  return names.map((name) => (key === undefined ? name : { [key]: name }));
}

function patchOfMergeList(
  draw: PatchDraw,
  before: readonly unknown[],
  field: Field,
  patch: Plain,
): void {
  const { random } = draw;
  const key = field.merge?.key;
  const { name } = field;
  if (key === undefined) {
    const added = shuffled(random, [
      ...some(random, before, 0.3),
      ...(chance(random, 0.6) ? [randomItem(random, field, 5)] : []),
    ]);
    const gone = some(random, before, 0.4).filter((item) => !added.includes(item));
    if (gone.length > 0) patch[`$deleteFromPrimitiveList/${name}`] = gone;
    if (added.length > 0) patch[name] = [...new Set(added)];
  } else if (chance(random, 0.85)) {
    patch[name] = itemChanges(draw, before, field);
  }
  if (chance(random, 0.5)) {
    const changes = (patch[name] ?? []) as unknown[];
    const order = orderFor(draw, before, changes, key);
    if (order.length + before.length > 0) patch[`$setElementOrder/${name}`] = order;
  }
}

function patchOfMap(draw: PatchDraw, before: Plain, type: FieldType): Plain {
  const { random } = draw;
  const patch: Plain = {};
  for (const key of Object.keys(before)) {
    if (chance(random, 0.3)) patch[key] = chance(random, 0.5) ? null : randomValue(random, type, 5);
  }
  if (chance(random, 0.5)) patch['new'] = randomValue(random, type, 5);
  return patch;
}

function patchOfField(draw: PatchDraw, before: unknown, field: Field, patch: Plain): void {
  const { random } = draw;
  const { type, name } = field;
  if (chance(random, 0.12)) patch[name] = null;
  else if (Array.isArray(before) && field.merge) patchOfMergeList(draw, before, field, patch);
  else if (isObject(before) && type.form === 'struct') {
    patch[name] = patchOfStruct(draw, before, type.ref);
  } else if (isObject(before) && type.form === 'map') {
    patch[name] = directed(draw, patchOfMap(draw, before, type.value));
  } else patch[name] = randomField(random, field, 4);
}

function directed(draw: PatchDraw, patch: Plain): Plain {
  const { random } = draw;
  if (takeFault(draw, 'unknown-directive')) return { ...patch, $patch: 'repeat' };
  if (chance(random, 0.06)) return { ...patch, $patch: pick(random, ['replace', 'delete']) };
  return patch;
}

/** A patch for a struct: a few of its fields, more often those that it has. */
export function patchOfStruct(draw: PatchDraw, before: Plain, ref: string): Plain {
  const { random } = draw;
  const fields = [...fieldsOf(ref).values()];
  const patch: Plain = {};
  for (const field of fields) {
    const isThere = before[field.name] !== undefined;
    if (chance(random, isThere ? 0.6 : 0.5 / fields.length)) {
      patchOfField(draw, before[field.name], field, patch);
    }
  }
  const names = Object.keys(patch).filter((name) => !name.startsWith('$'));
  if (chance(random, 0.08) || (names.length > 0 && draw.fault === 'not-retained')) {
    patch['$retainKeys'] = [
      ...(names.some((name) => patch[name] !== null) && takeFault(draw, 'not-retained')
        ? []
        : names),
      ...some(random, Object.keys(before), 0.3).filter((name) => !names.includes(name)),
    ];
  }
  return directed(draw, patch);
}
