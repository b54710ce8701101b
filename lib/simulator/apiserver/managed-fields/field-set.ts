import type { ManagedFieldSet } from '../../api/meta/object.ts';

/**
 * A set of fields in the notation of `fieldsV1`: keys are `f:name`, `k:{"name":"web"}`, `v:"x"`; `{}` is a field of the
 * set, `.` says so of one that has others of the set inside. Plain data, never changed in place.
 */
export type FieldSet = ManagedFieldSet;

const MEMBER: FieldSet = Object.freeze({});
const SELF = '.';

/** Whether the node itself belongs to the set, and not only fields inside it. */
export const isMember = (node: FieldSet): boolean => SELF in node || Object.keys(node).length === 0;

export const isEmpty = (set: FieldSet | undefined): boolean =>
  set === undefined || Object.keys(set).length === 0;

/** A node of its parts; undefined when there are none. Elements in order: fields, keys, values. */
export function fieldNode(
  membership: 'member' | 'way',
  inside: Readonly<Record<string, FieldSet | undefined>>,
): FieldSet | undefined {
  const elements = Object.keys(inside)
    .filter((element) => element !== SELF && inside[element] !== undefined)
    .sort();
  if (elements.length === 0) return membership === 'member' ? MEMBER : undefined;
  const node: Record<string, FieldSet> = membership === 'member' ? { [SELF]: MEMBER } : {};
  for (const element of elements) node[element] = inside[element]!;
  return node;
}

/** The two nodes put together by `isKept` (membership) and, inside, by `combine`. */
function combineNodes(
  a: FieldSet | undefined,
  b: FieldSet | undefined,
  isKept: (inA: boolean, inB: boolean) => boolean,
): FieldSet | undefined {
  const inside: Record<string, FieldSet | undefined> = {};
  for (const element of new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})])) {
    if (element === SELF) continue;
    inside[element] = combineNodes(a?.[element], b?.[element], isKept);
  }
  const isIn = isKept(a !== undefined && isMember(a), b !== undefined && isMember(b));
  return fieldNode(isIn ? 'member' : 'way', inside);
}

/** Of two whole sets: their roots are no fields. */
function combine(
  a: FieldSet,
  b: FieldSet,
  isKept: (inA: boolean, inB: boolean) => boolean,
): FieldSet {
  const inside: Record<string, FieldSet | undefined> = {};
  for (const element of new Set([...Object.keys(a), ...Object.keys(b)])) {
    inside[element] = combineNodes(a[element], b[element], isKept);
  }
  return fieldNode('way', inside) ?? {};
}

export const union = (a: FieldSet, b: FieldSet): FieldSet =>
  isEmpty(a) ? b : isEmpty(b) ? a : combine(a, b, (inA, inB) => inA || inB);

export const difference = (a: FieldSet, b: FieldSet): FieldSet =>
  isEmpty(a) || isEmpty(b) ? a : combine(a, b, (inA, inB) => inA && !inB);

export const intersection = (a: FieldSet, b: FieldSet): FieldSet =>
  isEmpty(a) || isEmpty(b) ? {} : combine(a, b, (inA, inB) => inA && inB);

/** One element of a path as messages say it: `.spec`, `[name="web"]`, `[="x"]`. */
function elementText(element: string): string {
  const rest = element.slice(2);
  if (element.startsWith('f:')) return `.${rest}`;
  if (element.startsWith('i:')) return `[${rest}]`;
  if (element.startsWith('v:')) return `[=${rest}]`;
  const keys = Object.entries(JSON.parse(rest) as Record<string, unknown>);
  return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
}

/** The paths of all fields of a set, as `.spec.replicas`; of each node its own fields before those further inside. */
export function pathsOf(set: FieldSet, prefix = ''): string[] {
  const elements = Object.keys(set).filter((element) => element !== SELF);
  const at = (element: string) => `${prefix}${elementText(element)}`;
  return [
    ...elements.filter((element) => isMember(set[element]!)).map(at),
    ...elements.flatMap((element) => pathsOf(set[element]!, at(element))),
  ];
}
