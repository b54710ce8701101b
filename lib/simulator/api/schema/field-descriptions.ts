import { TYPE_DESCRIPTIONS, FIELD_DESCRIPTIONS } from './descriptions.ts';

/** What a field is for, in a sentence; empty when nobody has written one yet. */
export function describeField(ref: string, field: string): string {
  return FIELD_DESCRIPTIONS[`${ref}.${field}`] ?? FIELD_DESCRIPTIONS[`*.${field}`] ?? '';
}

/** What a type is, in a sentence; empty when nobody has written one yet. */
export function describeType(ref: string): string {
  return TYPE_DESCRIPTIONS[ref] ?? '';
}

/** The same of a custom kind that we have words for, by the group and the path: `spec.priority`. */
export function describeCustomField(group: string, path: string): string {
  const name = path.slice(path.lastIndexOf('.') + 1);
  return FIELD_DESCRIPTIONS[`${group}/${path}`] ?? FIELD_DESCRIPTIONS[`${group}/${name}`] ?? '';
}
