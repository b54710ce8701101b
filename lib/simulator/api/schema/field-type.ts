/**
 * A field's type in a small notation: `string`, `int32`, `int64`, `boolean`, `bytes`, `quantity`, `time`, `micro-time`,
 * `int-or-string`, `object` (anything), the name of a type of the same table, `table.Type`, `[]T`, `map[string]T`.
 * A leading `!` marks a required field. Words after a list's type say how patches treat it: `merge=key` (strategic merge
 * by that key), `merge` (a set), `retainKeys`, `keys=a,b` (identity of an item where it is more than the merge key).
 */
export type FieldNotation = string;

/** Types of one API group by name, each with its fields in alphabetical order. */
export type TypeTable = Readonly<Record<string, Readonly<Record<string, FieldNotation>>>>;

export type ScalarType =
  | 'string'
  | 'int32'
  | 'int64'
  | 'boolean'
  | 'bytes'
  | 'quantity'
  | 'time'
  | 'micro-time'
  | 'int-or-string'
  | 'object';

/** A field's type, parsed. `ref` is `table.Type`. */
export type FieldType =
  | { readonly form: 'scalar'; readonly scalar: ScalarType }
  | { readonly form: 'struct'; readonly ref: string }
  | { readonly form: 'list'; readonly item: FieldType }
  | { readonly form: 'map'; readonly value: FieldType };

export interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly isRequired: boolean;
  /** For lists: how a strategic merge patch combines. Absent: the list is replaced. */
  readonly merge?: { readonly key?: string };
  readonly retainKeys: boolean;
  /** For lists: the fields that identify an item. */
  readonly keys: readonly string[];
}

const SCALARS: readonly string[] = [
  'string',
  'int32',
  'int64',
  'boolean',
  'bytes',
  'quantity',
  'time',
  'micro-time',
  'int-or-string',
  'object',
] satisfies readonly ScalarType[];

const isScalar = (text: string): text is ScalarType => SCALARS.includes(text);

function parseType(text: string, table: string): FieldType {
  if (text.startsWith('[]')) return { form: 'list', item: parseType(text.slice(2), table) };
  if (text.startsWith('map[string]'))
    return { form: 'map', value: parseType(text.slice(11), table) };
  if (isScalar(text)) return { form: 'scalar', scalar: text };
  return { form: 'struct', ref: text.includes('.') ? text : `${table}.${text}` };
}

/** Parses one field of a type table. */
export function parseField(name: string, notation: FieldNotation, table: string): Field {
  const [first = '', ...words] = notation.split(' ');
  const isRequired = first.startsWith('!');
  const option = (key: string) => words.find((word) => word === key || word.startsWith(`${key}=`));
  const merge = option('merge');
  const key = merge?.split('=')[1];
  const keys = option('keys')?.split('=')[1]?.split(',');
  return {
    name,
    type: parseType(isRequired ? first.slice(1) : first, table),
    isRequired,
    ...(merge === undefined ? {} : { merge: key === undefined ? {} : { key } }),
    retainKeys: option('retainKeys') !== undefined,
    keys: keys ?? (key === undefined ? [] : [key]),
  };
}
