import { expect, test } from 'vitest';
import type { Pod } from '../api/core/pod.ts';
import type { Service } from '../api/core/service.ts';
import type { EndpointSlice } from '../api/discovery/endpoint-slice.ts';
import { aNamespace, aNode, aPod, aService } from '../testing/objects.ts';
import {
  accept,
  readyPod,
  runControllers,
  type ControllerBench,
} from '../testing/run-controllers.ts';
import { findTargetPort } from './endpoint-slice-content.ts';
import { CONTROLLERS } from './list.ts';

function bench(): ControllerBench {
  const made = runControllers(CONTROLLERS);
  made.add(aNamespace('default'));
  made.add({
    ...aNode('node-a'),
    metadata: { name: 'node-a', labels: { 'topology.kubernetes.io/zone': 'z1' } },
  });
  return made;
}

const slicesOf = ({ store }: ControllerBench) => store.list<EndpointSlice>('EndpointSlice');
const podOf = ({ store }: ControllerBench, name: string) => {
  const found = store.get<Pod>('Pod', 'default', name);
  if (!found) throw new Error(`no pod ${name}`);
  return found;
};

test('a ready pod is an endpoint with its node, zone and target', () => {
  const on = bench();
  on.add(aService('web', { ports: [{ name: 'http', port: 80, targetPort: 8080 }] }));
  on.add(aPod('web'));
  on.playKubelets();
  const [slice, ...others] = slicesOf(on);
  expect(others).toEqual([]);
  expect(slice?.metadata.name).toMatch(/^web-[a-z0-9]{5}$/);
  expect(slice?.metadata.labels).toEqual({
    'kubernetes.io/service-name': 'web',
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
  });
  expect(slice?.metadata.ownerReferences?.[0]).toMatchObject({
    kind: 'Service',
    name: 'web',
    controller: true,
  });
  expect(slice?.ports).toEqual([{ name: 'http', port: 8080, protocol: 'TCP' }]);
  expect(slice?.endpoints).toEqual([
    {
      addresses: ['10.244.0.2'],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: 'node-a',
      targetRef: {
        kind: 'Pod',
        namespace: 'default',
        name: 'web',
        uid: podOf(on, 'web').metadata.uid,
      },
      zone: 'z1',
    },
  ]);
});

test('a selector that matches nothing has one empty slice', () => {
  const on = bench();
  on.add(aService('web', { selector: { app: 'wbe' } }));
  on.add(aPod('web'));
  on.playKubelets();
  expect(slicesOf(on).map(({ endpoints, ports }) => [endpoints, ports ?? []])).toEqual([[[], []]]);
  const before = slicesOf(on)[0]?.metadata.name;
  const service = on.store.get<Service>('Service', 'default', 'web');
  if (!service) throw new Error('no service');
  accept(on.store.update({ ...service, spec: { ...service.spec, selector: { app: 'web' } } }));
  on.settle();
  expect(slicesOf(on).map(({ metadata, endpoints }) => [metadata.name, endpoints.length])).toEqual([
    [before, 1],
  ]);
});

test.each([
  [
    'not ready',
    { publishNotReadyAddresses: false },
    { ready: false, serving: false, terminating: false },
  ],
  [
    'not ready, published',
    { publishNotReadyAddresses: true },
    { ready: true, serving: false, terminating: false },
  ],
] as const)('conditions of a pod: %s', (_, spec, conditions) => {
  const on = bench();
  on.add(aService('web', spec));
  on.add(aPod('web'));
  on.settle();
  const pod = readyPod(podOf(on, 'web'), '10.244.0.9', on.queue.now);
  accept(on.store.updateStatus({ ...pod, status: { ...pod.status, conditions: [] } }));
  on.settle();
  expect(slicesOf(on)[0]?.endpoints[0]?.conditions).toEqual(conditions);
});

test('a pod on its way out is serving and terminating, then gone', () => {
  const on = bench();
  on.add(aService('web'));
  on.add(aPod('web'));
  on.playKubelets();
  accept(on.store.delete('Pod', 'default', 'web'));
  on.settle();
  expect(slicesOf(on)[0]?.endpoints[0]?.conditions).toEqual({
    ready: false,
    serving: true,
    terminating: true,
  });
  on.playKubelets();
  expect(slicesOf(on)[0]?.endpoints).toEqual([]);
});

