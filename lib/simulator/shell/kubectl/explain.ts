import type { KindDescription } from '../../api/schema/kind-description.ts';
import { ask, fail, isSet, valueOf, type Call } from './call.ts';
import { discover } from './discover.ts';
import { flag, type FlagSpec } from './flags.ts';
import { resourceOf } from './resources.ts';

export const EXPLAIN_FLAGS: readonly FlagSpec[] = [
  flag('recursive', 'boolean'),
  flag('api-version', 'string'),
  flag('output', 'string', 'o'),
];

/** The part of an OpenAPI v3 schema that is explained. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly description?: string;
  readonly allOf?: readonly Schema[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly 'x-kubernetes-group-version-kind'?: readonly {
    readonly group: string;
    readonly version: string;
    readonly kind: string;
  }[];
}

type Schemas = Readonly<Record<string, Schema>>;

const nameOf = ({ $ref = '' }: Schema) => $ref.slice($ref.lastIndexOf('/') + 1);

const valuesSchema = ({ additionalProperties: values }: Schema) =>
  typeof values === 'object' ? values : undefined;

/** What a type is called: `[]Container`, `map[string]string`, `Object`. */
function typeName(schema: Schema, all: Schemas): string {
  const [first] = schema.allOf ?? [];
  if (schema.$ref !== undefined) {
    const type = all[nameOf(schema)]?.type;
    return type && type !== 'object' ? type : (nameOf(schema).split('.').at(-1) ?? '');
  }
  if (first && !schema.properties) return typeName(first, all);
  if (schema.items) return `[]${typeName(schema.items, all)}`;
  const values = valuesSchema(schema);
  if (values) return `map[string]${typeName(values, all)}`;
  return schema.type === undefined || schema.type === 'object' ? 'Object' : schema.type;
}

/** What a schema leads to: the type of its reference, of its items, of its values. */
const inside = (schema: Schema, all: Schemas): readonly (Schema | undefined)[] => [
  ...(schema.allOf ?? []),
  schema.$ref === undefined ? undefined : all[nameOf(schema)],
  schema.items,
  valuesSchema(schema),
];

function structOf(schema: Schema | undefined, all: Schemas): Schema | undefined {
  if (!schema || schema.properties) return schema;
  for (const inner of inside(schema, all)) {
    const found = structOf(inner, all);
    if (found) return found;
  }
  return undefined;
}

function descriptionsOf(schema: Schema, all: Schemas): string[] {
  const own = schema.description ? [schema.description] : [];
  return [
    ...own,
    ...inside(schema, all).flatMap((inner) => (inner ? descriptionsOf(inner, all) : [])),
  ];
}

const WIDTH = 76;

/** Words in lines of at most 76 characters behind four blanks. */
function wrap(text: string): string {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1] ?? '';
    if (last === '') lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => `    ${line}\n`).join('');
}

const fieldsOf = (struct: Schema) =>
  Object.entries(struct.properties ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));

const fieldHead = (struct: Schema, name: string, field: Schema, all: Schemas) =>
  `${name}\t<${typeName(field, all)}>${struct.required?.includes(name) ? ' -required-' : ''}`;

const SHOWN_VALUES = 4;

function enumLine({ enum: values }: Schema, indent: string): string {
  if (!values) return '';
  const more = values.length > SHOWN_VALUES ? ', ....' : '';
  return `${indent}enum: ${values.slice(0, SHOWN_VALUES).join(', ')}${more}\n`;
}

const fieldList = (struct: Schema, all: Schemas): string =>
  fieldsOf(struct)
    .map(
      ([name, field]) =>
        `  ${fieldHead(struct, name, field, all)}\n${enumLine(field, '  ')}${wrap(field.description || '<no description>')}\n`,
    )
    .join('');

/** All fields below; a type that stands inside itself is not opened again. */
function recursiveList(
  struct: Schema,
  all: Schemas,
  level: number,
  seen: readonly Schema[],
): string {
  return fieldsOf(struct)
    .map(([name, field]) => {
      const inner = structOf(field, all);
      const indent = '  '.repeat(level);
      const head = `${indent}${fieldHead(struct, name, field, all)}\n${enumLine(field, indent)}`;
      return !inner || seen.includes(inner)
        ? head
        : head + recursiveList(inner, all, level + 1, [...seen, inner]);
    })
    .join('');
}

