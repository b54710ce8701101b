/** One sentence about one field: apimachinery `field.Error`. */
export interface FieldProblem {
  readonly reason:
    | 'FieldValueRequired'
    | 'FieldValueInvalid'
    | 'FieldValueDuplicate'
    | 'FieldValueNotSupported'
    | 'FieldValueForbidden'
    | 'FieldValueNotFound'
    | 'FieldValueTypeInvalid'
    | 'FieldValueTooLong'
    | 'FieldValueTooMany';
  /** `spec.ports[0].port`. */
  readonly field: string;
  /** Without the field: `Invalid value: 0: must be between 1 and 65535, inclusive`. */
  readonly message: string;
}

/** As Go prints a value inside an error: texts quoted, lists and objects as JSON. */
function formatValue(value: unknown): string {
  if (value === null) return 'null';
  return value === undefined ? '""' : JSON.stringify(value);
}

const withDetail = (head: string, detail: string) => (detail === '' ? head : `${head}: ${detail}`);

export const required = (field: string, detail = ''): FieldProblem => ({
  reason: 'FieldValueRequired',
  field,
  message: withDetail('Required value', detail),
});

export const invalid = (field: string, value: unknown, detail: string): FieldProblem => ({
  reason: 'FieldValueInvalid',
  field,
  message: withDetail(`Invalid value: ${formatValue(value)}`, detail),
});

export const duplicate = (field: string, value: unknown): FieldProblem => ({
  reason: 'FieldValueDuplicate',
  field,
  message: `Duplicate value: ${formatValue(value)}`,
});

export const forbidden = (field: string, detail: string): FieldProblem => ({
  reason: 'FieldValueForbidden',
  field,
  message: withDetail('Forbidden', detail),
});

export const notSupported = (
  field: string,
  value: unknown,
  supported: readonly string[],
): FieldProblem => ({
  reason: 'FieldValueNotSupported',
  field,
  message: `Unsupported value: ${formatValue(value)}: supported values: ${[...supported]
    .map((text) => JSON.stringify(text))
    .join(', ')}`,
});

export const tooMany = (field: string, actual: number, limit: number): FieldProblem => ({
  reason: 'FieldValueTooMany',
  field,
  message: `Too many: ${actual}: must have at most ${limit} items`,
});

/** A text or a list of bytes over its limit (`field.TooLong`). */
export const tooLong = (field: string, limit: number): FieldProblem => ({
  reason: 'FieldValueTooLong',
  field,
  message: `Too long: may not be more than ${limit} bytes`,
});

export const formatProblem = ({ field, message }: FieldProblem): string => `${field}: ${message}`;
