import { parseCidr } from '../../base/cidr.ts';
import { ipVersion } from '../../base/ip.ts';
import { isSameJson } from '../../base/same-json.ts';
import { duplicate, invalid, notSupported, required, tooMany } from '../schema/field-problem.ts';
import type { FieldProblem } from '../schema/field-problem.ts';
import type { JsonSchema } from './custom-resource-definition.ts';

/** The JSON type of a value, in the words of kube-openapi's validator. */
export function jsonTypeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

/** Formats that are checked, by name. Simplified: the rarer ones of kube-openapi (bsonobjectid, isbn, ...) are not. */
const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  'date-time': (text) =>
    /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(text),
  date: (text) => /^\d{4}-\d\d-\d\d$/.test(text),
  ipv4: (text) => ipVersion(text) === 4,
  ipv6: (text) => ipVersion(text) === 6,
  cidr: (text) => parseCidr(text) !== undefined,
  byte: (text) => /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text),
  uuid: (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text),
  uri: (text) => /^[a-z][a-z0-9+.-]*:\S+$/i.test(text),
  hostname: (text) => /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(text),
  email: (text) => /^[^@\s]+@[^@\s]+$/.test(text),
};

const patterns = new Map<string, RegExp | undefined>();

/** Go's regular expressions as far as JavaScript has them; one that it cannot read matches everything. */
function patternOf(source: string): RegExp | undefined {
  if (!patterns.has(source)) {
    let pattern: RegExp | undefined;
    try {
      // Go writes flags inside the pattern, `(?i)`, and knows `\z`.
      const flags = /^\(\?([is]+)\)/.exec(source);
      pattern = new RegExp(source.slice(flags?.[0].length ?? 0).replaceAll('\\z', '$'), flags?.[1]);
    } catch {
      pattern = undefined;
    }
    patterns.set(source, pattern);
  }
  return patterns.get(source);
}

type Problems = FieldProblem[];

const isTrue = (schema: JsonSchema, extension: keyof JsonSchema) => schema[extension] === true;

function checkType(value: unknown, schema: JsonSchema, path: string): Problems {
  const type = jsonTypeOf(value);
  if (type === 'null' && schema.nullable) return [];
  const wanted = isTrue(schema, 'x-kubernetes-int-or-string')
    ? ['integer', 'string']
    : schema.type === undefined
      ? []
      : [schema.type];
  if (wanted.length === 0 && type !== 'null') return [];
  if (wanted.includes(type) || (type === 'integer' && wanted.includes('number'))) return [];
  if (wanted.length === 0) return [];
  const detail = `${path} in body must be of type ${wanted.join(',')}: ${JSON.stringify(type)}`;
  return [{ ...invalid(path, type, detail), reason: 'FieldValueTypeInvalid' }];
}

const limit = (path: string, value: unknown, text: string) =>
  invalid(path, value, `${path} in body should ${text}`);

function checkString(value: string, schema: JsonSchema, path: string): Problems {
  const problems: Problems = [];
  const { maxLength, minLength, pattern, format } = schema;
  const length = [...value].length;
  if (maxLength !== undefined && length > maxLength) {
    problems.push({
      reason: 'FieldValueTooLong',
      field: path,
      message: `Too long: may not be more than ${maxLength} bytes`,
    });
  }
  if (minLength !== undefined && length < minLength) {
    problems.push(limit(path, value, `be at least ${minLength} chars long`));
  }
  if (pattern !== undefined && patternOf(pattern)?.test(value) === false) {
    problems.push(limit(path, value, `match '${pattern}'`));
  }
  if (format !== undefined && FORMATS[format]?.(value) === false) {
    const detail = `${path} in body must be of type ${format}: ${JSON.stringify(value)}`;
    problems.push({ ...invalid(path, value, detail), reason: 'FieldValueTypeInvalid' });
  }
  return problems;
}

function checkNumber(value: number, schema: JsonSchema, path: string): Problems {
  const problems: Problems = [];
  const { multipleOf, maximum, exclusiveMaximum, minimum, exclusiveMinimum } = schema;
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf)) {
    problems.push(limit(path, value, `be a multiple of ${multipleOf}`));
  }
  if (maximum !== undefined && (value > maximum || (exclusiveMaximum && value === maximum))) {
    const bound = exclusiveMaximum ? 'less than' : 'less than or equal to';
    problems.push(limit(path, value, `be ${bound} ${maximum}`));
  }
  if (minimum !== undefined && (value < minimum || (exclusiveMinimum && value === minimum))) {
    const bound = exclusiveMinimum ? 'greater than' : 'greater than or equal to';
    problems.push(limit(path, value, `be ${bound} ${minimum}`));
  }
  return problems;
}

