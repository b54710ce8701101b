import { expect, test } from 'vitest';
import { SECOND } from '../../../base/clock.ts';
import type { Service } from '../../../api/core/service.ts';
import type { EndpointSlice } from '../../../api/discovery/endpoint-slice.ts';
import { listEntries } from '../../../linux/conntrack.ts';
import { printNftScript } from '../../../linux/netfilter/nft/print/print-script.ts';
import { listNftRuleset } from '../../../linux/netfilter/nft/print/list-ruleset.ts';
import { NetfilterNode, NODE, tcp, udp } from '../../../testing/netfilter-node.ts';
import { cleanStaleConnections } from '../clean-stale-connections.ts';
import type { PodDetector, ProxyConfig } from '../proxy-config.ts';
import {
  memoryOf,
  outdatedNames,
  outdatedPlaces,
  outdatedServices,
  type ProxyMemory,
} from '../proxy-memory.ts';
import { viewServices } from '../service-view.ts';
import { buildChanges } from './build-table.ts';
import { syncCommands } from './sync-commands.ts';
import { syncNftables } from './sync-nftables.ts';

const CONFIG: ProxyConfig = {
  family: 'IPv4',
  nodeName: 'node-a',
  nodeAddress: NODE,
  nodeLabels: {},
  localAddresses: ['127.0.0.1', NODE],
  pods: { by: 'source', cidr: '10.244.0.0/16' },
  localhostNodePorts: 'answered',
  nodePortAddresses: [`${NODE}/32`],
  hasRandomFully: true,
  serviceCidrs: ['10.96.0.0/16'],
};
const POD = '10.244.0.9';

const service = (name: string, clusterIP: string, spec: Service['spec'] = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'shop', name, uid: name, resourceVersion: JSON.stringify(spec) },
  spec: { type: 'ClusterIP', clusterIP, ports: [{ protocol: 'TCP', port: 80 }], ...spec },
});

const slice = (
  name: string,
  addresses: readonly string[],
  protocol: 'TCP' | 'UDP' = 'TCP',
): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    namespace: 'shop',
    name,
    uid: name,
    resourceVersion: addresses.join(),
    labels: { 'kubernetes.io/service-name': name },
  },
  addressType: 'IPv4',
  endpoints: addresses.map((address) => ({ addresses: [address], nodeName: 'node-b' })),
  ports: [{ name: '', protocol, port: 8080 }],
});

/** One kube-proxy on one node, told of objects round by round. */
class Round {
  readonly node = new NetfilterNode('');
  readonly memory: ProxyMemory = memoryOf({}, 'IPv4');
  config = CONFIG;

  sync(services: readonly Service[], slices: readonly EndpointSlice[]): 'done' | 'failed' {
    const view = viewServices(services, slices, 'IPv4');
    const { nftables } = this.node.namespace;
    return syncNftables(nftables, view, this.config, this.memory, this.node.now);
  }

  /** The transaction that the next round would be, as text. */
  next(services: readonly Service[], slices: readonly EndpointSlice[]): string[] {
    const view = viewServices(services, slices, 'IPv4');
    const changes = outdatedServices(this.memory, view);
    const oldPlaces = outdatedPlaces(this.memory, changes);
    const desired = buildChanges(view, this.config, { changes, oldPlaces, before: undefined });
    const live = this.node.namespace.nftables.tables['ip kube-proxy'];
    const old = outdatedNames(this.memory, changes);
    const sync = { kind: 'partial', stale: {}, old, now: this.node.now } as const;
    return printNftScript(syncCommands('IPv4', live, desired, sync))
      .trim()
      .split('\n');
  }

  list(): string {
    return listNftRuleset(this.node.namespace.nftables, { now: this.node.now });
  }

  ask(to: string, port = 4000): string {
    const { packet, verdict } = this.node.send(tcp(`${POD}:${port}`, to));
    return verdict.verdict === 'accept' ? packet.destination : verdict.verdict;
  }
}

const WEB = service('web', '10.96.0.7');
const SHOP = service('shop', '10.96.0.8');
const SLICES = [slice('web', ['10.244.1.5']), slice('shop', ['10.244.1.6'])];

