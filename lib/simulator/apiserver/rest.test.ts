import { expect, test } from 'vitest';
import { SECOND } from '../base/clock.ts';
import { seedRandom } from '../base/random.ts';
import type { KubeObject, Status } from '../api/meta/object.ts';
import { createStore, createStoreState } from './create-store.ts';
import { handleRequest } from './rest.ts';
import type { RestRequest } from './rest-types.ts';
import type { Table } from './table.ts';
import { BOOKMARK_INTERVAL, pollWatch, type Watcher } from './watch.ts';

const NOW = 1_700_000_000 * SECOND;

function openServer() {
  const state = createStoreState();
  const store = createStore({ state, now: () => NOW, random: seedRandom('rest') });
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  const server = { store, options: { kubernetesVersion: '1.35' as const }, now: NOW };
  const send = (
    method: RestRequest['method'],
    path: string,
    body?: unknown,
    type = 'application/json',
  ) =>
    handleRequest(
      {
        method,
        path,
        headers: { 'content-type': type },
        ...(body === undefined
          ? {}
          : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      },
      server,
    );
  const json = <T = KubeObject>(...args: Parameters<typeof send>): T & Status => {
    const response = send(...args);
    expect(response.type).toBe('json');
    return JSON.parse((response as { body: string }).body) as T & Status;
  };
  return { store, state, server, send, json };
}

const service = (name: string, extra: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { selector: { app: 'web' }, ports: [{ port: 80 }], ...extra },
});

const SERVICES = '/api/v1/namespaces/default/services';

test.each([
  ['unknown field', { prots: [] }, 'strict decoding error: unknown field "spec.prots"'],
  [
    'wrong type',
    { ports: [{ port: 'x' }] },
    'json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32',
  ],
] as const)('a body with an %s is a bad request', (_, extra, words) => {
  const { json } = openServer();
  const status = json('POST', `${SERVICES}?fieldValidation=Strict`, service('web', extra));
  expect(status).toMatchObject({
    code: 400,
    reason: 'BadRequest',
    message: `Service in version "v1" cannot be handled as a Service: ${words}`,
  });
});

test('without strict validation an unknown field is dropped with a warning', () => {
  const { send } = openServer();
  const response = send('POST', SERVICES, service('web', { prots: [] }));
  expect(response).toMatchObject({ status: 201, warnings: ['unknown field "spec.prots"'] });
});

test('a dry run answers as if it had been written', () => {
  const { store, json } = openServer();
  const made = json('POST', `${SERVICES}?dryRun=All`, service('web'));
  expect(made).toMatchObject({ kind: 'Service', spec: { type: 'ClusterIP' } });
  expect(store.list('Service')).toEqual([]);
});

test('the Accept header decides between objects and a Table', () => {
  const { server, json } = openServer();
  json('POST', SERVICES, service('web'));
  const headers = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };
  const response = handleRequest({ method: 'GET', path: SERVICES, headers }, server);
  const table = JSON.parse((response as { body: string }).body) as Table;
  expect(table.columnDefinitions?.map(({ name }) => name)).toContain('Cluster-IP');
  expect(table.rows[0]?.cells[0]).toBe('web');
  expect(json<{ kind: string; items: KubeObject[] }>('GET', SERVICES)).toMatchObject({
    kind: 'ServiceList',
    items: [{ metadata: { name: 'web' } }],
  });
});

test.each([
  [
    'json',
    'application/json-patch+json',
    [{ op: 'replace', path: '/spec/selector/app', value: 'x' }],
  ],
  ['merge', 'application/merge-patch+json', { spec: { selector: { app: 'x' } } }],
  ['strategic', 'application/strategic-merge-patch+json', { spec: { selector: { app: 'x' } } }],
])('a %s patch changes the selector', (_, type, patch) => {
  const { json } = openServer();
  json('POST', SERVICES, service('web'));
  expect(json('PATCH', `${SERVICES}/web`, patch, type)).toMatchObject({
    spec: { selector: { app: 'x' }, ports: [{ port: 80, targetPort: 80 }] },
  });
});

