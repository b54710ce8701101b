import { fieldNode, isMember, type FieldSet } from './field-set.ts';
import { isObject, itemElement, partsOf, type MergeType } from './merge-type.ts';

/** What stays of a set when only what a value really has counts. */
export function restrictTo(set: FieldSet, value: unknown, type: MergeType): FieldSet | undefined {
  const inside: Record<string, FieldSet | undefined> = {};
  const parts = new Map(
    (partsOf(value, type) ?? []).map(([element, part, partType]) => [element, [part, partType]]),
  ) as ReadonlyMap<string, readonly [unknown, MergeType]>;
  for (const [element, node] of Object.entries(set)) {
    const part = parts.get(element);
    if (!part) continue;
    const below = restrictTo(node, part[0], part[1]);
    inside[element] = fieldNode(isMember(node) ? 'member' : 'way', below ?? {});
  }
  return fieldNode('way', inside);
}

/** The same set with the fields of structs that lead to its fields (`EnsureNamedFieldsAreMembers`). */
export function withNamedFields(set: FieldSet, type: MergeType): FieldSet {
  const inside: Record<string, FieldSet | undefined> = {};
  for (const [element, node] of Object.entries(set)) {
    if (element === '.') continue;
    const partType = typeInside(type, element);
    const isNamed = type.form === 'struct' && element.startsWith('f:') && partType !== undefined;
    inside[element] = fieldNode(
      isNamed || isMember(node) ? 'member' : 'way',
      partType ? withNamedFields(node, partType) : node,
    );
  }
  return fieldNode('way', inside) ?? {};
}

function typeInside(type: MergeType, element: string): MergeType | undefined {
  switch (type.form) {
    case 'leaf':
    case 'set':
      return undefined;
    case 'struct':
      return type.fieldOf(element.slice(2));
    case 'map':
      return type.value;
    case 'list':
      return type.item;
    case 'deduced':
      return type;
  }
}

/** A value without the fields of a set; undefined when nothing is left (typed `RemoveItems`). */
export function removeFields(value: unknown, set: FieldSet, type: MergeType): unknown {
  const parts = partsOf(value, type);
  if (!parts) return value;
  const kept = parts.flatMap(([element, part, partType]) => {
    const node = set[element];
    if (node === undefined) return [[element, part] as const];
    if (isMember(node)) return [];
    const left = removeFields(part, node, partType);
    return left === undefined ? [] : [[element, left] as const];
  });
  if (kept.length === 0) return undefined;
  return Array.isArray(value)
    ? kept.map(([, part]) => part)
    : Object.fromEntries(kept.map(([element, part]) => [element.slice(2), part]));
}

/** Lays a configuration over an object: what it says wins, items of lists meet by their keys (typed `Merge`). */
export function mergeFields(live: unknown, configuration: unknown, type: MergeType): unknown {
  if (configuration === undefined) return live;
  if (live === undefined || live === null) return configuration;
  switch (type.form) {
    case 'leaf':
      return configuration;
    case 'struct':
    case 'map':
    case 'deduced':
      return isObject(live) && isObject(configuration)
        ? mergeObjects(live, configuration, type)
        : configuration;
    case 'set':
    case 'list':
      return Array.isArray(live) && Array.isArray(configuration)
        ? mergeItems(live, configuration, type)
        : configuration;
  }
}

function mergeObjects(
  live: Readonly<Record<string, unknown>>,
  configuration: Readonly<Record<string, unknown>>,
  type: MergeType,
): unknown {
  const result: Record<string, unknown> = { ...live };
  for (const [name, value] of Object.entries(configuration)) {
    if (name === '__proto__') continue;
    const inner = typeInside(type, `f:${name}`) ?? { form: 'deduced' };
    result[name] = mergeFields(live[name], value, inner);
  }
  return result;
}

/** Items of the configuration in its order; of the others each keeps its place before what follows it in the live list. */
function mergeItems(
  live: readonly unknown[],
  configuration: readonly unknown[],
  type: Extract<MergeType, { form: 'set' | 'list' }>,
): unknown[] {
  const elementOf = (item: unknown) =>
    type.form === 'set' ? JSON.stringify(item) : (itemElement(item, type.keys) ?? '');
  const itemType: MergeType = type.form === 'list' ? type.item : { form: 'leaf' };
  const [left, right] = [live.map(elementOf), configuration.map(elementOf)];
  const shared = right.filter((element) => left.includes(element));
  const done = new Set<string>();
  const result: unknown[] = [];
  const takeRight = (index: number) => {
    const element = right[index] ?? '';
    done.add(element);
    if (shared[0] === element) shared.shift();
    result.push(mergeFields(live[left.indexOf(element)], configuration[index], itemType));
  };
  let [l, r] = [0, 0];
  while (l < left.length || r < right.length) {
    const element = left[l];
    if (element === undefined) takeRight(r++);
    else if (!right.includes(element)) result.push(live[l++]);
    else if (done.has(element)) l += 1;
    else if (element === right[r]) {
      takeRight(r++);
      l += 1;
    } else if (shared[0] !== element && r < right.length) l += 1;
    else takeRight(r++);
  }
  return result;
}