test('a round without changes is an empty transaction', () => {
  const round = new Round();
  expect(round.sync([WEB, SHOP], SLICES)).toBe('done');
  const before = round.list();
  expect(round.next([WEB, SHOP], SLICES).filter(Boolean)).toEqual([]);
  expect(round.sync([WEB, SHOP], SLICES)).toBe('done');
  expect(round.list()).toBe(before);
});

test('one endpoint more is written without a word about other Services', () => {
  const round = new Round();
  round.sync([WEB, SHOP], SLICES);
  const more = [slice('web', ['10.244.1.5', '10.244.1.7']), SLICES[1]!];
  const transaction = round.next([WEB, SHOP], more);
  expect(transaction.length).toBeGreaterThan(5);
  expect(transaction.filter((line) => !line.includes('shop/web/tcp/'))).toEqual([]);
  round.sync([WEB, SHOP], more);
  expect(round.list()).toContain('numgen random mod 2 vmap { 0 : goto endpoint-');
});

test('round by round or at once, the table is the same', () => {
  const [stepwise, atOnce] = [new Round(), new Round()];
  stepwise.sync([WEB], SLICES);
  stepwise.sync([WEB, SHOP], []);
  stepwise.sync([WEB, SHOP], SLICES);
  atOnce.sync([WEB, SHOP], SLICES);
  expect(stepwise.list().split('\n').sort()).toEqual(atOnce.list().split('\n').sort());
});

test('chains of a Service that is gone are emptied at once and deleted a second later', () => {
  const round = new Round();
  round.sync([WEB, SHOP], SLICES);
  expect(round.ask('10.96.0.7:80')).toBe('10.244.1.5');
  round.sync([SHOP], SLICES.slice(1));
  expect(round.list()).toMatch(/chain service-\w{8}-shop\/web\/tcp\/ \{\n\t\}/);
  expect(round.ask('10.96.0.7:80', 4001)).toBe('drop');
  round.node.now += 2 * SECOND;
  round.sync([SHOP], SLICES.slice(1));
  expect(round.list()).not.toContain('shop/web');
});

test('a Service that comes back finds its chains again', () => {
  const round = new Round();
  round.sync([WEB, SHOP], SLICES);
  const before = round.list().split('\n').sort();
  round.sync([SHOP], SLICES);
  round.node.now += 2 * SECOND;
  round.sync([WEB, SHOP], SLICES);
  expect(round.list().split('\n').sort()).toEqual(before);
  expect(round.ask('10.96.0.7:80')).toBe('10.244.1.5');
});

test('after somebody flushed the ruleset a round fails, and the next writes everything', () => {
  const round = new Round();
  round.sync([WEB], SLICES);
  const before = round.list();
  const { tables } = round.node.namespace.nftables;
  delete tables['ip kube-proxy'];
  expect(round.sync([WEB, SHOP], SLICES)).toBe('failed');
  expect(Object.keys(tables)).toEqual([]);
  expect(round.sync([WEB], SLICES)).toBe('done');
  expect(round.list().replaceAll(/ # handle \d+/g, '')).toBe(before);
});

test('a client keeps its endpoint until the time is over, also while others come', () => {
  const sticky = service('web', '10.96.0.7', {
    sessionAffinity: 'ClientIP',
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
  });
  const addresses = Array.from({ length: 10 }, (_, index) => `10.244.1.${index + 10}`);
  const round = new Round();
  round.sync([sticky], [slice('web', addresses)]);
  const first = round.ask('10.96.0.7:80');
  const again = () =>
    Array.from({ length: 20 }, (_, i) =>
      round.ask('10.96.0.7:80', 5000 + i + round.node.now / SECOND),
    );
  expect(new Set(again())).toEqual(new Set([first]));
  round.sync([sticky], [slice('web', [...addresses, '10.244.1.30'])]);
  expect(new Set(again())).toEqual(new Set([first]));
  const later = new Set<string>();
  for (let i = 0; i < 20; i++) {
    round.node.now += 61 * SECOND;
    later.add(round.ask('10.96.0.7:80', 7000 + i));
  }
  expect(later.size).toBeGreaterThan(3);
});

test('another time-out, and none at all', () => {
  const sticky = (timeoutSeconds: number) =>
    service('web', '10.96.0.7', {
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds } },
    });
  const round = new Round();
  round.sync([sticky(60)], SLICES);
  expect(round.list()).toContain('timeout 1m');
  expect(round.sync([sticky(120)], SLICES)).toBe('done');
  expect(round.list()).toContain('timeout 2m');
  expect(round.sync([WEB], SLICES)).toBe('done');
  expect(round.list()).not.toContain('affinity-');
});

