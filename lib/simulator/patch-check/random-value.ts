import { nextFloat, nextInt, type RandomState } from '../base/random.ts';
import type { Field, FieldType, ScalarType } from '../api/schema/field-type.ts';
import { fieldsOf } from '../api/schema/type-tables.ts';

export type Plain = Record<string, unknown>;

const WORDS = ['a', 'b', 'c', 'web', 'x-1'];
const DEPTH_LIMIT = 7;

export const pick = <T>(random: RandomState, from: readonly T[]): T =>
  from[nextInt(random, from.length)]!;

export const chance = (random: RandomState, probability: number) => nextFloat(random) < probability;

/** Some of the values, in their order. */
export const some = <T>(random: RandomState, from: readonly T[], probability: number): T[] =>
  from.filter(() => chance(random, probability));

/** The values in another order. */
export function shuffled<T>(random: RandomState, from: readonly T[]): T[] {
  const result = [...from];
  for (let i = result.length - 1; i > 0; i--) {
    const j = nextInt(random, i + 1);
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}

function randomScalar(random: RandomState, scalar: ScalarType): unknown {
  switch (scalar) {
    case 'string':
    case 'bytes':
      return pick(random, WORDS);
    case 'int32':
    case 'int64':
      return nextInt(random, 6);
    case 'boolean':
      return chance(random, 0.5);
    case 'quantity':
      return pick(random, ['1', '500m', '2Gi']);
    case 'time':
    case 'micro-time':
      return pick(random, ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z']);
    case 'int-or-string':
      return chance(random, 0.5) ? pick(random, WORDS) : nextInt(random, 6);
    case 'number':
      return nextFloat(random);
    case 'any':
    case 'object':
      return { [pick(random, WORDS)]: nextInt(random, 3) };
  }
}

/** What an item of a list is known by: the value of its merge key, or itself. */
export const identityOf = (item: unknown, key: string | undefined): unknown =>
  key === undefined ? item : (item as Plain)[key];

/** An item of a list that is merged by key. */
export function randomItem(random: RandomState, field: Field, depth: number): unknown {
  const { type } = field;
  if (type.form !== 'list') return undefined;
  const item = randomValue(random, type.item, depth);
  const key = field.merge?.key;
  if (key !== undefined && type.item.form === 'struct') {
    const keyType = fieldsOf(type.item.ref).get(key)?.type;
    if (keyType) (item as Plain)[key] = randomValue(random, keyType, depth);
  }
  return item;
}

function randomList(random: RandomState, field: Field, depth: number): unknown[] {
  const items = Array.from({ length: nextInt(random, 5) }, () =>
    randomItem(random, field, depth + 1),
  );
  if (!field.merge) return items;
  const known = new Set<unknown>();
  return items.filter((item) => {
    const identity = identityOf(item, field.merge?.key);
    if (known.has(identity)) return false;
    known.add(identity);
    return true;
  });
}

export function randomStruct(random: RandomState, ref: string, depth: number): Plain {
  const fields = [...fieldsOf(ref).values()];
  const probability = depth < 2 ? 0.7 : Math.min(0.6, 4 / fields.length);
  return Object.fromEntries(
    fields
      .filter(({ isRequired }) => isRequired || chance(random, probability))
      .map((field) => [field.name, randomField(random, field, depth + 1)]),
  );
}

export const randomField = (random: RandomState, field: Field, depth: number): unknown =>
  field.type.form === 'list'
    ? randomList(random, field, depth)
    : randomValue(random, field.type, depth);

/** A value of a type. Small pools of names and numbers, so that objects and patches meet. */
export function randomValue(random: RandomState, type: FieldType, depth: number): unknown {
  switch (type.form) {
    case 'scalar':
      return randomScalar(random, type.scalar);
    case 'struct':
      return depth > DEPTH_LIMIT ? {} : randomStruct(random, type.ref, depth);
    case 'list':
      return Array.from({ length: nextInt(random, 3) }, () =>
        randomValue(random, type.item, depth + 1),
      );
    case 'map':
      return Object.fromEntries(
        some(random, WORDS, 0.5).map((word) => [word, randomValue(random, type.value, depth + 1)]),
      );
  }
}
