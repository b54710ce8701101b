import { invalid, type FieldProblem } from '../schema/field-problem.ts';
import type { JsonSchema } from './custom-resource-definition.ts';

/** One of a schema's `x-kubernetes-validations`: an expression in CEL that must hold, and what is said when it does not. */
export interface ObjectRule {
  readonly [field: string]: string;
  readonly rule: string;
  readonly message: string;
}

/** Expressions by their text: whether they hold for `self`. */
export type KnownRules = Readonly<Record<string, (self: never) => boolean>>;

/** Problems behind which the rules are not asked (customresource strategy.go `hasBlockingErr`). */
const BLOCKING: readonly FieldProblem['reason'][] = [
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
];

const UNCHECKED =
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

/** Lists and objects are not shown, simple values are (schema/cel/validation.go, since 1.35). */
const broken = (value: unknown, path: string, message: string): FieldProblem =>
  typeof value === 'object'
    ? { reason: 'FieldValueInvalid', field: path, message: `Invalid value: ${message}` }
    : invalid(path, value, message);

function check(
  value: unknown,
  schema: JsonSchema,
  known: KnownRules,
  path: string,
): FieldProblem[] {
  const rules = (schema['x-kubernetes-validations'] ?? []) as unknown as readonly ObjectRule[];
  const own = rules
    .filter(({ rule }) => known[rule]?.(value as never) === false)
    .map(({ message }) => broken(value, path || '<nil>', message));
  const { items, properties = {} } = schema;
  if (value === null || typeof value !== 'object') return own;
  const inner = Array.isArray(value)
    ? value.map((item: unknown, index) => ({ item, of: items, at: `${path}[${index}]` }))
    : Object.entries(value).map(([key, item]: [string, unknown]) => ({
        item,
        of: properties[key],
        at: path === '' ? key : `${path}.${key}`,
      }));
  return [...own, ...inner.flatMap(({ item, of, at }) => (of ? check(item, of, known, at) : []))];
}

/**
 * What the rules of a schema say to an object, behind the problems that were found before: none of them is asked while the
 * object has not the shape that they are written for.
 */
export function checkRules(
  object: unknown,
  schema: JsonSchema,
  known: KnownRules,
  found: readonly FieldProblem[],
): readonly FieldProblem[] {
  if (found.some(({ reason }) => BLOCKING.includes(reason))) {
    return [...found, invalid('<nil>', null, UNCHECKED)];
  }
  return [...found, ...check(object, schema, known, '')];
}
