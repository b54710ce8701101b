import { expect, test } from 'vitest';
import { KINDS } from '../kinds.ts';
import type { FieldType } from './field-type.ts';
import { ALL_TYPES, fieldsOf, openApiName } from './type-tables.ts';

const structsOf = (type: FieldType): string[] => {
  switch (type.form) {
    case 'scalar':
      return [];
    case 'struct':
      return [type.ref];
    case 'list':
      return structsOf(type.item);
    case 'map':
      return structsOf(type.value);
  }
};

test('every type that a field names is in a table', () => {
  const named = ALL_TYPES.flatMap((ref) =>
    [...fieldsOf(ref).values()].flatMap(({ type }) => structsOf(type)),
  );
  expect(named.filter((ref) => !ALL_TYPES.includes(ref))).toEqual([]);
});

test('every kind has its type', () => {
  expect(KINDS.filter(({ type, custom }) => !custom && !ALL_TYPES.includes(type))).toEqual([]);
});

test('a Service port is merged by port and identified by port and protocol', () => {
  expect(fieldsOf('core.ServiceSpec').get('ports')).toMatchObject({
    merge: { key: 'port' },
    keys: ['port', 'protocol'],
    isRequired: false,
  });
  expect(openApiName('core.ServiceSpec')).toBe('io.k8s.api.core.v1.ServiceSpec');
});
