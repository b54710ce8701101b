import { expect, test } from 'vitest';
import type {
  CustomResourceDefinition,
  JsonSchema,
} from '../api/apiextensions/custom-resource-definition.ts';
import type { Status } from '../api/meta/object.ts';
import { handleRequest } from '../apiserver/rest.ts';
import type { Table } from '../apiserver/table.ts';
import { aNamespace } from '../testing/objects.ts';
import { runControllers } from '../testing/run-controllers.ts';
import { CONTROLLERS } from './list.ts';

const SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      required: ['cronSpec'],
      properties: {
        cronSpec: { type: 'string', pattern: '^(\\d+|\\*)(/\\d+)?(\\s+(\\d+|\\*)(/\\d+)?){4}$' },
        replicas: { type: 'integer', minimum: 1, maximum: 10, default: 2 },
        mode: { type: 'string', enum: ['Fast', 'Slow'] },
        port: { 'x-kubernetes-int-or-string': true },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        parts: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: {
            type: 'object',
            required: ['name'],
            properties: { name: { type: 'string' }, size: { type: 'integer', default: 1 } },
          },
        },
      },
    },
    status: {
      type: 'object',
      properties: { replicas: { type: 'integer' }, selector: { type: 'string' } },
    },
  },
};

const cronTabs = (): CustomResourceDefinition => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'crontabs.stable.example.com' },
  spec: {
    group: 'stable.example.com',
    scope: 'Namespaced',
    names: { plural: 'crontabs', singular: 'crontab', kind: 'CronTab', shortNames: ['ct'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: SCHEMA },
        subresources: {
          status: {},
          scale: {
            specReplicasPath: '.spec.replicas',
            statusReplicasPath: '.status.replicas',
            labelSelectorPath: '.status.selector',
          },
        },
        additionalPrinterColumns: [
          { name: 'Spec', type: 'string', jsonPath: '.spec.cronSpec' },
          { name: 'Replicas', type: 'integer', jsonPath: '.spec.replicas', priority: 1 },
          { name: 'Big', type: 'integer', jsonPath: '.spec.parts[?(@.name=="a")].size' },
        ],
      },
      {
        name: 'v1beta1',
        served: true,
        storage: false,
        deprecated: true,
        schema: { openAPIV3Schema: SCHEMA },
        subresources: { status: {} },
      },
    ],
  },
});

const BASE = '/apis/stable.example.com/v1/namespaces/default/crontabs';

function bench(definition: CustomResourceDefinition = cronTabs()) {
  const on = runControllers(CONTROLLERS);
  on.add(aNamespace('default'));
  on.add(definition);
  const ask = (
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    headers = {},
  ) => {
    const response = handleRequest(
      { method, path, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) },
      { store: on.store, options: { kubernetesVersion: '1.35' }, now: on.queue.now },
    );
    if (!('body' in response)) throw new Error('a stream');
    return {
      code: response.status,
      body: JSON.parse(response.body) as unknown,
      warnings: response.warnings,
    };
  };
  return { ...on, ask };
}

const cronTab = (spec: unknown, name = 'nightly') => ({
  apiVersion: 'stable.example.com/v1',
  kind: 'CronTab',
  metadata: { name, namespace: 'default' },
  spec,
});

const GOOD = { cronSpec: '* * * * */5' };

