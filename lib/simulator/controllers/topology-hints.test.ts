import { expect, test } from 'vitest';
import type { Node } from '../api/core/node.ts';
import type { Service } from '../api/core/service.ts';
import type { EndpointSlice } from '../api/discovery/endpoint-slice.ts';
import { aNamespace, aNode, aPod, aService } from '../testing/objects.ts';
import { accept, runControllers, type ControllerBench } from '../testing/run-controllers.ts';
import { CONTROLLERS } from './list.ts';
import { allocateEndpoints, planExchange } from './zone-allocation.ts';
import { isOverloaded, zoneSharesOf } from './zone-shares.ts';

const AUTO = { 'service.kubernetes.io/topology-mode': 'Auto' };

function nodeIn(name: string, zone: string | undefined, cpu = '4', more: object = {}): Node {
  const node = aNode(name);
  const labels = {
    ...node.metadata.labels,
    ...(zone !== undefined && { 'topology.kubernetes.io/zone': zone }),
    ...more,
  };
  return { ...node, metadata: { name, labels }, status: { ...node.status, allocatable: { cpu } } };
}

/** Nodes a, b, ... in zones of the same names, and a Service with so many ready pods on each. */
function bench(
  pods: Readonly<Record<string, number>>,
  nodes = [nodeIn('a', 'a'), nodeIn('b', 'b')],
) {
  const on = runControllers(CONTROLLERS);
  on.add(aNamespace('default'));
  for (const node of nodes) on.add(node);
  const service = aService('web');
  on.add({ ...service, metadata: { ...service.metadata, annotations: AUTO } });
  for (const [nodeName, count] of Object.entries(pods)) {
    for (let i = 0; i < count; i++) on.add(podOn(nodeName, i));
  }
  on.playKubelets();
  return on;
}

const podOn = (nodeName: string, i: number) =>
  aPod(`${nodeName}${i}`, { nodeName }, { app: 'web' });

const endpointsOf = ({ store }: ControllerBench) =>
  store.list<EndpointSlice>('EndpointSlice').flatMap(({ endpoints }) => endpoints);

/** `a>b`: an endpoint of zone a that zone b is to use. */
const hintsOf = (on: ControllerBench) =>
  endpointsOf(on).map(({ zone, hints }) => `${zone}>${hints?.forZones?.[0]?.name ?? ''}`);

const serviceOf = ({ store }: ControllerBench) => {
  const service = store.get<Service>('Service', 'default', 'web');
  if (!service) throw new Error('no service');
  return service;
};

const toldOf = (on: ControllerBench) =>
  on.events('Service').filter((event) => event.startsWith('Topology'));
const ENABLED =
  'TopologyAwareHintsEnabled: Topology Aware Hints has been enabled, addressType: IPv4';

test.each([
  ['as many in each zone', { a: 2, b: 2 }, ['a>a', 'a>a', 'b>b', 'b>b']],
  ['a zone with too many gives one away', { a: 3, b: 1 }, ['a>b', 'a>a', 'a>a', 'b>b']],
  ['a zone without any gets its share', { a: 4 }, ['a>b', 'a>b', 'a>a', 'a>a']],
])('endpoints are shared out by CPU: %s', (_name, pods, hints) => {
  const on = bench(pods);
  expect(hintsOf(on)).toEqual(hints);
  expect(toldOf(on).at(-1)).toBe(ENABLED);
});

test('a zone with three times the CPU gets three times the endpoints', () => {
  const on = bench({ a: 2, b: 2 }, [nodeIn('a', 'a', '6'), nodeIn('b', 'b', '2000m')]);
  expect(hintsOf(on)).toEqual(['a>a', 'a>a', 'b>a', 'b>b']);
});

const LITTLE =
  'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes';

test.each<[string, Record<string, number>, Node[] | undefined, string]>([
  ['one endpoint', { a: 1 }, undefined, 'Insufficient number of endpoints (1 endpoints, 2 zones)'],
  [
    'three of equal zones',
    { a: 2, b: 1 },
    undefined,
    'Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (3 endpoints, 2 zones)',
  ],
  ['a node without zone', { a: 2, b: 2 }, [nodeIn('a', 'a'), nodeIn('b', undefined)], LITTLE],
  ['a node without CPU', { a: 2, b: 2 }, [nodeIn('a', 'a'), nodeIn('b', 'b', '0')], LITTLE],
  ['one zone', { a: 2, b: 2 }, [nodeIn('a', 'a'), nodeIn('b', 'a')], LITTLE],
])('there are no hints, and the Service is told why: %s', (_name, pods, nodes, why) => {
  const on = bench(pods, nodes);
  expect(endpointsOf(on).filter(({ hints }) => hints !== undefined)).toEqual([]);
  expect(toldOf(on)).toContain(`TopologyAwareHintsDisabled: ${why}, addressType: IPv4`);
  expect(toldOf(on).join()).not.toContain('Enabled');
});

