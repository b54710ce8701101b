import { expect, test } from 'vitest';
import { SECOND } from '../base/clock.ts';
import { seedRandom } from '../base/random.ts';
import type { KubeObject, Status } from '../api/meta/object.ts';
import { createStore, createStoreState } from './create-store.ts';
import { handleRequest } from './rest.ts';
import type { RestRequest } from './rest-types.ts';

const NOW = 1_700_000_000 * SECOND;
const MAPS = '/api/v1/namespaces/default/configmaps';
const SERVICES = '/api/v1/namespaces/default/services';

function openServer() {
  const store = createStore({
    state: createStoreState(),
    now: () => NOW,
    random: seedRandom('bad input'),
  });
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  const send = (method: RestRequest['method'], path: string, body: unknown, type = JSON_TYPE) => {
    const response = handleRequest(
      {
        method,
        path,
        headers: { 'content-type': type },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      },
      { store, options: { kubernetesVersion: '1.35' }, now: NOW },
    );
    if (!('body' in response)) throw new Error('a stream is no answer to this');
    const { body: text, warnings } = response;
    return { ...(JSON.parse(text) as KubeObject & Status), warnings };
  };
  return { store, send };
}

const JSON_TYPE = 'application/json';
const YAML_TYPE = 'application/yaml';

const NO_KIND =
  "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: ";

/** The words of Go's encoding/json and of the API server's `transformDecodeError`. */
test.each([
  ['nothing', '', JSON_TYPE, `${NO_KIND}unexpected end of JSON input (<empty>)`],
  ['half an object', '{"a":', JSON_TYPE, `${NO_KIND}unexpected end of JSON input ({"a":)`],
  [
    'a word',
    'hello',
    JSON_TYPE,
    `${NO_KIND}invalid character 'h' looking for beginning of value (68656c6c6f)`,
  ],
  [
    'a key without quotes',
    '{a: 1}',
    JSON_TYPE,
    `${NO_KIND}invalid character 'a' looking for beginning of object key string ({a: 1})`,
  ],
  [
    'a trailing comma',
    '{"a":[1,]}',
    JSON_TYPE,
    `${NO_KIND}invalid character ']' looking for beginning of value ({"a":[1,]})`,
  ],
  [
    'a missing comma',
    '{"a":1 "b":2}',
    JSON_TYPE,
    `${NO_KIND}invalid character '"' after object key:value pair ({"a":1 "b":2})`,
  ],
  [
    'two values',
    '{} {}',
    JSON_TYPE,
    `${NO_KIND}invalid character '{' after top-level value ({} {})`,
  ],
  [
    'a broken word',
    '{"a":trux}',
    JSON_TYPE,
    `${NO_KIND}invalid character 'x' in literal true (expecting 'e') ({"a":trux})`,
  ],
  [
    'broken YAML',
    'a: b: c',
    YAML_TYPE,
    'the object provided is unrecognized (must be of type ConfigMap): yaml: mapping values are not allowed in this context (613a20623a2063)',
  ],
  [
    'another kind',
    '{"apiVersion":"v1","kind":"Service","metadata":{"name":"x"}}',
    JSON_TYPE,
    'Service in version "v1" cannot be handled as a ConfigMap: converting (v1.Service) to (core.ConfigMap): unknown conversion',
  ],
  [
    'another version',
    '{"apiVersion":"v2","kind":"ConfigMap","metadata":{"name":"x"}}',
    JSON_TYPE,
    'the API version in the data (v2) does not match the expected API version (v1)',
  ],
  [
    'a wrong type',
    '{"metadata":{"name":"x"},"data":{"a":1}}',
    JSON_TYPE,
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
  ],
])('%s is a bad request', (_, body, type, message) => {
  const { store, send } = openServer();
  const before = store.resourceVersion;
  const answer = send('POST', MAPS, body, type);
  expect(answer).toMatchObject({ code: 400, reason: 'BadRequest' });
  expect(answer.message?.replace('yaml: line 1: ', 'yaml: ')).toBe(message);
  expect(store.resourceVersion).toBe(before);
});

