import { expect, test } from 'vitest';
import type { Service } from '../../api/core/service.ts';
import { parseTimestamp, SECOND } from '../../base/clock.ts';
import { startCluster } from '../../bootstrap.ts';
import type { Cluster } from '../../cluster.ts';
import { DEFAULT_CLUSTER, type LoadBalancerName } from '../../cluster-options.ts';
import { setLinkState } from '../../linux/links.ts';
import { sendRequest } from '../../scenario/send-request.ts';
import { aPod } from '../../testing/objects.ts';
import { accept } from '../../testing/run-controllers.ts';

const START = parseTimestamp('2026-01-05T09:00:00Z') ?? 0;
const VIP = '198.51.100.10';
const CLIENT = '203.0.113.99';
const BALANCER = '192.168.10.5';

function aCluster(
  loadBalancer: LoadBalancerName,
  spec: Partial<Service['spec']> = {},
  nodes: readonly string[] = ['node-a', 'node-b'],
): Cluster {
  const cluster = startCluster({ ...DEFAULT_CLUSTER, loadBalancer }, 'cloud', START);
  for (const nodeName of nodes) {
    const pod = aPod(`web-${nodeName}`, {
      nodeName,
      containers: [{ name: 'web', image: 'nginx', ports: [{ containerPort: 80 }] }],
    });
    const labels = { app: 'web' };
    accept(cluster.store.create({ ...pod, metadata: { ...pod.metadata, labels } }));
  }
  accept(
    cluster.store.create<Service>({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'default' },
      spec: { type: 'LoadBalancer', selector: { app: 'web' }, ports: [{ port: 80 }], ...spec },
    }),
  );
  cluster.settle();
  // Time for the first round of health checks.
  cluster.advance(15 * SECOND);
  return cluster;
}

function ask(cluster: Cluster, from = 'internet-client', port = 80) {
  const { outcome, trace } = sendRequest({ cluster }, from, `http://${VIP}:${port}/`);
  const steps = cluster.trace(trace)?.steps ?? [];
  const delivered = steps.find(
    ({ kind, place }) => kind === 'delivered' && place.netns?.startsWith('default/web') === true,
  );
  return {
    outcome,
    pod: delivered?.place.netns,
    source: delivered?.flow.source.address,
    machines: [...new Set(steps.map(({ place }) => place.machine))],
  };
}

const ingress = (cluster: Cluster) =>
  cluster.store.get<Service>('Service', 'default', 'web')?.status?.loadBalancer?.ingress;

test.each([
  ['cloud', 'Proxy'],
  ['cloud-vip', 'VIP'],
] as const)('%s: a Service gets a public address that everybody reaches', (name, ipMode) => {
  const cluster = aCluster(name);
  expect(ingress(cluster)).toEqual([{ ip: VIP, ipMode }]);
  for (const from of ['internet-client', 'workstation', 'node-a', 'default/web-node-b']) {
    expect(ask(cluster, from).outcome).toEqual({ status: 200 });
  }
});

test('through node ports the server sees the balancer, whatever the policy', () => {
  const { source } = ask(aCluster('cloud', { externalTrafficPolicy: 'Local' }));
  expect(source).toBe(BALANCER);
});

test('with the destination kept and a local policy the server sees the client, and the answer goes by itself', () => {
  const cluster = aCluster('cloud-vip', { externalTrafficPolicy: 'Local' });
  const { outcome, source } = ask(cluster);
  expect({ outcome, source }).toEqual({ outcome: { status: 200 }, source: CLIENT });
  const sent = Object.values(cluster.network.namespaces['load-balancer']?.conntrack.entries ?? {});
  expect(
    sent.filter(({ isReplied, original }) => isReplied && original.destination.address === VIP),
  ).toEqual([]);
});

test.each(['cloud', 'cloud-vip'] as const)(
  '%s: with a local policy only the node with an endpoint gets connections',
  (name) => {
    const cluster = aCluster(name, { externalTrafficPolicy: 'Local' }, ['node-b']);
    for (let i = 0; i < 6; i++) {
      expect(ask(cluster)).toMatchObject({ outcome: { status: 200 }, pod: 'default/web-node-b' });
    }
    expect(ask(cluster).machines).not.toContain('node-a');
  },
);

test.each(['cloud', 'cloud-vip'] as const)(
  '%s: a node that is cut off gets no more connections',
  (name) => {
    const cluster = aCluster(name, { externalTrafficPolicy: 'Local' });
    setLinkState(cluster.network, 'node-a', 'eth0', 'down');
    cluster.advance(20 * SECOND);
    for (let i = 0; i < 4; i++) {
      expect(ask(cluster)).toMatchObject({ outcome: { status: 200 }, pod: 'default/web-node-b' });
    }
  },
);

test('source ranges are closed for everybody else', () => {
  const cluster = aCluster('cloud', { loadBalancerSourceRanges: ['203.0.113.0/24'] });
  expect(ask(cluster).outcome).toEqual({ status: 200 });
  expect(ask(cluster, 'workstation').outcome).toEqual({ failure: 'timeout' });
});

test('a port that the Service does not have is refused, and so is all when every node is ill', () => {
  const cluster = aCluster('cloud', { externalTrafficPolicy: 'Local' });
  expect(ask(cluster, 'internet-client', 81).outcome).toEqual({ failure: 'refused' });
  for (const node of ['node-a', 'node-b']) {
    cluster.store.delete('Pod', 'default', `web-${node}`, { gracePeriodSeconds: 0 });
  }
  cluster.settle();
  cluster.advance(15 * SECOND);
  expect(ask(cluster).outcome).toEqual({ failure: 'refused' });
});

test('a Service that is none any more gives its address back', () => {
  const cluster = aCluster('cloud');
  cluster.store.delete('Service', 'default', 'web');
  cluster.settle();
  const namespace = cluster.network.namespaces['load-balancer'];
  expect(namespace?.links['lo']?.addresses.map(({ address }) => address)).not.toContain(VIP);
  const chains = Object.keys(namespace?.ruleset.tables.nat?.chains ?? {});
  expect(chains.filter((chain) => chain.startsWith('LB-'))).toEqual(['LB-SERVICES']);
});

test.each(['cloud', 'cloud-vip'] as const)(
  '%s: whatever the Service has behind it, a node is asked for the health of its kube-proxy',
  (name) => {
    const cluster = aCluster(name, {}, ['node-b']);
    const nodesUsed = () =>
      new Set(
        Array.from({ length: 8 }, () => ask(cluster).machines)
          .flat()
          .filter(isNode),
      );
    cluster.setAgent('kube-proxy', 'node-b', 'stopped');
    cluster.advance(20 * SECOND);
    for (let i = 0; i < 6; i++) expect(firstNode(ask(cluster).machines)).toBe('node-a');
    cluster.setAgent('kube-proxy', 'node-a', 'stopped');
    cluster.setAgent('kube-proxy', 'node-b', 'running');
    cluster.advance(20 * SECOND);
    expect([...nodesUsed()]).toEqual(['node-b']);
  },
);

const isNode = (machine: string) => machine.startsWith('node-');
const firstNode = (machines: readonly string[]) => machines.find(isNode);
