import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Service } from '../../api/core/service.ts';
import type { Endpoint, EndpointSlice } from '../../api/discovery/endpoint-slice.ts';
import { SECOND } from '../../base/clock.ts';
import { printIptablesSave } from '../../linux/netfilter/print/iptables-save.ts';
import { createRuleset } from '../../linux/netfilter/ruleset.ts';
import { createNftRuleset } from '../../linux/netfilter/nft/ruleset.ts';
import { nftWithoutHistory } from '../../testing/nft-without-history.ts';
import { syncNftables } from './nftables/sync-nftables.ts';
import type { ProxyConfig } from './proxy-config.ts';
import { memoryOf } from './proxy-memory.ts';
import { viewServices } from './service-view.ts';
import { syncIptables } from './sync-iptables.ts';
import { viewObjects, type ViewedObjects } from './view-store.ts';

const CONFIG: ProxyConfig = {
  family: 'IPv4',
  nodeName: 'node-0',
  nodeAddress: '192.168.10.11',
  nodeLabels: {},
  localAddresses: ['127.0.0.1', '192.168.10.11'],
  pods: { by: 'source', cidr: '10.244.0.0/16' },
  localhostNodePorts: 'answered',
  nodePortAddresses: ['192.168.10.11/32'],
  hasRandomFully: true,
  serviceCidrs: ['10.96.0.0/16'],
};

const SERVICES = 5;
const at = fc.nat({ max: SERVICES - 1 });
const policy = fc.constantFrom<'Cluster' | 'Local'>('Cluster', 'Local');

/** Two Services may ask for the same external address and port. */
const anySpec = fc.record({
  ports: fc.constantFrom(
    [{ protocol: 'TCP' as const, port: 80 }],
    [
      { name: 'web', protocol: 'TCP' as const, port: 80 },
      { name: 'dns', protocol: 'UDP' as const, port: 53 },
    ],
  ),
  type: fc.constantFrom<'ClusterIP' | 'NodePort' | 'LoadBalancer'>(
    'ClusterIP',
    'NodePort',
    'LoadBalancer',
  ),
  externalIPs: fc.constantFrom<string[]>([], ['203.0.113.7'], ['203.0.113.7', '203.0.113.8']),
  loadBalancerSourceRanges: fc.constantFrom<string[]>([], ['192.168.10.0/24'], ['198.51.100.0/24']),
  sessionAffinity: fc.constantFrom<'ClientIP' | 'None'>('ClientIP', 'None'),
  internalTrafficPolicy: policy,
  externalTrafficPolicy: policy,
});

const anyEndpoint = fc.record({
  host: fc.integer({ min: 1, max: 6 }),
  node: fc.constantFrom('node-0', 'node-1'),
  ready: fc.boolean(),
  terminating: fc.boolean(),
  zone: fc.constantFrom(undefined, 'east', 'west'),
});

type Spec = typeof anySpec extends fc.Arbitrary<infer S> ? S : never;
type Drawn = typeof anyEndpoint extends fc.Arbitrary<infer E> ? E : never;

type Change =
  | { readonly change: 'service'; readonly at: number; readonly spec?: Spec | undefined }
  | {
      readonly change: 'slice';
      readonly at: number;
      readonly endpoints?: readonly Drawn[] | undefined;
    }
  | { readonly change: 'zone'; readonly zone: string }
  /** The state is copied, and whatever was remembered beside it is gone. */
  | { readonly change: 'restore' }
  | { readonly change: 'round'; readonly seconds: number };

const anyChange: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ change: fc.constant('service'), at, spec: fc.option(anySpec, { nil: undefined }) }),
  fc.record({
    change: fc.constant('slice'),
    at,
    endpoints: fc.option(
      fc.uniqueArray(anyEndpoint, { maxLength: 4, selector: ({ host }) => host }),
      { nil: undefined },
    ),
  }),
  fc.record({ change: fc.constant('zone'), zone: fc.constantFrom('east', 'west') }),
  fc.constant({ change: 'restore' } as const),
  fc.record({ change: fc.constant('round'), seconds: fc.constantFrom(0, 2) }),
);

const name = (index: number) => `app-${index}`;

const serviceOf = (index: number, spec: Spec, version: number): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {
    namespace: 'shop',
    name: name(index),
    uid: name(index),
    resourceVersion: String(version),
  },
  spec: {
    ...spec,
    clusterIP: `10.96.0.${index + 1}`,
    ports: spec.ports.map((port, place) => ({
      ...port,
      ...(spec.type !== 'ClusterIP' && { nodePort: 30_000 + index * 10 + place }),
    })),
  },
  ...(spec.type === 'LoadBalancer' && {
    status: { loadBalancer: { ingress: [{ ip: '192.0.2.9' }] } },
  }),
});

