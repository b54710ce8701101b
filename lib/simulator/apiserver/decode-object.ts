import { corruptBase64At } from '../base/base64.ts';
import type { Field, FieldType, ScalarType } from '../api/schema/field-type.ts';
import { fieldsOf } from '../api/schema/type-tables.ts';

/** What a body said that the kind does not know, or said in a wrong type. */
export interface DecodedObject {
  readonly value: unknown;
  /** `unknown field "spec.foo"`: an error with strict validation, a warning otherwise. */
  readonly strict: readonly string[];
  /** The first value of a wrong type, in Go's words; always an error. */
  readonly mismatch?: string;
}

interface Reader {
  readonly strict: string[];
  mismatch: string | undefined;
}

const GO_TYPES: Readonly<Record<ScalarType, string>> = {
  string: 'string',
  int32: 'int32',
  int64: 'int64',
  boolean: 'bool',
  bytes: '[]uint8',
  quantity: 'resource.Quantity',
  time: 'time.Time',
  'micro-time': 'time.Time',
  'int-or-string': 'intstr.IntOrString',
  number: 'float64',
  any: 'interface {}',
  object: 'object',
};

const ZEROS: Readonly<Record<ScalarType, unknown>> = {
  string: '',
  int32: 0,
  int64: 0,
  boolean: false,
  bytes: '',
  quantity: '0',
  time: null,
  'micro-time': null,
  'int-or-string': 0,
  number: 0,
  any: null,
  object: {},
};

const QUANTITY = /^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/;

/** Whether a value may stand in a field of a scalar type. */
function fits(value: unknown, scalar: ScalarType): boolean {
  switch (scalar) {
    case 'object':
    case 'any':
      return true;
    case 'number':
      return typeof value === 'number';
    case 'string':
    case 'bytes':
    case 'time':
    case 'micro-time':
      return typeof value === 'string';
    case 'boolean':
      return typeof value === 'boolean';
    case 'int32':
      return Number.isInteger(value) && Math.abs(value as number) < 2 ** 31;
    case 'int64':
      return Number.isInteger(value);
    case 'int-or-string':
      return typeof value === 'string' || Number.isInteger(value);
    case 'quantity':
      return typeof value === 'number' || typeof value === 'string';
  }
}

function jsonTypeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (value !== null && typeof value === 'object') return 'object';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value !== 'number') return 'string';
  return Number.isInteger(value) ? 'number' : `number ${value}`;
}

/** Where a value stands, in Go's terms: the struct it is a field of, and the fields on the way. */
interface Place {
  readonly struct: string;
  /** `spec.ports.port`: no indices, as encoding/json prints it. */
  readonly path: string;
}

function refuse(reader: Reader, value: unknown, goType: string, place: Place): undefined {
  const struct = place.struct.split('.')[1] ?? place.struct;
  reader.mismatch ??= `json: cannot unmarshal ${jsonTypeOf(value)} into Go struct field ${struct}.${place.path} of type ${goType}`;
  return undefined;
}

function goTypeOf(type: FieldType): string {
  switch (type.form) {
    case 'scalar':
      return GO_TYPES[type.scalar];
    case 'struct': {
      const [table = '', name] = type.ref.split('.');
      return `${table.endsWith('v2') ? 'v2' : 'v1'}.${name}`;
    }
    case 'list':
      return `[]${goTypeOf(type.item)}`;
    case 'map':
      return `map[string]${goTypeOf(type.value)}`;
  }
}

function readScalar(reader: Reader, value: unknown, scalar: ScalarType, place: Place): unknown {
  if (!fits(value, scalar)) return refuse(reader, value, GO_TYPES[scalar], place);
  if (scalar === 'bytes') {
    const at = corruptBase64At(value as string);
    if (at !== undefined) reader.mismatch ??= `illegal base64 data at input byte ${at}`;
  }
  if (scalar !== 'quantity') return value;
  if (!QUANTITY.test(String(value))) {
    reader.mismatch ??=
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
  }
  return String(value);
}

/** Structs and fields whose empty text says something; elsewhere Go's `omitempty` drops it. */
const POINTERS: readonly string[] = ['discovery.EndpointPort', 'networking.NetworkPolicyPort'];

const MEANINGFUL_WHEN_EMPTY: readonly string[] = [
  'reportingComponent',
  'reportingInstance',
  'service',
];

function isOmitted(field: Field, value: unknown, struct: string): boolean {
  if (value === undefined || value === null) return true;
  if (field.isRequired) return false;
  if (value === '') {
    return !MEANINGFUL_WHEN_EMPTY.includes(field.name) && !POINTERS.includes(struct);
  }
  if (field.type.form === 'list') return (value as unknown[]).length === 0;
  return field.type.form === 'map' && Object.keys(value).length === 0;
}

function readStruct(
  reader: Reader,
  value: Readonly<Record<string, unknown>>,
  ref: string,
  goPath: string,
  at: string,
): Record<string, unknown> {
  const fields = fieldsOf(ref);
  const result: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    const field = fields.get(key);
    const path = at === '' ? key : `${at}.${key}`;
    if (!field) {
      reader.strict.push(`unknown field ${JSON.stringify(path)}`);
      continue;
    }
    if (inner === null || inner === undefined) continue;
    const place = { struct: ref, path: goPath === '' ? key : `${goPath}.${key}` };
    const decoded = readValue(reader, inner, field.type, place, path);
    if (!isOmitted(field, decoded, ref)) result[key] = decoded;
  }
  return result;
}

/** What Go makes of a null among the items of a list or the values of a map: nothing is set. */
function zeroOf(type: FieldType): unknown {
  switch (type.form) {
    case 'struct':
    case 'map':
      return {};
    case 'list':
      return [];
    case 'scalar':
      return ZEROS[type.scalar];
  }
}

function readValue(
  reader: Reader,
  value: unknown,
  type: FieldType,
  place: Place,
  at: string,
): unknown {
  switch (type.form) {
    case 'scalar':
      return readScalar(reader, value, type.scalar, place);
    case 'struct':
      return value !== null && typeof value === 'object' && !Array.isArray(value)
        ? readStruct(reader, value as Record<string, unknown>, type.ref, place.path, at)
        : refuse(reader, value, goTypeOf(type), place);
    case 'list':
      if (!Array.isArray(value)) return refuse(reader, value, goTypeOf(type), place);
      return value.map((item: unknown, index) =>
        item === null
          ? zeroOf(type.item)
          : readValue(reader, item, type.item, place, `${at}[${index}]`),
      );
    case 'map': {
      if (value === null || typeof value !== 'object' || Array.isArray(value)) {
        return refuse(reader, value, goTypeOf(type), place);
      }
      const entries = Object.entries(value).filter(([key]) => key !== '__proto__');
      return Object.fromEntries(
        entries.map(([key, inner]) => [
          key,
          inner === null
            ? zeroOf(type.value)
            : readValue(reader, inner, type.value, place, `${at}.${key}`),
        ]),
      );
    }
  }
}

/**
 * Reads a body as a type of the API: unknown fields are dropped and named, empty optional fields are left out as Go's
 * serializer does, a value of a wrong type is refused in Go's words.
 */
export function decodeObject(body: Readonly<Record<string, unknown>>, ref: string): DecodedObject {
  const reader: Reader = { strict: [], mismatch: undefined };
  const value = readStruct(reader, body, ref, '', '');
  return {
    value,
    strict: reader.strict,
    ...(reader.mismatch === undefined ? {} : { mismatch: reader.mismatch }),
  };
}
