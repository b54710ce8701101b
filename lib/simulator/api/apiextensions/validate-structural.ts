import { forbidden, invalid, required, type FieldProblem } from '../schema/field-problem.ts';
import type { JsonSchema } from './custom-resource-definition.ts';

type Level = 'root' | 'items' | 'field';

const NO_TYPE: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  items: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

const isOn = (schema: JsonSchema, extension: keyof JsonSchema) => schema[extension] === true;

function checkType(schema: JsonSchema, path: string, level: Level): FieldProblem[] {
  const { type = '' } = schema;
  if (isOn(schema, 'x-kubernetes-embedded-resource') && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true';
    return [type === '' ? required(`${path}.type`, detail) : invalid(`${path}.type`, type, detail)];
  }
  const mayBeEmpty =
    isOn(schema, 'x-kubernetes-int-or-string') ||
    isOn(schema, 'x-kubernetes-preserve-unknown-fields');
  if (type === '') return mayBeEmpty ? [] : [required(`${path}.type`, NO_TYPE[level])];
  return level === 'root' && type !== 'object'
    ? [invalid(`${path}.type`, type, 'must be object at the root')]
    : [];
}

/** Words that may stand in the structure alone, not under allOf, anyOf, oneOf and not. */
const STRUCTURE_ALONE = {
  type: 'must be empty to be structural',
  additionalProperties: 'must be undefined to be structural',
  default: 'must be undefined to be structural',
  title: 'must be empty to be structural',
  description: 'must be empty to be structural',
  nullable: 'must be false to be structural',
  'x-kubernetes-preserve-unknown-fields': 'must be false to be structural',
  'x-kubernetes-embedded-resource': 'must be false to be structural',
  'x-kubernetes-int-or-string': 'must be false to be structural',
  'x-kubernetes-list-map-keys': 'must be empty to be structural',
  'x-kubernetes-list-type': 'must be undefined to be structural',
  'x-kubernetes-map-type': 'must be undefined to be structural',
} as const;

const choicesOf = ({ allOf = [], anyOf = [], oneOf = [], not }: JsonSchema, path: string) => [
  ...anyOf.map((each, i) => [each, `${path}.anyOf[${i}]`] as const),
  ...allOf.map((each, i) => [each, `${path}.allOf[${i}]`] as const),
  ...oneOf.map((each, i) => [each, `${path}.oneOf[${i}]`] as const),
  ...(not ? [[not, `${path}.not`] as const] : []),
];

const isIntOrString = (choices: readonly JsonSchema[] = []) =>
  choices.length === 2 && choices[0]?.type === 'integer' && choices[1]?.type === 'string';

/** A place in the structure that a choice speaks about. */
interface Structure {
  readonly schema: JsonSchema;
  readonly path: string;
}

function checkNested(choice: JsonSchema, { schema, path: own }: Structure, path: string) {
  const problems: FieldProblem[] = Object.entries(STRUCTURE_ALONE).flatMap(([word, detail]) =>
    choice[word as keyof JsonSchema] === undefined ? [] : [forbidden(`${path}.${word}`, detail)],
  );
  for (const [key, inner] of Object.entries(choice.properties ?? {})) {
    const of = schema.properties?.[key];
    const at = `${path}.properties[${key}]`;
    const ownAt = `${own}.properties[${key}]`;
    if (key === 'metadata') {
      problems.push(forbidden(at, 'must not be specified in a nested context'));
    }
    if (of) problems.push(...checkNested(inner, { schema: of, path: ownAt }, at));
    else problems.push(required(ownAt, `because it is defined in ${at}`));
  }
  if (choice.items) {
    const items = { schema: schema.items ?? {}, path: `${own}.items` };
    problems.push(...checkNested(choice.items, items, `${path}.items`));
  }
  for (const [inner, at] of choicesOf(choice, path)) {
    problems.push(...checkNested(inner, { schema, path: own }, at));
  }
  return problems;
}

function checkMetadata(schema: JsonSchema, path: string): FieldProblem[] {
  const { type, properties = {}, description: _, ...rest } = schema;
  const at = `${path}.properties[metadata]`;
  if (type !== 'object') return [invalid(`${at}.type`, type ?? '', 'must be object')];
  const isMore =
    Object.keys(rest).length > 0 ||
    Object.keys(properties).some((key) => key !== 'name' && key !== 'generateName');
  const detail =
    'must not specify anything other than name and generateName, but metadata is implicitly specified';
  return isMore ? [forbidden(at, detail)] : [];
}

function checkListKeys(schema: JsonSchema, path: string): FieldProblem[] {
  const type = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  if (type === 'map' && keys.length === 0) {
    const detail = 'must be non-empty if x-kubernetes-list-type is map';
    return [required(`${path}.x-kubernetes-list-map-keys`, detail)];
  }
  return keys.flatMap((key, i) => {
    const of = schema.items?.properties?.[key];
    const isSure = schema.items?.required?.includes(key) || of?.default !== undefined;
    if (!of) {
      const detail = 'must be the name of a child of items.properties';
      return [invalid(`${path}.x-kubernetes-list-map-keys[${i}]`, key, detail)];
    }
    const detail =
      'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property';
    return isSure ? [] : [required(`${path}.items.properties[${key}].default`, detail)];
  });
}

function checkLevel(schema: JsonSchema, path: string, level: Level): FieldProblem[] {
  const { items, properties = {}, additionalProperties } = schema;
  const problems: FieldProblem[] = [];
  if (schema.type === 'array' && !items)
    problems.push(required(`${path}.items`, 'must be specified'));
  if (items) problems.push(...checkLevel(items, `${path}.items`, 'items'));
  for (const [key, inner] of Object.entries(properties)) {
    if (key === 'metadata' && level === 'root') problems.push(...checkMetadata(inner, path));
    else problems.push(...checkLevel(inner, `${path}.properties[${key}]`, 'field'));
  }
  if (additionalProperties !== undefined && level === 'root') {
    problems.push(forbidden(`${path}.additionalProperties`, 'must not be used at the root'));
  }
  if (typeof additionalProperties === 'object') {
    if (Object.keys(properties).length > 0) {
      const detail = 'additionalProperties and properties are mutual exclusive';
      problems.push(forbidden(`${path}.additionalProperties`, detail));
    }
    problems.push(...checkLevel(additionalProperties, `${path}.additionalProperties`, 'field'));
  }
  if (schema.uniqueItems) {
    const detail =
      'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    problems.push(forbidden(`${path}.uniqueItems`, detail));
  }
  const intOrString = isOn(schema, 'x-kubernetes-int-or-string');
  const choices = choicesOf(
    {
      ...schema,
      ...(intOrString && isIntOrString(schema.anyOf) ? { anyOf: [] } : {}),
      ...(intOrString && isIntOrString(schema.allOf?.[0]?.anyOf)
        ? { allOf: schema.allOf?.slice(1) ?? [] }
        : {}),
    },
    path,
  );
  problems.push(
    ...checkType(schema, path, level),
    ...checkListKeys(schema, path),
    ...choices.flatMap(([choice, at]) => checkNested(choice, { schema, path }, at)),
  );
  return problems;
}

/** Whether a schema is structural (apiextensions pkg/apiserver/schema/validation.go). Problems come sorted, as there. */
export function validateStructural(schema: JsonSchema, path: string): FieldProblem[] {
  const textOf = ({ field, message }: FieldProblem) => `${field}: ${message}`;
  return checkLevel(schema, path, 'root').sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1));
}