test('a control plane node is not counted', () => {
  const master = nodeIn('cp', undefined, '4', { 'node-role.kubernetes.io/control-plane': '' });
  const on = bench({ a: 1, b: 1 }, [nodeIn('a', 'a'), nodeIn('b', 'b'), master]);
  expect(hintsOf(on)).toEqual(['a>a', 'b>b']);
});

test('hints that are good enough stay when the Service is looked at again', () => {
  const on = bench({ a: 3, b: 1 });
  const before = on.store.list<EndpointSlice>('EndpointSlice')[0]?.metadata.resourceVersion;
  const service = serviceOf(on);
  const annotations = { ...AUTO, note: 'touched' };
  accept(on.store.update({ ...service, metadata: { ...service.metadata, annotations } }));
  on.settle();
  expect(on.store.list<EndpointSlice>('EndpointSlice')[0]?.metadata.resourceVersion).toBe(before);
  expect(toldOf(on).filter((event) => event === ENABLED)).toHaveLength(1);
});

test('without the annotation the hints go, which is told once', () => {
  const on = bench({ a: 2, b: 2 });
  const service = serviceOf(on);
  accept(on.store.update({ ...service, metadata: { ...service.metadata, annotations: {} } }));
  on.settle();
  expect(hintsOf(on)).toEqual(['a>', 'a>', 'b>', 'b>']);
  expect(toldOf(on).at(-1)).toBe(
    'TopologyAwareHintsDisabled: Topology Aware Hints has been disabled, addressType: IPv4',
  );
});

test('the annotation goes before trafficDistribution', () => {
  const on = bench({ a: 4 });
  const service = serviceOf(on);
  const spec = { ...service.spec, trafficDistribution: 'PreferSameNode' };
  accept(on.store.update({ ...service, spec }));
  on.settle();
  expect(hintsOf(on)).toEqual(['a>b', 'a>b', 'a>a', 'a>a']);
  expect(endpointsOf(on).every(({ hints }) => hints?.forNodes === undefined)).toBe(true);
});

test('a zone that is left alone has the hints taken away', () => {
  const on = bench({ a: 2, b: 2 });
  const node = on.store.get<Node>('Node', undefined, 'b');
  if (!node) throw new Error('no node');
  const conditions = [{ type: 'Ready', status: 'Unknown' as const }];
  accept(on.store.updateStatus({ ...node, status: { ...node.status, conditions } }));
  on.settle();
  expect(hintsOf(on)).toEqual(['a>', 'a>', 'b>', 'b>']);
  expect(toldOf(on)).toContain(`TopologyAwareHintsDisabled: ${LITTLE}, addressType: IPv4`);
});

test('a zone may have what its minimum and all that is to spare come to', () => {
  const shares = zoneSharesOf([nodeIn('a', 'a', '3'), nodeIn('b', 'b', '1')]);
  expect(shares).toEqual(
    new Map([
      ['a', 0.75],
      ['b', 0.25],
    ]),
  );
  expect(allocateEndpoints(shares, 8)).toEqual(
    new Map([
      ['a', { minimum: 5, maximum: 6, desired: 6 }],
      ['b', { minimum: 2, maximum: 3, desired: 2 }],
    ]),
  );
  expect(
    isOverloaded(
      new Map([
        ['a', 4],
        ['b', 4],
      ]),
      shares,
    ),
  ).toBe(true);
  expect(
    isOverloaded(
      new Map([
        ['a', 5],
        ['b', 3],
      ]),
      shares,
    ),
  ).toBe(false);
});

test('less than half an endpoint is not worth an exchange', () => {
  const allocations = new Map([
    ['a', { minimum: 2, maximum: 3, desired: 2.6 }],
    ['b', { minimum: 2, maximum: 3, desired: 2.4 }],
  ]);
  const none = { giving: new Map(), receiving: new Map() };
  expect(
    planExchange(
      allocations,
      new Map([
        ['a', 3],
        ['b', 2],
      ]),
    ),
  ).toEqual(none);
  expect(
    planExchange(
      allocations,
      new Map([
        ['a', 5],
        ['b', 0],
      ]),
    ),
  ).toEqual({
    giving: new Map([['a', 2]]),
    receiving: new Map([['b', 2]]),
  });
});
