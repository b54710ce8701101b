import { expect, test } from 'vitest';
import type { Event } from '../../api/core/event.ts';
import type { Pod } from '../../api/core/pod.ts';
import type { Service } from '../../api/core/service.ts';
import { parseTimestamp, SECOND } from '../../base/clock.ts';
import { startCluster } from '../../bootstrap.ts';
import { completeClusterOptions, type ClusterOptions } from '../../cluster-options.ts';
import type { Cluster } from '../../cluster.ts';
import { sendRequest } from '../../scenario/send-request.ts';
import { findOptionProblems } from '../../validate-cluster-options.ts';
import { aPod, aService } from '../objects.ts';

const START = parseTimestamp('2026-01-05T09:00:00Z') ?? 0;
const THREE = ['node-a', 'node-b', 'node-c'].map((name, i) => ({
  name,
  address: `192.168.10.${11 + i}`,
}));

/** Options that nobody refuses; a client on the last node and a server on the first. */
function aCluster(options: Partial<ClusterOptions>): Cluster {
  expect(findOptionProblems(options)).toEqual([]);
  const cluster = startCluster(completeClusterOptions(options), 'overlap', START);
  const containers = [{ name: 'main', image: 'nginx', ports: [{ containerPort: 80 }] }];
  for (const [name, node] of [
    ['client', cluster.options.nodes.at(-1)],
    ['web', cluster.options.nodes[0]],
  ] as const) {
    cluster.store.create(aPod(name, { containers, ...(node && { nodeName: node.name }) }));
  }
  cluster.store.create(aService('web'));
  cluster.settle();
  cluster.advance(30 * SECOND);
  return cluster;
}

/** How a request ends: for the client, for its packets, and why they were dropped. */
function endOf(cluster: Cluster, from: string, to: string): string {
  const { outcome, trace } = sendRequest({ cluster }, from, to);
  const recorded = cluster.trace(trace);
  const reasons = recorded?.steps.flatMap((step) => (step.kind === 'dropped' ? [step.reason] : []));
  const end = outcome.status ?? outcome.failure ?? 'none';
  return [end, recorded?.disposition, ...new Set(reasons)].join(' ');
}

const addressOf = (cluster: Cluster, name: string) =>
  cluster.store.get<Pod>('Pod', 'default', name)?.status?.podIP;

const hasEvent = (cluster: Cluster, reason: string) =>
  cluster.store.list<Event>('Event').some((event) => event.reason === reason);

const serviceOf = (cluster: Cluster) =>
  cluster.store.get<Service>('Service', 'default', 'web')?.spec.clusterIP ?? '';

test.each<[string, Partial<ClusterOptions>]>([
  ['pods have the range of Services', { podCidr: '10.96.0.0/16' }],
  ['there is no pod range', { podCidr: '' }],
])('%s: no node gets a part, and pods wait', (_name, options) => {
  const cluster = aCluster(options);
  expect(hasEvent(cluster, 'CIDRNotAvailable')).toBe(true);
  expect(hasEvent(cluster, 'NetworkNotReady')).toBe(true);
  expect(addressOf(cluster, 'web')).toBeUndefined();
  expect(endOf(cluster, 'node-a', serviceOf(cluster))).toBe('refused refused');
});

test('fewer parts than nodes: pods of the node that comes last wait, the others work', () => {
  const cluster = aCluster({ podCidr: '10.244.0.0/24' });
  expect(hasEvent(cluster, 'CIDRNotAvailable')).toBe(true);
  expect(addressOf(cluster, 'client')).toBeUndefined();
  expect(endOf(cluster, 'node-a', serviceOf(cluster))).toBe('200 delivered');
  expect(endOf(cluster, 'node-b', serviceOf(cluster))).toBe('200 delivered');
});

test('pods around Services: the parts beside the Service range are given, and all works', () => {
  const cluster = aCluster({ podCidr: '10.96.0.0/14', serviceCidr: '10.96.0.0/24' });
  expect(addressOf(cluster, 'web')).toMatch(/^10\.96\.1\./);
  expect(endOf(cluster, 'default/client', serviceOf(cluster))).toBe('200 delivered');
});

test.each(['routed', 'vxlan', 'bgp'] as const)(
  'pods of a node whose part of the range is the segment: no answer finds them (%s)',
  (cni) => {
    const cluster = aCluster({ podCidr: '192.168.8.0/22', nodes: THREE, cni });
    expect(addressOf(cluster, 'client')).toMatch(/^192\.168\.10\./);
    const [client, web] = [addressOf(cluster, 'client'), addressOf(cluster, 'web')];
    expect(endOf(cluster, 'default/client', web ?? '')).toBe('timeout delivered neighbour-failed');
    expect(endOf(cluster, 'node-a', client ?? '')).toBe('unreachable unreachable neighbour-failed');
    expect(endOf(cluster, 'node-a', serviceOf(cluster))).toBe('200 delivered');
  },
);

test('Services on the segment: pods and nodes reach them, a machine beside them asks in vain', () => {
  const cluster = aCluster({ serviceCidr: '192.168.10.128/25' });
  expect(endOf(cluster, 'default/client', serviceOf(cluster))).toBe('200 delivered');
  expect(endOf(cluster, 'workstation', serviceOf(cluster))).toBe(
    'unreachable unreachable neighbour-failed',
  );
});

test('pods in the range of the internet: what is there is not to be reached any more', () => {
  const cluster = aCluster({ podCidr: '203.0.113.0/24', nodes: THREE.slice(0, 1) });
  expect(endOf(cluster, 'default/client', serviceOf(cluster))).toBe('200 delivered');
  expect(endOf(cluster, 'default/client', '203.0.113.80')).toBe(
    'unreachable unreachable neighbour-failed',
  );
});

test('pods in 127.0.0.0/16: what leaves a pod is a martian on its node', () => {
  const cluster = aCluster({ podCidr: '127.0.0.0/16' });
  expect(endOf(cluster, 'default/client', serviceOf(cluster))).toBe(
    'timeout dropped martian-source',
  );
});

test('two nodes with one address: a tunnel ends at the wrong one', () => {
  const nodes = THREE.slice(0, 2).map((node) => ({ ...node, address: '192.168.10.11' }));
  const cluster = aCluster({ nodes, cni: 'vxlan' });
  expect(endOf(cluster, 'default/client', addressOf(cluster, 'web') ?? '')).toBe(
    'timeout dropped not-for-us',
  );
});