function checkListType(value: readonly unknown[], schema: JsonSchema, path: string): Problems {
  const type = schema['x-kubernetes-list-type'];
  if (type !== 'set' && type !== 'map') return [];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const defaultOf = (key: string) => schema.items?.properties?.[key]?.default;
  const identities = value.map((item) =>
    type === 'set'
      ? item
      : Object.fromEntries(
          keys.map((key) => [
            key,
            (item as Record<string, unknown> | null)?.[key] ?? defaultOf(key),
          ]),
        ),
  );
  return identities.flatMap((identity, index) =>
    identities.findIndex((other) => isSameJson(other, identity)) < index
      ? [duplicate(`${path}[${index}]`, identity)]
      : [],
  );
}

function checkList(value: readonly unknown[], schema: JsonSchema, path: string): Problems {
  const { minItems, maxItems, items } = schema;
  const problems: Problems = items
    ? value.flatMap((item, index) => validateValue(item, items, `${path}[${index}]`))
    : [];
  if (minItems !== undefined && value.length < minItems) {
    problems.push(limit(path, value.length, `have at least ${minItems} items`));
  }
  if (maxItems !== undefined && value.length > maxItems) {
    problems.push(tooMany(path, value.length, maxItems));
  }
  return [...problems, ...checkListType(value, schema, path)];
}

const inside = (path: string, key: string) => (path === '' ? key : `${path}.${key}`);

function checkObject(
  value: Readonly<Record<string, unknown>>,
  schema: JsonSchema,
  path: string,
): Problems {
  const { minProperties, maxProperties, properties = {}, additionalProperties } = schema;
  const count = Object.keys(value).length;
  if (minProperties !== undefined && count < minProperties) {
    return [limit(path, count, `have at least ${minProperties} properties`)];
  }
  if (maxProperties !== undefined && count > maxProperties) {
    return [tooMany(path, count, maxProperties)];
  }
  const others = typeof additionalProperties === 'object' ? additionalProperties : undefined;
  const problems = Object.entries(value).flatMap(([key, inner]) => {
    const of = Object.hasOwn(properties, key) ? properties[key] : others;
    if (additionalProperties === false && !Object.hasOwn(properties, key)) {
      return [invalid(path, key, `${path}.${key} in body is a forbidden property`)];
    }
    return of ? validateValue(inner, of, inside(path, key)) : [];
  });
  const missing = (schema.required ?? []).filter((key) => !Object.hasOwn(value, key));
  return [...problems, ...missing.map((key) => required(inside(path, key)))];
}

/** A choice that fails is told without a place, as upstream does. */
const unplaced = (path: string, text: string) =>
  invalid('<nil>', '', `${JSON.stringify(path)} must ${text}`);

function checkChoices(value: unknown, schema: JsonSchema, path: string): Problems {
  const { allOf = [], anyOf = [], oneOf = [], not } = schema;
  const problemsOf = (choice: JsonSchema) => validateValue(value, choice, path);
  const fits = (choice: JsonSchema) => problemsOf(choice).length === 0;
  const problems = allOf.flatMap(problemsOf);
  if (anyOf.length > 0 && !anyOf.some(fits)) {
    problems.push(unplaced(path, 'validate at least one schema (anyOf)'));
    problems.push(...bestOf(anyOf.map(problemsOf)));
  }
  const valid = oneOf.filter(fits).length;
  if (oneOf.length > 0 && valid !== 1) {
    const found = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`;
    problems.push(unplaced(path, `validate one and only one schema (oneOf). ${found}`));
    if (valid === 0) problems.push(...bestOf(oneOf.map(problemsOf)));
  }
  if (not && fits(not)) problems.push(unplaced(path, 'not validate the schema (not)'));
  if (problems.length > 0 && allOf.some((choice) => !fits(choice))) {
    const none = allOf.every((choice) => !fits(choice)) ? '. None validated' : '';
    problems.push(unplaced(path, `validate all the schemas (allOf)${none}`));
  }
  return problems;
}

/** The alternative that came nearest. */
const bestOf = (lists: readonly Problems[]): Problems =>
  lists.reduce((best, list) => (list.length < best.length ? list : best));

/**
 * What is wrong with a value by a schema, in the words of kube-openapi's validator (pkg/validation/validate) as
 * apiextensions turns them into field errors. `path` is the value's place, empty for the whole object.
 * Simplified: rules in CEL (`x-kubernetes-validations`) are kept in the schema and not evaluated.
 */
export function validateValue(value: unknown, schema: JsonSchema, path: string): FieldProblem[] {
  const problems = checkType(value, schema, path);
  if (value === null && (schema.nullable || problems.length > 0)) return problems;
  problems.push(...checkChoices(value, schema, path));
  if (typeof value === 'string') problems.push(...checkString(value, schema, path));
  else if (typeof value === 'number') problems.push(...checkNumber(value, schema, path));
  if (schema.enum && !schema.enum.some((allowed) => isSameJson(allowed, value))) {
    const texts = schema.enum.map((each) =>
      typeof each === 'string' ? each : JSON.stringify(each),
    );
    problems.push(notSupported(path, value, texts));
  }
  if (Array.isArray(value)) problems.push(...checkList(value, schema, path));
  else if (value !== null && typeof value === 'object') {
    problems.push(...checkObject(value as Record<string, unknown>, schema, path));
  }
  return problems;
}
