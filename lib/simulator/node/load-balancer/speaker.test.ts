import { expect, test } from 'vitest';
import type { Service } from '../../api/core/service.ts';
import { MINUTE, parseTimestamp, SECOND } from '../../base/clock.ts';
import { startCluster } from '../../bootstrap.ts';
import type { Cluster } from '../../cluster.ts';
import { DEFAULT_CLUSTER } from '../../cluster-options.ts';
import { setLinkState } from '../../linux/links.ts';
import { sendRequest } from '../../scenario/send-request.ts';
import { aPod } from '../../testing/objects.ts';
import { accept } from '../../testing/run-controllers.ts';

const START = parseTimestamp('2026-01-05T09:00:00Z') ?? 0;
const VIP = '192.168.10.200';

function aCluster(policy: 'Cluster' | 'Local' = 'Cluster'): Cluster {
  const cluster = startCluster({ ...DEFAULT_CLUSTER, loadBalancer: 'layer2' }, 'speaker', START);
  for (const [name, nodeName] of [
    ['web-a', 'node-a'],
    ['web-b', 'node-b'],
  ] as const) {
    const pod = aPod(name, {
      nodeName,
      containers: [{ name: 'web', image: 'nginx', ports: [{ containerPort: 80 }] }],
    });
    accept(cluster.store.create({ ...pod, metadata: { ...pod.metadata, labels: { app: 'web' } } }));
  }
  accept(
    cluster.store.create<Service>({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        type: 'LoadBalancer',
        externalTrafficPolicy: policy,
        selector: { app: 'web' },
        ports: [{ port: 80 }],
      },
    }),
  );
  cluster.settle();
  return cluster;
}

/** The nodes that say they announce the address. */
const announcers = (cluster: Cluster) =>
  DEFAULT_CLUSTER.nodes
    .map(({ name }) => name)
    .filter((node) => {
      const memory = cluster.state.agentMemory[`agent/speaker/${node}`];
      return (memory?.['announced'] as string[] | undefined)?.includes(VIP);
    });

const ask = (cluster: Cluster) => sendRequest({ cluster }, 'workstation', `http://${VIP}/`);

test('a Service gets an address of the pool, and one node answers for it without having it', () => {
  const cluster = aCluster();
  const service = cluster.store.get<Service>('Service', 'default', 'web');
  expect(service?.status?.loadBalancer?.ingress).toEqual([{ ip: VIP, ipMode: 'VIP' }]);
  const [owner, ...others] = announcers(cluster);
  expect(others).toEqual([]);
  expect(ask(cluster).outcome).toEqual({ status: 200 });
  const links = Object.values(cluster.network.namespaces[owner ?? '']?.links ?? {});
  expect(links.flatMap(({ addresses }) => addresses).map(({ address }) => address)).not.toContain(
    VIP,
  );
  const neighbour = cluster.network.namespaces['workstation']?.neighbours.find(
    ({ address }) => address === VIP,
  );
  expect(neighbour?.mac).toBe(links.find(({ name }) => name === 'eth0')?.mac);
});

test('with externalTrafficPolicy Local the client keeps its address', () => {
  const cluster = aCluster('Local');
  const { outcome, trace } = ask(cluster);
  expect(outcome).toEqual({ status: 200 });
  const delivered = cluster.trace(trace)?.steps.find(({ kind }) => kind === 'delivered');
  expect(delivered?.flow.source.address).toBe('192.168.10.100');
});

test.each([
  [
    'is cut off',
    (cluster: Cluster, node: string) => setLinkState(cluster.network, node, 'eth0', 'down'),
  ],
  [
    'loses its speaker',
    (cluster: Cluster, node: string) => cluster.setAgent('speaker', node, 'stopped'),
  ],
])('another node takes over when the one that answers %s', (_, fail) => {
  const cluster = aCluster('Local');
  expect(ask(cluster).outcome).toEqual({ status: 200 });
  const [owner = ''] = announcers(cluster);
  fail(cluster, owner);
  cluster.advance(10 * SECOND);
  const successor = DEFAULT_CLUSTER.nodes.map(({ name }) => name).find((name) => name !== owner);
  expect(announcers(cluster)).toContain(successor);
  expect(ask(cluster).outcome).toEqual({ status: 200 });
  const neighbour = cluster.network.namespaces['workstation']?.neighbours.find(
    ({ address }) => address === VIP,
  );
  expect(neighbour?.mac).toBe(cluster.network.namespaces[successor ?? '']?.links['eth0']?.mac);
});

test('nobody answers for a Service without endpoints, and the address is free when it is gone', () => {
  const cluster = aCluster();
  for (const name of ['web-a', 'web-b']) {
    cluster.store.delete('Pod', 'default', name, { gracePeriodSeconds: 0 });
  }
  cluster.settle();
  expect(announcers(cluster)).toEqual([]);
  cluster.advance(MINUTE);
  expect(ask(cluster).outcome.failure).toBeDefined();
});
