import { expect, test } from 'vitest';
import { kubernetesFields } from './kubernetes-fields.ts';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

const configMap = (fields: object, more: object = {}) => ({
  definitions: {
    'io.k8s.api.core.v1.ConfigMap': {
      fields: { metadata: `${META}.ObjectMeta`, apiVersion: 'string', kind: 'string', ...fields },
      gvk: [{ group: '', version: 'v1', kind: 'ConfigMap' }],
      ...more,
    },
    'io.k8s.api.core.v1.Nothing': {
      fields: {},
      gvk: [{ group: '', version: 'v1', kind: 'Nothing' }],
    },
  },
});

const FIELDS = {
  binaryData: ['map', 'string:byte'],
  data: ['map', 'string'],
  immutable: 'boolean',
};

test('a table that agrees with our ConfigMap passes, and a kind that is not served is not claimed', () => {
  expect(kubernetesFields.run(configMap(FIELDS))).toMatchObject({
    passed: 7,
    total: 7,
    failures: [],
    skipped: [{ probe: '/v1 Nothing' }],
  });
});

test.each([
  ['another type', { ...FIELDS, data: ['map', 'integer:int32'] }, {}, 'data'],
  ['a field we lack', { ...FIELDS, more: 'string' }, {}, 'more'],
  ['a field too many of ours', { data: FIELDS.data, immutable: 'boolean' }, {}, 'binaryData'],
  ['a required field', FIELDS, { required: ['immutable'] }, 'immutable'],
  [
    'a list type',
    { ...FIELDS, immutable: { type: 'boolean', listType: 'atomic' } },
    {},
    'immutable',
  ],
] as const)('%s is a failure', (_, fields, more, probe) => {
  const { failures } = kubernetesFields.run(configMap(fields, more));
  expect(failures.map((failure) => failure.probe)).toEqual([probe]);
});