const titleOf = (group: string, version: string, kind: string) =>
  `${group === '' ? '' : `GROUP:      ${group}\n`}KIND:       ${kind}\nVERSION:    ${version}\n\n`;

function fieldsSection(call: Call, schema: Schema, all: Schemas): string {
  const struct = structOf(schema, all);
  if (!struct) return '\n';
  const list = isSet(call, 'recursive')
    ? recursiveList(struct, all, 1, [struct])
    : fieldList(struct, all);
  return `FIELDS:\n${list}\n`;
}

/** The schemas of a group's version, and the one of a kind in it. */
function fetchSchemas(
  call: Call,
  { group, kind }: KindDescription,
  version: string,
): { readonly all: Schemas; readonly root: Schema } | undefined {
  const path = group === '' ? `api/${version}` : `apis/${group}/${version}`;
  const answer = ask<{ components: { schemas: Schemas } }>(call, {
    method: 'GET',
    path: `/openapi/v3/${path}`,
  });
  const all = answer.ok ? answer.value.components.schemas : {};
  const root = Object.values(all).find((schema) =>
    schema['x-kubernetes-group-version-kind']?.some(
      (each) => each.group === group && each.version === version && each.kind === kind,
    ),
  );
  return root && { all, root };
}

const unknownKind = (call: Call, text: string): void => {
  call.stderr += `${text}\n`;
  call.exitCode = 1;
};

/** `--api-version`, checked against what is served; undefined after it printed why not. */
function versionOf(call: Call, kind: KindDescription): string | undefined {
  const asked = valueOf(call, 'api-version');
  if (asked === undefined) return kind.version;
  const isServed = discover(call).some(
    ({ apiVersion, resource }) => apiVersion === asked && resource === kind.plural,
  );
  if (isServed) return asked.split('/').at(-1);
  fail(call, `couldn't find resource for ${JSON.stringify(`${asked}, Resource=${kind.plural}`)}`);
  return undefined;
}

/** `kubectl explain`: what the server's OpenAPI document says, which is in our own words. */
export function explain(call: Call): void {
  const [word, ...others] = call.flags.words;
  if (word === undefined || others.length > 0) {
    fail(
      call,
      word === undefined
        ? 'You must specify the type of resource to explain. Use "kubectl api-resources" for a complete list of supported resources.'
        : 'We accept only this format: explain RESOURCE',
    );
    return;
  }
  const [resource = '', ...rest] = word.split('.');
  // A name with its group (`widgets.example.com`) comes before a path of fields.
  const whole = rest.length > 0 ? resourceOf(call, word) : undefined;
  const kind = whole ?? resourceOf(call, resource);
  const path = whole ? [] : rest;
  if (!kind) {
    unknownKind(call, `the server doesn't have a resource type ${JSON.stringify(resource)}`);
    return;
  }
  const version = versionOf(call, kind);
  const found = version === undefined ? undefined : fetchSchemas(call, kind, version);
  if (version === undefined || !found) {
    if (version !== undefined) fail(call, `GVR (${kind.plural}) not found in OpenAPI schema`);
    return;
  }
  const { all, root } = found;
  let schema: Schema = root;
  for (const name of path) {
    const field = structOf(schema, all)?.properties?.[name];
    if (!field) {
      call.stdout += titleOf(kind.group, version, kind.kind);
      fail(call, `field ${JSON.stringify(name)} does not exist`);
      return;
    }
    schema = field;
  }
  call.stdout += titleOf(kind.group, version, kind.kind);
  const last = path.at(-1);
  if (last !== undefined) {
    const values = schema.enum?.map((value) => `    ${String(value)}\n`).join('');
    const listed = values === undefined ? '\n' : `ENUM:\n${values}`;
    call.stdout += `FIELD: ${last} <${typeName(schema, all)}>\n${listed}\n`;
  }
  const texts = descriptionsOf(schema, all);
  call.stdout += 'DESCRIPTION:\n';
  call.stdout += texts.length === 0 ? '    <empty>\n' : `${texts.map(wrap).join('')}    \n`;
  call.stdout += fieldsSection(call, schema, all);
}
