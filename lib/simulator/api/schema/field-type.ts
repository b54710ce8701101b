/**
 * A field's type in a small notation: `string`, `int32`, `int64`, `boolean`, `bytes`, `quantity`, `time`, `micro-time`,
 * `int-or-string`, `number`, `object` (an object of any fields), `any:Name` (any value; the OpenAPI document calls it so),
 * the name of a type of the same table, `table.Type`, `[]T`, `map[string]T`.
 * A leading `!` marks a required field. Words after a type say how patches treat it: `merge=key` (strategic merge by that
 * key), `merge` (a set), `retainKeys`, `replace` (a struct that a strategic merge patch replaces). For server-side apply a
 * list is a map when it has a key (`keys=a,b` where that is more than the merge key, or `keys=` alone), a set with the word
 * `set`, else atomic; `atomic` says so of a list that strategic merge combines all the same.
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
  | 'number'
  | 'any'
  | 'object';

/** A field's type, parsed. `ref` is `table.Type`. */
export type FieldType =
  /** `ref`: the name of `any` in the OpenAPI document. */
  | { readonly form: 'scalar'; readonly scalar: ScalarType; readonly ref?: string }
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
  /** A strategic merge patch puts the given struct in the place of the present one. */
  readonly replace: boolean;
  /** For lists of the list type `map`: the fields that identify an item. */
  readonly keys: readonly string[];
  /** For lists: what server-side apply takes them for. */
  readonly listType?: 'atomic' | 'set' | 'map';
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
  'number',
  'object',
] satisfies readonly ScalarType[];

const isScalar = (text: string): text is ScalarType => SCALARS.includes(text);

function parseType(text: string, table: string): FieldType {
  if (text.startsWith('[]')) return { form: 'list', item: parseType(text.slice(2), table) };
  if (text.startsWith('map[string]'))
    return { form: 'map', value: parseType(text.slice(11), table) };
  if (text.startsWith('any:')) {
    return { form: 'scalar', scalar: 'any', ref: `${table}.${text.slice(4)}` };
  }
  if (isScalar(text)) return { form: 'scalar', scalar: text };
  return { form: 'struct', ref: text.includes('.') ? text : `${table}.${text}` };
}

/** How patches and server-side apply treat a list, by the words after its type. */
function parseList(words: readonly string[]): Pick<Field, 'merge' | 'keys' | 'listType'> {
  const option = (key: string) => words.find((word) => word === key || word.startsWith(`${key}=`));
  const merge = option('merge');
  const key = merge?.split('=')[1];
  const keys = option('keys')?.split('=')[1]?.split(',') ?? (key === undefined ? [] : [key]);
  const isMap = keys.length > 0 && !words.includes('atomic');
  return {
    ...(merge !== undefined && { merge: key === undefined ? {} : { key } }),
    keys: isMap ? keys : [],
    listType: isMap ? 'map' : words.includes('set') ? 'set' : 'atomic',
  };
}

/** Parses one field of a type table. */
export function parseField(name: string, notation: FieldNotation, table: string): Field {
  const [first = '', ...words] = notation.split(' ');
  const isRequired = first.startsWith('!');
  const type = parseType(isRequired ? first.slice(1) : first, table);
  return {
    name,
    type,
    isRequired,
    retainKeys: words.includes('retainKeys'),
    replace: words.includes('replace'),
    ...(type.form === 'list' ? parseList(words) : { keys: [] }),
  };
}
