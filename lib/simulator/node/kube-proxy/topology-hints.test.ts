import { expect, test } from 'vitest';
import type { Service } from '../../api/core/service.ts';
import { parseTimestamp, SECOND } from '../../base/clock.ts';
import { startCluster } from '../../bootstrap.ts';
import { completeClusterOptions, DEFAULT_CLUSTER } from '../../cluster-options.ts';
import type { Cluster } from '../../cluster.ts';
import { sendRequest } from '../../scenario/send-request.ts';
import { aPod, aService } from '../../testing/objects.ts';
import { accept } from '../../testing/run-controllers.ts';

const START = parseTimestamp('2026-01-05T09:00:00Z') ?? 0;
const ZONE = 'topology.kubernetes.io/zone';

/** A node a zone, and pods on both behind a Service with the annotation. */
function aCluster(podsOnA: number, podsOnB: number, proxyMode: 'iptables' | 'nftables'): Cluster {
  const nodes = DEFAULT_CLUSTER.nodes.map((node) => ({ ...node, labels: { [ZONE]: node.name } }));
  const cluster = startCluster(completeClusterOptions({ nodes, proxyMode }), 'topology', START);
  const containers = [{ name: 'web', image: 'nginx', ports: [{ containerPort: 80 }] }];
  const count = { 'node-a': podsOnA, 'node-b': podsOnB };
  for (const [nodeName, pods] of Object.entries(count)) {
    for (let i = 0; i < pods; i++) {
      accept(
        cluster.store.create(aPod(`${nodeName}-${i}`, { nodeName, containers }, { app: 'web' })),
      );
    }
  }
  const service = aService('web');
  const annotations = { 'service.kubernetes.io/topology-mode': 'Auto' };
  const metadata = { ...service.metadata, annotations };
  accept(cluster.store.create<Service>({ ...service, metadata }));
  cluster.settle();
  cluster.advance(20 * SECOND);
  return cluster;
}

/** The nodes whose pods answered a node that asked many times. */
function answeringNodes(cluster: Cluster, from: string): string[] {
  const address = cluster.store.get<Service>('Service', 'default', 'web')?.spec.clusterIP ?? '';
  const answers = Array.from({ length: 24 }, () => {
    const { trace } = sendRequest({ cluster }, from, `${address}:80`);
    const steps = cluster.trace(trace)?.steps ?? [];
    const served = steps.find(
      ({ kind, place }) => kind === 'delivered' && place.netns?.includes('/'),
    );
    return served?.place.machine ?? 'nobody';
  });
  return [...new Set(answers)].sort();
}

test.each(['iptables', 'nftables'] as const)(
  'topology-mode Auto keeps connections in their zone where it may (%s)',
  (proxyMode) => {
    const even = aCluster(2, 2, proxyMode);
    expect(answeringNodes(even, 'node-a')).toEqual(['node-a']);
    expect(answeringNodes(even, 'node-b')).toEqual(['node-b']);
    const uneven = aCluster(3, 1, proxyMode);
    expect(answeringNodes(uneven, 'node-a')).toEqual(['node-a']);
    expect(answeringNodes(uneven, 'node-b')).toEqual(['node-a', 'node-b']);
    const odd = aCluster(2, 1, proxyMode);
    expect(answeringNodes(odd, 'node-a')).toEqual(['node-a', 'node-b']);
  },
);
