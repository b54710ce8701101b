import { expect, test } from 'vitest';
import { SECOND } from '../base/clock.ts';
import { seedRandom } from '../base/random.ts';
import type { KubeObject, Status } from '../api/meta/object.ts';
import { createStore, createStoreState } from './create-store.ts';
import { handleRequest } from './rest.ts';
import { pollWatch, type Watcher } from './watch.ts';

const NOW = 1_700_000_000 * SECOND;
const MAPS = '/api/v1/namespaces/default/configmaps';

interface List extends Omit<Status, 'metadata' | 'kind'> {
  kind: string;
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
  items: KubeObject[];
}

function openServer(count: number) {
  const store = createStore({
    state: createStoreState(),
    now: () => NOW,
    random: seedRandom('pages'),
  });
  const server = { store, options: { kubernetesVersion: '1.35' as const }, now: NOW };
  const add = (kind: string, name: string, namespace?: string) =>
    store.create({
      apiVersion: 'v1',
      kind,
      metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    });
  add('Namespace', 'default');
  for (let i = 0; i < count; i++) add('ConfigMap', `map-${i}`, 'default');
  const list = (query = '', path = MAPS): List => {
    const response = handleRequest({ method: 'GET', path: `${path}?${query}` }, server);
    expect(response.type).toBe('json');
    return JSON.parse((response as { body: string }).body) as List;
  };
  return { store, server, add, list };
}

const namesIn = ({ items }: List) => items.map(({ metadata }) => metadata.name);

test('pages show the list as it was at the first of them', () => {
  const { store, add, list } = openServer(5);
  const first = list('limit=2');
  expect(first.metadata).toMatchObject({ remainingItemCount: 3 });
  store.delete('ConfigMap', 'default', 'map-2');
  add('ConfigMap', 'map-30', 'default');
  const second = list(`limit=2&continue=${first.metadata.continue}`);
  expect(namesIn(second)).toEqual(['map-2', 'map-3']);
  expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  const third = list(`limit=2&continue=${second.metadata.continue}`);
  expect(namesIn(third)).toEqual(['map-4']);
  expect(third.metadata.continue).toBeUndefined();
  expect(namesIn(list())).toEqual(['map-0', 'map-1', 'map-3', 'map-30', 'map-4']);
});

test('a selected list does not say how many are left, and pages go over namespaces', () => {
  const { add, list } = openServer(3);
  add('Namespace', 'other');
  add('ConfigMap', 'map-0', 'other');
  const first = list('limit=2&labelSelector=!x', '/api/v1/configmaps');
  expect(first.metadata.remainingItemCount).toBeUndefined();
  const rest = list(`labelSelector=!x&continue=${first.metadata.continue}`, '/api/v1/configmaps');
  expect(rest.items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual([
    'default/map-2',
    'other/map-0',
  ]);
});

test('a token that is too old is answered with one that goes on from the present', () => {
  const { store, list } = openServer(4);
  const { metadata } = list('limit=2');
  for (let i = 0; i < 1_001; i++) {
    const map = store.get<KubeObject & { data?: object }>('ConfigMap', 'default', 'map-3')!;
    store.update({ ...map, data: { i: String(i) } });
  }
  const expired = list(`continue=${metadata.continue}`);
  expect(expired).toMatchObject({ code: 410, reason: 'Expired' });
  expect(expired.message).toMatch(/^The provided continue parameter is too old to display/);
  expect(namesIn(list(`continue=${expired.metadata.continue}`))).toEqual(['map-2', 'map-3']);
  expect(list('resourceVersion=2&resourceVersionMatch=Exact')).toMatchObject({
    code: 410,
    message: 'The resourceVersion for the provided list is too old.',
  });
});

test('an exact version shows the past, one that is not older the present, a future one is refused', () => {
  const { store, add, list } = openServer(2);
  const version = store.resourceVersion;
  add('ConfigMap', 'later', 'default');
  const exact = list(`resourceVersion=${version}&resourceVersionMatch=Exact`);
  expect(namesIn(exact)).toEqual(['map-0', 'map-1']);
  expect(exact.metadata.resourceVersion).toBe(String(version));
  expect(namesIn(list(`resourceVersion=${version}`))).toEqual(['later', 'map-0', 'map-1']);
  expect(namesIn(list('resourceVersion=0&limit=1'))).toHaveLength(3);
  expect(list('resourceVersion=999')).toMatchObject({
    code: 504,
    reason: 'Timeout',
    message: `Timeout: Too large resource version: 999, current: ${store.resourceVersion}`,
  });
});

test.each([
  [
    'continue=%25',
    400,
    'invalid continue token: continue key is not valid: illegal base64 data at input byte 0',
  ],
  [
    'resourceVersion=abc',
    500,
    'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
  ],
  [
    'resourceVersionMatch=Exact',
    422,
    'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
  ],
  [
    'sendInitialEvents=true',
    422,
    'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list',
  ],
  [
    'watch=true&sendInitialEvents=true',
    422,
    'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
  ],
  [
    'fieldSelector=data.a%3D1',
    400,
    '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"',
  ],
])('%s is answered with %i', (query, code, message) => {
  expect(openServer(0).list(query)).toMatchObject({ code, message });
});

test('a field selector may say what is not wanted', () => {
  const { list } = openServer(3);
  const query = 'fieldSelector=metadata.name!%3Dmap-1,metadata.namespace%3Ddefault';
  expect(namesIn(list(query))).toEqual(['map-0', 'map-2']);
});

test('a watch from before what the store remembers ends with 410 and both versions', () => {
  const { store, server } = openServer(1);
  const map = () => store.get<KubeObject & { data?: object }>('ConfigMap', 'default', 'map-0')!;
  for (let i = 0; i < 1_010; i++) store.update({ ...map(), data: { i: String(i) } });
  const response = handleRequest(
    { method: 'GET', path: `${MAPS}?watch=true&resourceVersion=1` },
    server,
  );
  const { watcher } = response as { watcher: Watcher };
  const { lines, isClosed } = pollWatch(watcher, store, NOW);
  expect(isClosed).toBe(true);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    type: 'ERROR',
    object: {
      code: 410,
      reason: 'Expired',
      message: `too old resource version: 1 (${store.oldestVersion})`,
    },
  });
});