test('pods that give a named port different numbers are in different slices', () => {
  const on = bench();
  on.add(
    aService('web', { selector: { tier: 'front' }, ports: [{ port: 80, targetPort: 'http' }] }),
  );
  for (const [name, containerPort] of [
    ['one', 8080],
    ['two', 8081],
    ['three', 8080],
  ] as const) {
    const containers = [{ name: 'web', image: 'nginx', ports: [{ name: 'http', containerPort }] }];
    const pod = aPod(name, { containers });
    on.add({ ...pod, metadata: { ...pod.metadata, labels: { tier: 'front' } } });
  }
  on.playKubelets();
  const seen = slicesOf(on).map(({ ports, endpoints }) => [ports?.[0]?.port, endpoints.length]);
  expect(seen.toSorted((a, b) => Number(a[0]) - Number(b[0]))).toEqual([
    [8080, 2],
    [8081, 1],
  ]);
});

test.each([
  ['no selector', {}],
  [
    'ExternalName',
    { type: 'ExternalName', externalName: 'example.org', ports: [], selector: { app: 'web' } },
  ],
] as const)('a service has no slices of ours: %s', (_, spec) => {
  const on = bench();
  const service = aService('web');
  const { selector, ...rest } = service.spec;
  void selector;
  on.add({ ...service, spec: { ...rest, ...spec } });
  on.add(aPod('web'));
  on.playKubelets();
  expect(slicesOf(on)).toEqual([]);
});

test('the slices of a deleted service go', () => {
  const on = bench();
  on.add(aService('web'));
  on.settle();
  expect(slicesOf(on)).toHaveLength(1);
  accept(on.store.delete('Service', 'default', 'web'));
  on.settle();
  expect(slicesOf(on)).toEqual([]);
});

test('a headless service is marked, its pods with a hostname are named', () => {
  const on = bench();
  on.add(aService('db', { clusterIP: 'None' }));
  on.add(aPod('db', { hostname: 'db-0', subdomain: 'db' }));
  on.playKubelets();
  expect(slicesOf(on)[0]?.metadata.labels).toHaveProperty('service.kubernetes.io/headless');
  expect(slicesOf(on)[0]?.endpoints[0]?.hostname).toBe('db-0');
});

test.each([
  ['a number is taken as it is', 8443, 'TCP', 8443],
  ['absent: the service port', undefined, 'TCP', 80],
  ['a name', 'web', 'TCP', 8080],
  ['a name of another protocol', 'web', 'UDP', undefined],
  ['a name nobody has', 'metrics', 'TCP', undefined],
] as const)('target port: %s', (_, targetPort, protocol, expected) => {
  const ports = [{ name: 'web', containerPort: 8080 }];
  const pod = aPod('web', { containers: [{ name: 'web', image: 'nginx', ports }] });
  const port = { port: 80, protocol, ...(targetPort === undefined ? {} : { targetPort }) };
  expect(findTargetPort(pod, port)).toBe(expected);
});

test.each([
  ['PreferClose', { forZones: [{ name: 'z1' }] }],
  ['PreferSameZone', { forZones: [{ name: 'z1' }] }],
  ['PreferSameNode', { forNodes: [{ name: 'node-a' }], forZones: [{ name: 'z1' }] }],
])('trafficDistribution %s gives ready endpoints hints, which go with it', (wish, hints) => {
  const on = bench();
  on.add(aService('web', { trafficDistribution: wish }));
  on.add(aPod('web'));
  on.playKubelets();
  expect(slicesOf(on)[0]?.endpoints[0]?.hints).toEqual(hints);
  const service = on.store.get<Service>('Service', 'default', 'web');
  if (!service) throw new Error('no service');
  const { trafficDistribution, ...spec } = service.spec;
  void trafficDistribution;
  accept(on.store.update({ ...service, spec }));
  on.settle();
  expect(slicesOf(on)[0]?.endpoints[0]).not.toHaveProperty('hints');
});

test('an endpoint that is not ready has no hints', () => {
  const on = bench();
  on.add(aService('web', { trafficDistribution: 'PreferClose' }));
  on.add(aPod('web'));
  on.playKubelets();
  accept(on.store.delete('Pod', 'default', 'web'));
  on.settle();
  expect(slicesOf(on)[0]?.endpoints[0]).toMatchObject({ conditions: { ready: false } });
  expect(slicesOf(on)[0]?.endpoints[0]).not.toHaveProperty('hints');
});
