import { expect, test } from 'vitest';
import { SECOND } from '../base/clock.ts';
import { seedRandom } from '../base/random.ts';
import type { Pod } from '../api/core/pod.ts';
import type { Service } from '../api/core/service.ts';
import type { Namespace } from '../api/core/namespace.ts';
import type { ConfigMap } from '../api/core/config-map.ts';
import type { ApiResult } from '../api/meta/object.ts';
import { createStore, createStoreState } from './create-store.ts';
import type { StoreChange } from './store.ts';

function openStore() {
  let now = 1_700_000_000 * SECOND;
  const state = createStoreState();
  const parts = { state, now: () => now, random: seedRandom('store') };
  const store = createStore(parts);
  value(
    store.create<Namespace>({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }),
  );
  return { store, state, parts, pass: (seconds: number) => (now += seconds * SECOND) };
}

function value<T>(result: ApiResult<T>): T {
  expect(result).toMatchObject({ ok: true });
  return (result as { value: T }).value;
}

const message = (result: ApiResult<unknown>) => (result.ok ? 'accepted' : result.status.message);

const service = (name: string, spec: Service['spec']): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop' },
  spec,
});

const pod = (name: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop' },
  spec: { containers: [{ name: 'web', image: 'nginx' }] },
});

test('an object gets uid, version, timestamp and defaults', () => {
  const { store } = openStore();
  const made = value(store.create(service('web', { ports: [{ port: 80 }] })));
  expect(made.metadata).toMatchObject({
    // The IPAddress came before it.
    resourceVersion: '3',
    creationTimestamp: '2023-11-14T22:13:20Z',
  });
  expect(made.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
  expect(made.spec).toMatchObject({
    type: 'ClusterIP',
    sessionAffinity: 'None',
    internalTrafficPolicy: 'Cluster',
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
  });
  expect(made.spec.clusterIP).toMatch(/^10\.(9[6-9]|1[01]\d)\./);
});

test('a stale version is a conflict', () => {
  const { store } = openStore();
  const first = value(store.create(service('web', { ports: [{ port: 80 }] })));
  value(store.update({ ...first, metadata: { ...first.metadata, labels: { a: 'b' } } }));
  const second = store.update({ ...first, metadata: { ...first.metadata, labels: { a: 'c' } } });
  expect(message(second)).toBe(
    'Operation cannot be fulfilled on services "web": the object has been modified; please apply your changes to the latest version and try again',
  );
});

test('a write that changes nothing makes no version', () => {
  const { store } = openStore();
  const made = value(store.create(service('web', { ports: [{ port: 80 }] })));
  const before = store.resourceVersion;
  value(store.update(made));
  expect(store.resourceVersion).toBe(before);
});

test.each([
  ['no ports', {}, 'Service "web" is invalid: spec.ports: Required value'],
  [
    'a port out of range',
    { ports: [{ port: 70_000 }] },
    'Service "web" is invalid: [spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive, spec.ports[0].targetPort: Invalid value: 70000: must be between 1 and 65535, inclusive]',
  ],
  [
    'two ports without names',
    { ports: [{ port: 80 }, { port: 81 }] },
    'Service "web" is invalid: [spec.ports[0].name: Required value, spec.ports[1].name: Required value]',
  ],
  [
    'an unknown type',
    { type: 'Cluster', ports: [{ port: 80 }] },
    'Service "web" is invalid: spec.type: Unsupported value: "Cluster": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
  ],
  [
    'a node port outside the range',
    { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] },
    'Service "web" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
  ],
] as const)('a Service with %s is refused', (_, spec, expected) => {
  const { store } = openStore();
  expect(message(store.create(service('web', spec as unknown as Service['spec'])))).toBe(expected);
});

test('an address or node port that is taken is refused, and free again after the delete', () => {
  const { store } = openStore();
  const spec = { clusterIP: '10.96.0.50', ports: [{ port: 80 }] };
  value(store.create(service('a', spec)));
  expect(message(store.create(service('b', spec)))).toBe(
    'Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.50"]: failed to allocate IP 10.96.0.50: provided IP is already allocated',
  );
  value(store.delete('Service', 'shop', 'a'));
  value(store.create(service('b', spec)));
  const node = { type: 'NodePort' as const, ports: [{ port: 80, nodePort: 30_080 }] };
  value(store.create(service('c', node)));
  expect(message(store.create(service('d', node)))).toBe(
    'Service "d" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
  );
});