test('a UDP client that keeps sending is translated anew when its endpoint is gone', () => {
  const dns = service('web', '10.96.0.7', { ports: [{ protocol: 'UDP', port: 53 }] });
  const round = new Round();
  const ask = () => round.node.send(udp(`${POD}:4000`, '10.96.0.7:53')).packet.destination;
  round.sync([dns], [slice('web', ['10.244.1.5'], 'UDP')]);
  expect(ask()).toBe('10.244.1.5');
  const second = [slice('web', ['10.244.1.6'], 'UDP')];
  round.sync([dns], second);
  expect(ask()).toBe('10.244.1.5');
  const { conntrack } = round.node.namespace;
  cleanStaleConnections(conntrack, viewServices([dns], second, 'IPv4'), {
    localAddresses: [NODE],
    now: round.node.now,
  });
  expect(listEntries(conntrack, round.node.now)).toEqual([]);
  expect(ask()).toBe('10.244.1.6');
});

test.each<[string, PodDetector | undefined, RegExp]>([
  ['by source', { by: 'source', cidr: '10.244.0.0/16' }, /ip saddr != 10\.244\.0\.0\/16 jump mark/],
  ['by bridge', { by: 'bridge', name: 'cni0' }, /iifname != "cni0" jump mark/],
  ['by prefix', { by: 'interface-prefix', prefix: 'cali' }, /iifname != "cali\*" jump mark/],
  ['not at all', undefined, /numgen random mod 1/],
])('pods are told %s', (_name, pods, rule) => {
  const round = new Round();
  const { pods: _known, ...rest } = CONFIG;
  round.config = { ...rest, ...(pods && { pods }) };
  round.sync([WEB], SLICES);
  const chain = /chain service-\w{8}-.*?\n\t\}/s.exec(round.list())?.[0] ?? '';
  expect(chain).toMatch(rule);
  expect(chain.includes('mark-for-masquerade')).toBe(pods !== undefined);
});

test('node ports on every address need no set of addresses', () => {
  const round = new Round();
  const nodePort = service('web', '10.96.0.7', {
    type: 'NodePort',
    ports: [{ protocol: 'TCP', port: 80, nodePort: 30_080 }],
  });
  round.sync([nodePort], SLICES);
  expect(round.list()).toContain('set nodeport-ips');
  round.config = { ...CONFIG, nodePortAddresses: ['0.0.0.0/0'] };
  expect(round.sync([nodePort], SLICES)).toBe('done');
  expect(round.list()).not.toContain('nodeport-ips');
  expect(round.ask(`${NODE}:30080`)).toBe('10.244.1.5');
  round.config = CONFIG;
  expect(round.sync([nodePort], SLICES)).toBe('done');
  expect(round.ask(`${NODE}:30080`, 4001)).toBe('10.244.1.5');
});

test('whoever is not in the ranges of a balancer is dropped, before any translation', () => {
  const guarded: Service = {
    ...service('web', '10.96.0.7', {
      type: 'LoadBalancer',
      loadBalancerSourceRanges: ['10.244.0.0/24'],
    }),
    status: { loadBalancer: { ingress: [{ ip: '203.0.113.9' }] } },
  };
  const round = new Round();
  round.sync([guarded], SLICES);
  expect(round.ask('203.0.113.9:80')).toBe('10.244.1.5');
  const stranger = round.node.send(tcp('198.51.100.7:4000', '203.0.113.9:80'));
  expect(stranger.verdict).toEqual({ verdict: 'drop' });
});