test('a kind is served once its names are accepted', () => {
  const { ask, settle } = bench();
  expect(ask('GET', BASE).code).toBe(404);
  settle();
  const { status } = ask(
    'GET',
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/crontabs.stable.example.com',
  ).body as CustomResourceDefinition;
  expect(status).toMatchObject({
    storedVersions: ['v1'],
    acceptedNames: { plural: 'crontabs', kind: 'CronTab', listKind: 'CronTabList' },
    conditions: [
      { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts' },
      { type: 'Established', status: 'True', reason: 'InitialNamesAccepted' },
    ],
  });
  expect(ask('GET', BASE).body).toMatchObject({ kind: 'CronTabList', items: [] });
});

test('defaults are filled in and unknown fields dropped, with a warning', () => {
  const { ask, settle } = bench();
  settle();
  const sent = cronTab({ ...GOOD, bogus: 1, free: { any: [1] }, parts: [{ name: 'a' }] });
  const made = ask('POST', BASE, sent);
  expect(made.code).toBe(201);
  expect(made.warnings).toEqual(['unknown field "spec.bogus"']);
  expect(made.body).toMatchObject({
    metadata: { generation: 1 },
    spec: { ...GOOD, replicas: 2, free: { any: [1] }, parts: [{ name: 'a', size: 1 }] },
  });
  expect((made.body as { spec: object }).spec).not.toHaveProperty('bogus');
  const strict = ask('POST', `${BASE}?fieldValidation=Strict`, sent).body as Status;
  expect(strict.message).toBe(
    'CronTab in version "v1" cannot be handled as a CronTab: strict decoding error: unknown field "spec.bogus"',
  );
});

const INVALID = 'CronTab.stable.example.com "nightly" is invalid: ';

test.each([
  ['a missing field', { replicas: 1 }, 'spec.cronSpec: Required value'],
  [
    'a wrong type',
    { ...GOOD, replicas: 'two' },
    'spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string"',
  ],
  [
    'too much',
    { ...GOOD, replicas: 11 },
    'spec.replicas: Invalid value: 11: spec.replicas in body should be less than or equal to 10',
  ],
  [
    'no such choice',
    { ...GOOD, mode: 'Lazy' },
    'spec.mode: Unsupported value: "Lazy": supported values: "Fast", "Slow"',
  ],
  [
    'a text of another form',
    { cronSpec: 'often' },
    String.raw`spec.cronSpec: Invalid value: "often": spec.cronSpec in body should match '^(\d+|\*)(/\d+)?(\s+(\d+|\*)(/\d+)?){4}$'`,
  ],
  [
    'a port that is neither number nor text',
    { ...GOOD, port: true },
    'spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"',
  ],
  [
    'two parts of one name',
    { ...GOOD, parts: [{ name: 'a' }, { name: 'a' }] },
    'spec.parts[1]: Duplicate value: {"name":"a"}',
  ],
  [
    'a wrong type in a map',
    { ...GOOD, labels: { tier: 1 } },
    'spec.labels.tier: Invalid value: "integer": spec.labels.tier in body must be of type string: "integer"',
  ],
])('%s is refused in the words of the API server', (_, spec, message) => {
  const { ask, settle } = bench();
  settle();
  const answer = ask('POST', BASE, cronTab(spec));
  expect(answer.code).toBe(422);
  expect((answer.body as Status).message).toBe(INVALID + message);
});

test('a table has the columns of the definition, empty where the path finds nothing', () => {
  const { ask, settle } = bench();
  settle();
  ask('POST', BASE, cronTab(GOOD));
  const table = ask('GET', BASE, undefined, {
    accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
  }).body as Table;
  expect(table.columnDefinitions?.map(({ name, priority }) => [name, priority])).toEqual([
    ['Name', 0],
    ['Spec', 0],
    ['Replicas', 1],
    ['Big', 0],
  ]);
  expect(table.rows[0]?.cells).toEqual(['nightly', GOOD.cronSpec, 2, null]);
});

test('status is written by its subresource alone, and raises no generation', () => {
  const { ask, settle } = bench();
  settle();
  ask('POST', BASE, { ...cronTab(GOOD), status: { replicas: 7 } });
  expect(ask('GET', `${BASE}/nightly`).body).not.toHaveProperty('status');
  const type = { 'content-type': 'application/merge-patch+json' };
  const patched = ask(
    'PATCH',
    `${BASE}/nightly/status`,
    { status: { replicas: 3 }, spec: { replicas: 9 } },
    type,
  );
  expect(patched.body).toMatchObject({
    metadata: { generation: 1 },
    spec: { replicas: 2 },
    status: { replicas: 3 },
  });
  const spec = ask('PATCH', `${BASE}/nightly`, { spec: { replicas: 9 } }, type);
  expect(spec.body).toMatchObject({ metadata: { generation: 2 }, status: { replicas: 3 } });
  expect(ask('PATCH', `${BASE}/nightly/status`, { status: { replicas: 'x' } }, type).code).toBe(
    422,
  );
});

test('the scale subresource reads and writes where the definition says', () => {
  const { ask, settle } = bench();
  settle();
  ask('POST', BASE, cronTab(GOOD));
  expect(ask('GET', `${BASE}/nightly/scale`).body).toMatchObject({
    kind: 'Scale',
    spec: { replicas: 2 },
    status: { replicas: 0 },
  });
  const type = { 'content-type': 'application/merge-patch+json' };
  ask('PATCH', `${BASE}/nightly/scale`, { spec: { replicas: 5 } }, type);
  expect(ask('GET', `${BASE}/nightly`).body).toMatchObject({ spec: { replicas: 5 } });
  expect(
    (ask('PATCH', `${BASE}/nightly/scale`, { spec: { replicas: 50 } }, type).body as Status)
      .message,
  ).toContain('should be less than or equal to 10');
});

test('an object is the same one in every served version, and an old version warns', () => {
  const { ask, settle, store } = bench();
  settle();
  const old = BASE.replace('/v1/', '/v1beta1/');
  const made = ask('POST', old, { ...cronTab(GOOD), apiVersion: 'stable.example.com/v1beta1' });
  expect(made.body).toMatchObject({ apiVersion: 'stable.example.com/v1beta1' });
  expect(made.warnings).toEqual(['stable.example.com/v1beta1 CronTab is deprecated']);
  expect(ask('GET', `${BASE}/nightly`).body).toMatchObject({ apiVersion: 'stable.example.com/v1' });
  expect(store.get('CronTab.stable.example.com', 'default', 'nightly')?.apiVersion).toBe(
    'stable.example.com/v1',
  );
});

test('a strategic merge patch is for built-in kinds alone', () => {
  const { ask, settle } = bench();
  settle();
  ask('POST', BASE, cronTab(GOOD));
  const type = { 'content-type': 'application/strategic-merge-patch+json' };
  const answer = ask('PATCH', `${BASE}/nightly`, { spec: { replicas: 3 } }, type);
  expect(answer.code).toBe(415);
  expect((answer.body as Status).message).toBe(
    'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
  );
});

test('deleting a definition deletes its objects first', () => {
  const { ask, settle, store } = bench();
  settle();
  ask('POST', BASE, cronTab(GOOD));
  const path =
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/crontabs.stable.example.com';
  expect(ask('DELETE', path).body).toMatchObject({
    metadata: { finalizers: ['customresourcecleanup.apiextensions.k8s.io'] },
  });
  expect((ask('POST', BASE, cronTab(GOOD, 'late')).body as Status).message).toBe(
    'create not allowed while custom resource definition is terminating',
  );
  settle();
  expect(ask('GET', path).code).toBe(404);
  expect(ask('GET', BASE).code).toBe(404);
  expect(store.kinds.byKey.has('CronTab.stable.example.com')).toBe(false);
});

test('a second definition does not get names that are taken, until they are free', () => {
  const on = bench();
  on.settle();
  const second = cronTabs();
  second.metadata.name = 'others.stable.example.com';
  second.spec.names = { plural: 'others', kind: 'Other', shortNames: ['ct'] };
  on.add(second);
  on.settle();
  const conditionsOf = () =>
    on.store
      .get<CustomResourceDefinition>(
        'CustomResourceDefinition',
        undefined,
        'others.stable.example.com',
      )
      ?.status?.conditions?.map(({ type, status, message }) => [type, status, message]);
  expect(conditionsOf()).toEqual([
    ['NamesAccepted', 'False', '"ct" is already in use'],
    ['Established', 'False', 'not all names are accepted'],
  ]);
  on.store.delete('CustomResourceDefinition', undefined, 'crontabs.stable.example.com');
  on.settle();
  expect(conditionsOf()?.map(([type, status]) => [type, status])).toEqual([
    ['NamesAccepted', 'True'],
    ['Established', 'True'],
  ]);
});

test('objects of a custom kind go with their namespace and with their owners', () => {
  const { ask, settle, store } = bench();
  settle();
  const owner = ask('POST', BASE, cronTab(GOOD)).body as { metadata: { uid: string } };
  const owned = cronTab(GOOD, 'owned');
  ask('POST', BASE, {
    ...owned,
    metadata: {
      ...owned.metadata,
      ownerReferences: [
        {
          apiVersion: 'stable.example.com/v1',
          kind: 'CronTab',
          name: 'nightly',
          uid: owner.metadata.uid,
        },
      ],
    },
  });
  ask('DELETE', `${BASE}/nightly`);
  settle();
  expect(store.list('CronTab.stable.example.com')).toEqual([]);
  store.create(aNamespace('team'));
  const inTeam = { ...cronTab(GOOD), metadata: { name: 'nightly', namespace: 'team' } };
  expect(ask('POST', BASE.replace('/default/', '/team/'), inTeam).code).toBe(201);
  store.delete('Namespace', undefined, 'team');
  settle();
  expect(store.list('CronTab.stable.example.com')).toEqual([]);
});

test('a status that the schema gives a default is there from the beginning', () => {
  const definition = cronTabs();
  const status = {
    type: 'object',
    default: { replicas: 0 },
    properties: { replicas: { type: 'integer' } },
  };
  definition.spec.versions[0]!.schema = {
    openAPIV3Schema: { ...SCHEMA, properties: { ...SCHEMA.properties, status } },
  };
  const { ask, settle } = bench(definition);
  settle();
  const made = ask('POST', BASE, { ...cronTab(GOOD), status: { replicas: 7 } });
  expect(made.body).toMatchObject({ status: { replicas: 0 } });
});

test('a custom object is replaced only with the version that it had', () => {
  const { ask, settle } = bench();
  settle();
  const made = ask('POST', BASE, cronTab(GOOD)).body as { metadata: object };
  const replaced = { ...cronTab({ ...GOOD, replicas: 4 }) };
  expect((ask('PUT', `${BASE}/nightly`, replaced).body as Status).message).toBe(
    `${INVALID}metadata.resourceVersion: Invalid value: 0: must be specified for an update`,
  );
  expect(ask('PUT', `${BASE}/nightly`, { ...replaced, metadata: made.metadata }).code).toBe(200);
});