test('three hundred Services get three hundred addresses', () => {
  const { store } = openStore();
  const ips = new Set<string>();
  for (let i = 0; i < 300; i++) {
    ips.add(value(store.create(service(`s${i}`, { ports: [{ port: 80 }] }))).spec.clusterIP ?? '');
  }
  expect(ips.size).toBe(300);
});

test('a bound pod is marked, then removed by a delete without grace', () => {
  const { store } = openStore();
  const made = value(store.create(pod('web-1')));
  expect(made.status).toEqual({ phase: 'Pending', qosClass: 'BestEffort' });
  value(store.update({ ...made, spec: { ...made.spec, nodeName: 'node-a' } }));
  const marked = value(store.delete('Pod', 'shop', 'web-1'));
  expect(marked.metadata).toMatchObject({
    deletionTimestamp: '2023-11-14T22:13:50Z',
    deletionGracePeriodSeconds: 30,
  });
  expect(store.get('Pod', 'shop', 'web-1')).toBeDefined();
  value(store.delete('Pod', 'shop', 'web-1', { gracePeriodSeconds: 0 }));
  expect(store.get('Pod', 'shop', 'web-1')).toBeUndefined();
});

test('a pod that no node has goes at once', () => {
  const { store } = openStore();
  value(store.create(pod('web-1')));
  value(store.delete('Pod', 'shop', 'web-1'));
  expect(store.get('Pod', 'shop', 'web-1')).toBeUndefined();
});

test('the last finalizer holds an object', () => {
  const { store } = openStore();
  const map: ConfigMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c', namespace: 'shop', finalizers: ['example.com/hold'] },
  };
  value(store.create(map));
  const marked = value(store.delete('ConfigMap', 'shop', 'c'));
  expect(marked.metadata.deletionTimestamp).toBeDefined();
  const { finalizers: _, ...metadata } = marked.metadata;
  value(store.update({ ...marked, metadata }));
  expect(store.get('ConfigMap', 'shop', 'c')).toBeUndefined();
});

test('a namespace takes nothing new while it goes, and goes when its own finalizer does', () => {
  const { store } = openStore();
  value(store.delete('Namespace', undefined, 'shop'));
  expect(message(store.create(pod('late')))).toBe(
    'pods "late" is forbidden: unable to create new content in namespace shop because it is being terminated',
  );
  const namespace = store.get<Namespace>('Namespace', undefined, 'shop')!;
  expect(namespace.status?.phase).toBe('Terminating');
  value(store.update({ ...namespace, spec: { finalizers: [] } }));
  expect(store.get('Namespace', undefined, 'shop')).toBeUndefined();
});

test('content needs its namespace', () => {
  const { store } = openStore();
  expect(
    message(store.create({ ...pod('x'), metadata: { name: 'x', namespace: 'nowhere' } })),
  ).toBe('namespaces "nowhere" not found');
});

test('listeners hear changes in order, even those made while one is told', () => {
  const { store } = openStore();
  const heard: string[] = [];
  store.subscribe((change: StoreChange) => {
    heard.push(`first ${change.resourceVersion}`);
    if (change.type === 'ADDED' && change.object.metadata.name === 'a') {
      value(store.create(service('b', { clusterIP: 'None', ports: [{ port: 80 }] })));
    }
  });
  store.subscribe((change) => heard.push(`second ${change.resourceVersion}`));
  value(store.create(service('a', { clusterIP: 'None', ports: [{ port: 80 }] })));
  expect(heard).toEqual(['first 2', 'second 2', 'first 3', 'second 3']);
});

test('a restored state goes on where it stopped', () => {
  const { store, parts } = openStore();
  value(store.create(service('a', { clusterIP: 'None', ports: [{ port: 80 }] })));
  const copy = createStore({
    ...parts,
    state: structuredClone(parts.state),
    random: structuredClone(parts.random),
  });
  const [left, right] = [store, copy].map((s) =>
    value(s.create(service('b', { clusterIP: 'None', ports: [{ port: 80 }] }))),
  );
  expect(left).toEqual(right);
});

test('lists are in key order and selected by labels and fields', () => {
  const { store } = openStore();
  for (const name of ['c', 'a', 'b']) {
    const made = pod(name);
    made.metadata.labels = { app: name === 'c' ? 'other' : 'web' };
    value(store.create(made));
  }
  const names = (options: Parameters<typeof store.list>[1]) =>
    store.list('Pod', options).map(({ metadata }) => metadata.name);
  expect(names({})).toEqual(['a', 'b', 'c']);
  expect(names({ labelSelector: 'app in (web)' })).toEqual(['a', 'b']);
  expect(names({ fieldSelector: 'metadata.name!=b,status.phase=Pending' })).toEqual(['a', 'c']);
});