const TWICE =
  '{"metadata":{"name":"x"},"data":{"a":"1","a":"2"},"immutabel":true,"data":{"a":"3"}}';

test('strict validation names every field that is unknown or said twice', () => {
  const { send } = openServer();
  expect(send('POST', `${MAPS}?fieldValidation=Strict`, TWICE)).toMatchObject({
    code: 400,
    message:
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "immutabel", duplicate field "data.a", duplicate field "data"',
  });
});

test('by default they are warnings, and Ignore says nothing', () => {
  expect(openServer().send('POST', MAPS, TWICE).warnings).toEqual([
    'unknown field "immutabel"',
    'duplicate field "data.a"',
    'duplicate field "data"',
  ]);
  expect(openServer().send('POST', `${MAPS}?fieldValidation=Ignore`, TWICE).warnings).toEqual([]);
});

test('YAML says the line of a key that stands twice', () => {
  const yaml = 'metadata:\n  name: x\ndata:\n  a: "1"\n  b: "2"\n  a: "3"\n';
  const { send } = openServer();
  expect(send('POST', `${MAPS}?fieldValidation=Strict`, yaml, YAML_TYPE).message).toBe(
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: yaml: unmarshal errors:\n  line 6: key "a" already set in map',
  );
});

const service = {
  metadata: { name: 'web' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
};

test.each([
  [
    'a strategic patch with an unknown field',
    'application/strategic-merge-patch+json',
    { spec: { selectr: {} } },
    422,
    ' "" is invalid: patch: Invalid value: "map[spec:map[selectr:map[]]]": strict decoding error: unknown field "spec.selectr"',
  ],
  [
    'a strategic patch without a merge key',
    'application/strategic-merge-patch+json',
    { spec: { ports: [{ targetPort: 1 }] } },
    500,
    'map: map[targetPort:1] does not contain declared merge key: port',
  ],
  [
    'a JSON patch that does not fit',
    'application/json-patch+json',
    [{ op: 'test', path: '/spec/type', value: 'x' }],
    422,
    'the server rejected our request due to an error in our request',
  ],
  [
    'a merge patch that is no JSON',
    'application/merge-patch+json',
    '{"a"',
    400,
    'error decoding patch: unexpected end of JSON input',
  ],
  [
    'a merge patch of an old version',
    'application/merge-patch+json',
    { metadata: { resourceVersion: '1' }, spec: { type: 'NodePort' } },
    409,
    'Operation cannot be fulfilled on services "web": the object has been modified; please apply your changes to the latest version and try again',
  ],
  [
    'a patch of another object',
    'application/merge-patch+json',
    { metadata: { name: 'other' } },
    400,
    'the name of the object (other) does not match the name on the URL (web)',
  ],
  [
    'a patch of a type that nobody knows',
    'application/diff',
    {},
    415,
    'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml',
  ],
])('%s is refused, and changes nothing', (_, type, patch, code, message) => {
  const { store, send } = openServer();
  send('POST', SERVICES, service);
  const before = store.resourceVersion;
  expect(send('PATCH', `${SERVICES}/web?fieldValidation=Strict`, patch, type)).toMatchObject({
    code,
    message,
  });
  expect(store.resourceVersion).toBe(before);
});

test('an update of another uid, or without a name, is refused', () => {
  const { store, send } = openServer();
  const made = send('POST', SERVICES, service);
  const uid = '00000000-0000-4000-8000-000000000000';
  expect(
    send('PUT', `${SERVICES}/web`, { ...service, metadata: { name: 'web', uid } }).message,
  ).toBe(
    `Operation cannot be fulfilled on services "web": StorageError: invalid object, Code: 4, Key: /registry/services/specs/default/web, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${made.metadata.uid}`,
  );
  expect(send('PUT', `${SERVICES}/web`, { spec: service.spec }).message).toBe(
    'the name of the object (web based on URL) was undeterminable: name must be provided',
  );
  expect(store.get('Service', 'default', 'web')?.metadata.resourceVersion).toBe(
    made.metadata.resourceVersion,
  );
});

test('a deletion may name the object that it means', () => {
  const { store, send } = openServer();
  const { metadata } = send('POST', MAPS, { metadata: { name: 'x' } });
  const remove = (preconditions: object) =>
    send('DELETE', `${MAPS}/x`, { kind: 'DeleteOptions', apiVersion: 'v1', preconditions });
  expect(remove({ uid: 'other' })).toMatchObject({
    code: 409,
    message: `Operation cannot be fulfilled on ConfigMap "x": the UID in the precondition (other) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
  });
  expect(remove({ resourceVersion: '1' }).message).toBe(
    `Operation cannot be fulfilled on ConfigMap "x": the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
  );
  expect(remove({ uid: metadata.uid, resourceVersion: metadata.resourceVersion })).toMatchObject({
    status: 'Success',
  });
  expect(store.get('ConfigMap', 'default', 'x')).toBeUndefined();
});

test('a create with a version is refused, one with a taken name too', () => {
  const { send } = openServer();
  expect(send('POST', MAPS, { metadata: { name: 'x', resourceVersion: '4' } })).toMatchObject({
    code: 500,
    message: 'resourceVersion should not be set on objects to be created',
  });
  send('POST', MAPS, { metadata: { name: 'x' } });
  expect(send('POST', MAPS, { metadata: { name: 'x' } })).toMatchObject({
    code: 409,
    reason: 'AlreadyExists',
    message: 'configmaps "x" already exists',
  });
});

test('a dry run answers as if, and leaves nothing', () => {
  const { store, send } = openServer();
  const before = store.resourceVersion;
  expect(
    send('POST', `${MAPS}?dryRun=All`, { metadata: { name: 'x' } }).metadata.uid,
  ).toBeDefined();
  expect(send('POST', `${MAPS}?dryRun=Some`, { metadata: { name: 'x' } })).toMatchObject({
    code: 422,
    message:
      'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"',
  });
  expect(store.resourceVersion).toBe(before);
  expect(store.get('ConfigMap', 'default', 'x')).toBeUndefined();
});

test('an object with a finalizer stays until it is taken away, and gets no new ones', () => {
  const { store, send } = openServer();
  send('POST', MAPS, { metadata: { name: 'x', finalizers: ['example.com/hold'] } });
  expect(send('DELETE', `${MAPS}/x`, '').metadata).toHaveProperty('deletionTimestamp');
  const merge = (finalizers: string[] | null) =>
    send('PATCH', `${MAPS}/x`, { metadata: { finalizers } }, 'application/merge-patch+json');
  expect(merge(['example.com/hold', 'example.com/more'])).toMatchObject({
    code: 422,
    message:
      'ConfigMap "x" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.com/more"}',
  });
  merge(null);
  expect(store.get('ConfigMap', 'default', 'x')).toBeUndefined();
});

test('a collection is deleted as its objects are, those that a selector names', () => {
  const { store, send } = openServer();
  for (const name of ['a', 'b', 'c']) send('POST', MAPS, { metadata: { name, labels: { name } } });
  const gone = send('DELETE', `${MAPS}?labelSelector=name%21%3Db`, '') as unknown as {
    items: KubeObject[];
  };
  expect(gone.items.map(({ metadata }) => metadata.name)).toEqual(['a', 'c']);
  expect(store.list('ConfigMap').map(({ metadata }) => metadata.name)).toEqual(['b']);
});

test('a body over the limit is refused by its size in bytes', () => {
  const { send } = openServer();
  const body = { metadata: { name: 'x' }, data: { text: 'é'.repeat(1_600_000) } };
  expect(send('POST', MAPS, body)).toMatchObject({
    code: 413,
    reason: 'RequestEntityTooLarge',
    message: 'Request entity too large: limit is 3145728',
  });
});