test('scale changes the number of replicas and nothing else', () => {
  const { json } = openServer();
  const path = '/apis/apps/v1/namespaces/default/deployments';
  const made = json('POST', path, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'c', image: 'nginx' }] },
      },
    },
  });
  expect(made).toMatchObject({ spec: { replicas: 1, progressDeadlineSeconds: 600 } });
  const scale = json(
    'PATCH',
    `${path}/web/scale`,
    { spec: { replicas: 4 } },
    'application/merge-patch+json',
  );
  expect(scale).toMatchObject({
    kind: 'Scale',
    spec: { replicas: 4 },
    status: { selector: 'app=web' },
  });
  expect(json('GET', `${path}/web`)).toMatchObject({
    spec: { replicas: 4 },
    metadata: { generation: 2 },
  });
});

function watch(server: ReturnType<typeof openServer>['server'], query: string): Watcher {
  const response = handleRequest({ method: 'GET', path: `${SERVICES}?watch=true${query}` }, server);
  if (response.type !== 'watch') throw new Error('a watch is a stream');
  return response.watcher;
}

const typesOf = (lines: readonly string[]) =>
  lines.map((line) => (JSON.parse(line) as { type: string }).type);

test('a watch sends what is there, what changes, and goodbye to what stops matching', () => {
  const { server, store, json } = openServer();
  json('POST', SERVICES, service('web'));
  const watcher = watch(server, '&labelSelector=tier=front');
  expect(pollWatch(watcher, store, NOW).lines).toEqual([]);
  const label = (value: string | null) =>
    json(
      'PATCH',
      `${SERVICES}/web`,
      { metadata: { labels: { tier: value } } },
      'application/merge-patch+json',
    );
  label('front');
  label('back');
  expect(typesOf(pollWatch(watcher, store, NOW).lines)).toEqual(['ADDED', 'DELETED']);
  expect(pollWatch(watcher, store, NOW).lines).toEqual([]);
});

test('a watch with initial events marks their end, and bookmarks come about every minute', () => {
  const { server, store, json } = openServer();
  json('POST', SERVICES, service('web'));
  const watcher = watch(
    server,
    '&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true',
  );
  const { lines } = pollWatch(watcher, store, NOW);
  expect(typesOf(lines)).toEqual(['ADDED', 'BOOKMARK']);
  expect(lines[1]).toContain('"k8s.io/initial-events-end":"true"');
  expect(typesOf(pollWatch(watcher, store, NOW + BOOKMARK_INTERVAL).lines)).toEqual(['BOOKMARK']);
});

test('a watch from a version that is forgotten is gone', () => {
  const { server, store, state, json } = openServer();
  json('POST', SERVICES, service('web'));
  const watcher = watch(server, '&resourceVersion=1');
  for (let i = 0; i < 3; i++) json('POST', SERVICES, service(`s${i}`));
  state.history.splice(0, 3);
  const progress = pollWatch(watcher, store, NOW);
  expect(progress.isClosed).toBe(true);
  expect(progress.lines[0]).toContain('"code":410');
});

test.each([
  ['deep JSON', `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`, 400],
  ['a huge body', 'x'.repeat(4 * 1024 * 1024), 413],
  ['something else', 'null', 400],
])('%s is refused', (_, body, code) => {
  const { json } = openServer();
  expect(json('POST', SERVICES, body)).toMatchObject({ kind: 'Status', code });
});

test.each([
  ['GET', '/api/v1/foos', 404],
  ['PUT', SERVICES, 405],
  ['GET', `${SERVICES}/nope`, 404],
  ['GET', `${SERVICES}?fieldSelector=spec.nope=1`, 400],
  ['GET', `${SERVICES}?labelSelector=a in`, 400],
] as const)('%s %s is answered with %i', (method, path, code) => {
  const { json } = openServer();
  expect(json(method, path)).toMatchObject({ kind: 'Status', code });
});
