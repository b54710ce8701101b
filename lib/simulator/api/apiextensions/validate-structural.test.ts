import { expect, test } from 'vitest';
import type { JsonSchema } from './custom-resource-definition.ts';
import { validateStructural } from './validate-structural.ts';

test.each<[string, JsonSchema, string]>([
  [
    'no type at the root',
    { properties: {} },
    'schema.type: Required value: must not be empty at the root',
  ],
  [
    'a field without a type',
    { type: 'object', properties: { spec: {} } },
    'schema.properties[spec].type: Required value: must not be empty for specified object fields',
  ],
  [
    'a list without items',
    { type: 'object', properties: { spec: { type: 'array' } } },
    'schema.properties[spec].items: Required value: must be specified',
  ],
  [
    'a default under anyOf',
    { type: 'object', properties: { spec: { type: 'string', anyOf: [{ default: 'x' }] } } },
    'schema.properties[spec].anyOf[0].default: Forbidden: must be undefined to be structural',
  ],
  [
    'a choice of a field that the structure lacks',
    {
      type: 'object',
      properties: { spec: { type: 'object', anyOf: [{ required: ['a'], properties: { a: {} } }] } },
    },
    'schema.properties[spec].properties[a]: Required value: because it is defined in schema.properties[spec].anyOf[0].properties[a]',
  ],
])('a schema that is not structural is refused: %s', (_, schema, message) => {
  const problems = validateStructural(schema, 'schema');
  expect(problems.map(({ field, message: said }) => `${field}: ${said}`)).toEqual([message]);
});

test('an int-or-string may be described by a choice of both', () => {
  const port: JsonSchema = {
    'x-kubernetes-int-or-string': true,
    anyOf: [{ type: 'integer' }, { type: 'string' }],
  };
  expect(validateStructural({ type: 'object', properties: { port } }, 'schema')).toEqual([]);
});
