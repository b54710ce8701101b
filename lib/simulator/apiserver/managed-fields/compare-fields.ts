import { isSameJson } from '../../base/same-json.ts';
import { fieldNode, type FieldSet } from './field-set.ts';
import { isObject, partsOf, type MergeType } from './merge-type.ts';

/** Which fields differ between two values of a type (structured-merge-diff `typed.Comparison`). */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** All fields of a value, as an applier owns them: leaves, items of lists, entries of maps (`ToFieldSet`). */
export function fieldsOfValue(value: unknown, type: MergeType): FieldSet {
  return insideOf(value, type) ?? {};
}

const isEmptyObject = (value: unknown) => isObject(value) && Object.keys(value).length === 0;

function insideOf(value: unknown, type: MergeType): FieldSet | undefined {
  const inside: Record<string, FieldSet | undefined> = {};
  for (const [element, part, partType] of partsOf(value, type) ?? []) {
    const isField = type.form === 'struct' && partType.form !== 'leaf';
    const below = partsOf(part, partType) === undefined ? undefined : insideOf(part, partType);
    // Fields of a struct count by what is in them; entries and items count themselves.
    const isNamed =
      !isField || part === null || isEmptyObject(part) || partsOf(part, partType) === undefined;
    inside[element] = fieldNode(isNamed ? 'member' : 'way', below ?? {});
  }
  return fieldNode('way', inside);
}

/** A value and all inside it. */
function whole(value: unknown, type: MergeType): FieldSet {
  const inside: Record<string, FieldSet | undefined> = {};
  for (const [element, part, partType] of partsOf(value, type) ?? []) {
    inside[element] = whole(part, partType);
  }
  return fieldNode('member', inside) ?? {};
}

/** What an added field brings: structs that Go always writes are there already. */
function addedOf(value: unknown, type: MergeType): FieldSet | undefined {
  const inside: Record<string, FieldSet | undefined> = {};
  for (const [element, part, partType] of partsOf(value, type) ?? []) {
    const isThere =
      type.form === 'struct' && type.isAlwaysThere(element.slice(2)) && partType.form !== 'leaf';
    inside[element] = isThere ? addedOf(part, partType) : whole(part, partType);
  }
  return fieldNode('way', inside);
}

interface Nodes {
  added: FieldSet | undefined;
  modified: FieldSet | undefined;
  removed: FieldSet | undefined;
}

const NOTHING: Nodes = { added: undefined, modified: undefined, removed: undefined };

function compareNodes(before: unknown, after: unknown, type: MergeType): Nodes {
  if (before === after || isSameJson(before, after)) return NOTHING;
  const [old, now] = [partsOf(before, type), partsOf(after, type)];
  if (!old || !now) return { ...NOTHING, modified: {} };
  const nodes = {
    added: {} as Record<string, FieldSet | undefined>,
    modified: {} as Record<string, FieldSet | undefined>,
    removed: {} as Record<string, FieldSet | undefined>,
  };
  const known = new Map(old.map(([element, value]) => [element, value]));
  for (const [element, value, partType] of now) {
    if (!known.has(element)) {
      const isThere =
        type.form === 'struct' && type.isAlwaysThere(element.slice(2)) && partType.form !== 'leaf';
      nodes.added[element] = isThere ? addedOf(value, partType) : whole(value, partType);
      continue;
    }
    const inner = compareNodes(known.get(element), value, partType);
    known.delete(element);
    nodes.added[element] = inner.added;
    nodes.modified[element] = inner.modified;
    nodes.removed[element] = inner.removed;
  }
  const types = new Map(old.map(([element, , partType]) => [element, partType]));
  for (const [element, value] of known) {
    nodes.removed[element] = whole(value, types.get(element)!);
  }
  return {
    added: fieldNode('way', nodes.added),
    modified: fieldNode('way', nodes.modified),
    removed: fieldNode('way', nodes.removed),
  };
}

/** How two objects differ. A `before` of nothing is an object of which nothing was said. */
export function compareFields(before: unknown, after: unknown, type: MergeType): Comparison {
  const { added, modified, removed } = compareNodes(before ?? {}, after, type);
  return { added: added ?? {}, modified: modified ?? {}, removed: removed ?? {} };
}