const endpointOf = (index: number, drawn: Drawn): Endpoint => ({
  addresses: [`10.244.${index}.${drawn.host}`],
  nodeName: drawn.node,
  conditions: { ready: drawn.ready, serving: true, terminating: drawn.terminating },
  ...(drawn.zone !== undefined && { hints: { forZones: [{ name: drawn.zone }] } }),
});

const sliceOf = (index: number, drawn: readonly Drawn[], version: number): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    namespace: 'shop',
    name: `${name(index)}-1`,
    uid: `${name(index)}-1`,
    resourceVersion: String(version),
    labels: { 'kubernetes.io/service-name': name(index) },
  },
  addressType: 'IPv4',
  endpoints: drawn.map((each) => endpointOf(index, each)),
  ports: [
    { name: '', protocol: 'TCP', port: 8080 },
    { name: 'web', protocol: 'TCP', port: 8080 },
    { name: 'dns', protocol: 'UDP', port: 53 },
  ],
});

/** The objects as a store would list them, and a new list only of the kind that changed. */
class World {
  objects: ViewedObjects = { services: [], slices: [] };
  zone = 'east';
  private version = 0;

  apply(change: Change): void {
    this.version += 1;
    const { services, slices } = this.objects;
    if (change.change === 'service') {
      const now = change.spec && serviceOf(change.at, change.spec, this.version);
      this.objects = { slices, services: replaced(services, name(change.at), now) };
    } else if (change.change === 'slice') {
      const now = change.endpoints && sliceOf(change.at, change.endpoints, this.version);
      this.objects = { services, slices: replaced(slices, `${name(change.at)}-1`, now) };
    } else if (change.change === 'zone') this.zone = change.zone;
  }

  get config(): ProxyConfig {
    return { ...CONFIG, nodeLabels: { 'topology.kubernetes.io/zone': this.zone } };
  }
}

function replaced<T extends Service | EndpointSlice>(
  list: readonly T[],
  named: string,
  now: T | undefined,
): readonly T[] {
  const others = list.filter(({ metadata }) => metadata.name !== named);
  return [...others, ...(now ? [now] : [])].sort((a, b) =>
    a.metadata.name < b.metadata.name ? -1 : 1,
  );
}

const MODES = {
  iptables: {
    create: createRuleset,
    sync: syncIptables,
    show: (rules: ReturnType<typeof createRuleset>) => printIptablesSave(rules),
  },
  nftables: {
    create: createNftRuleset,
    sync: syncNftables,
    show: nftWithoutHistory,
  },
} as const;

function inMode<Rules>(mode: {
  create: () => Rules;
  sync: (
    rules: Rules,
    view: ReturnType<typeof viewServices>,
    config: ProxyConfig,
    memory: ReturnType<typeof memoryOf>,
    now: number,
  ) => unknown;
  show: (rules: Rules) => unknown;
}): void {
  fc.assert(
    fc.property(fc.array(anyChange, { minLength: 2, maxLength: 25 }), (changes) => {
      const world = new World();
      let [rules, memory, now] = [mode.create(), memoryOf({}, 'IPv4'), 0];
      let last = viewObjects(world.objects, 'IPv4');
      for (const change of [...changes, { change: 'round', seconds: 0 } as const]) {
        world.apply(change);
        if (change.change === 'restore')
          [rules, memory] = [structuredClone(rules), structuredClone(memory)];
        if (change.change !== 'round') continue;
        now += change.seconds * SECOND;
        last = viewObjects(world.objects, 'IPv4', last);
        mode.sync(rules, last.view, world.config, memory, now);
        const { services, slices } = world.objects;
        const atOnce = viewServices(services, slices, 'IPv4');
        expect([...last.view.byKey.keys()].sort()).toEqual([...atOnce.byKey.keys()]);
        const fresh = mode.create();
        mode.sync(fresh, atOnce, world.config, memoryOf({}, 'IPv4'), now);
        expect(mode.show(rules)).toEqual(mode.show(fresh));
      }
    }),
    { numRuns: 60 },
  );
}

test(
  'iptables: after any changes the rules are those of one full round',
  { timeout: 30_000 },
  () => {
    inMode(MODES.iptables);
  },
);

test('nftables: after any changes the table is that of one full round', { timeout: 30_000 }, () => {
  inMode(MODES.nftables);
});
