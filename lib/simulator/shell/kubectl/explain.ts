import { describeField, describeType } from '../../api/schema/field-descriptions.ts';
import type { Field, FieldType, ScalarType } from '../../api/schema/field-type.ts';
import { fieldsOf } from '../../api/schema/type-tables.ts';
import type { KindDescription } from '../../api/schema/kind-description.ts';
import { fail, isSet, type Call } from './call.ts';
import { flag, type FlagSpec } from './flags.ts';
import { resourceOf } from './resources.ts';

export const EXPLAIN_FLAGS: readonly FlagSpec[] = [
  flag('recursive', 'boolean'),
  flag('api-version', 'string'),
  flag('output', 'string', 'o'),
];

const NAMES: Readonly<Record<ScalarType, string>> = {
  string: 'string',
  int32: 'integer',
  int64: 'integer',
  boolean: 'boolean',
  bytes: 'string',
  quantity: 'string',
  time: 'string',
  'micro-time': 'string',
  'int-or-string': 'string',
  number: 'number',
  any: '<any>',
  object: 'Object',
};

function typeName(type: FieldType): string {
  switch (type.form) {
    case 'scalar':
      return NAMES[type.scalar];
    case 'struct':
      return type.ref.split('.')[1] ?? type.ref;
    case 'list':
      return `[]${typeName(type.item)}`;
    case 'map':
      return `map[string]${typeName(type.value)}`;
  }
}

function structOf(type: FieldType): string | undefined {
  switch (type.form) {
    case 'scalar':
      return undefined;
    case 'struct':
      return type.ref;
    case 'list':
      return structOf(type.item);
    case 'map':
      return structOf(type.value);
  }
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

const described = (text: string) => wrap(text === '' ? '<no description>' : text);

const fieldHead = (field: Field) =>
  `${field.name}\t<${typeName(field.type)}>${field.isRequired ? ' -required-' : ''}`;

function fieldList(ref: string): string {
  return [...fieldsOf(ref).values()]
    .map((field) => `  ${fieldHead(field)}\n${described(describeField(ref, field.name))}\n`)
    .join('');
}

/** All fields below; a type that stands inside itself is not opened again. */
function recursiveList(ref: string, level: number, seen: readonly string[]): string {
  return [...fieldsOf(ref).values()]
    .map((field) => {
      const inner = structOf(field.type);
      const head = `${'  '.repeat(level)}${fieldHead(field)}\n`;
      return inner === undefined || seen.includes(inner)
        ? head
        : head + recursiveList(inner, level + 1, [...seen, inner]);
    })
    .join('');
}

const titleOf = ({ group, kind, version }: KindDescription) =>
  `${group === '' ? '' : `GROUP:      ${group}\n`}KIND:       ${kind}\nVERSION:    ${version}\n\n`;

function fieldsSection(call: Call, ref: string): string {
  const list = isSet(call, 'recursive') ? recursiveList(ref, 1, [ref]) : fieldList(ref);
  return `FIELDS:\n${list}\n`;
}

/** `kubectl explain`: our own words about the fields of the API. */
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
  const [resource = '', ...path] = word.split('.');
  const kind = resourceOf(call, resource);
  if (!kind) {
    call.stderr += `the server doesn't have a resource type ${JSON.stringify(resource)}\n`;
    call.exitCode = 1;
    return;
  }
  let ref: string | undefined = kind.type;
  let owner = kind.type;
  let field: Field | undefined;
  for (const name of path) {
    owner = ref ?? owner;
    field = ref === undefined ? undefined : fieldsOf(ref).get(name);
    if (!field) {
      call.stdout += titleOf(kind);
      fail(call, `field ${JSON.stringify(name)} does not exist`);
      return;
    }
    ref = structOf(field.type);
  }
  call.stdout += titleOf(kind);
  if (!field) {
    call.stdout += `DESCRIPTION:\n${described(kind.description)}    \n${fieldsSection(call, kind.type)}`;
    return;
  }
  const words = [describeField(owner, field.name), ref === undefined ? '' : describeType(ref)];
  const texts = words.filter((text) => text !== '');
  call.stdout += `FIELD: ${field.name} <${typeName(field.type)}>\n\n\nDESCRIPTION:\n`;
  call.stdout += texts.length === 0 ? '    <empty>\n' : `${texts.map(wrap).join('')}    \n`;
  call.stdout += ref === undefined ? '\n' : fieldsSection(call, ref);
}
