import { expect, test } from 'vitest';
import { MINUTE } from '../../base/clock.ts';
import { startCluster } from '../../bootstrap.ts';
import { DEFAULT_CLUSTER, type ClusterOptions } from '../../cluster-options.ts';
import type { Cluster } from '../../cluster.ts';
import { startProcess } from '../../linux/process.ts';
import { aPod, aService } from '../../testing/objects.ts';

const START = 1_767_603_600_000_000;
const PORT = 32_100;

const NODE_A = '192.168.10.11';
const NODE_B = '192.168.10.12';

/** A LoadBalancer Service that keeps packets on the node they come to, with one pod on node-b. */
function clusterWith(options: Partial<ClusterOptions> = {}): Cluster {
  const cluster = startCluster({ ...DEFAULT_CLUSTER, ...options }, 'health', START);
  const service = aService('web', {
    type: 'LoadBalancer',
    externalTrafficPolicy: 'Local',
    healthCheckNodePort: PORT,
  });
  for (const object of [service, aPod('web', { nodeName: 'node-b' })])
    expect(cluster.store.create(object)).toMatchObject({ ok: true });
  cluster.settle();
  cluster.advance(MINUTE);
  return cluster;
}

/** What curl on node-a says of a URL. */
function curl(cluster: Cluster, url: string): string {
  const pid = startProcess(cluster.network, cluster.environment, {
    program: 'curl',
    args: ['-sS', '-m', '2', '-w', ' %{http_code} %{content_type}', url],
    namespace: 'node-a',
    hostname: 'node-a',
    files: {},
    environment: {},
  });
  cluster.runUntil(() => cluster.network.processes[pid]?.exitCode !== undefined, MINUTE);
  return cluster.network.processes[pid]?.output ?? '';
}

const body = (endpoints: number) =>
  [
    '{',
    '\t"service": {',
    '\t\t"namespace": "default",',
    '\t\t"name": "web"',
    '\t},',
    `\t"localEndpoints": ${endpoints},`,
    '\t"serviceProxyHealthy": true',
    '}',
  ].join('\n');

test.each(['iptables', 'nftables'] as const)(
  'in %s mode a balancer hears from each node whether it has endpoints',
  (proxyMode) => {
    const cluster = clusterWith({ proxyMode });
    const urls = [NODE_A, NODE_B].map((node) => `http://${node}:${PORT}/healthz`);
    expect(urls.map((url) => curl(cluster, url))).toEqual([
      `${body(0)} 503 application/json`,
      `${body(1)} 200 application/json`,
    ]);
    cluster.store.delete('Pod', 'default', 'web');
    cluster.advance(MINUTE);
    expect(curl(cluster, urls[1]!)).toBe(`${body(0)} 503 application/json`);
  },
);

test('nobody listens once the Service is gone', () => {
  const cluster = clusterWith();
  cluster.store.delete('Service', 'default', 'web');
  cluster.settle();
  expect(curl(cluster, `http://${NODE_B}:${PORT}/`)).toContain("Couldn't connect");
});

test('a kube-proxy that is stopped answers no balancer, and answers again when it starts', () => {
  const cluster = clusterWith();
  const url = `http://${NODE_B}:${PORT}/healthz`;
  cluster.setAgent('kube-proxy', 'node-b', 'stopped');
  cluster.advance(MINUTE);
  expect(curl(cluster, url)).toContain("Couldn't connect");
  cluster.setAgent('kube-proxy', 'node-b', 'running');
  cluster.advance(MINUTE);
  expect(curl(cluster, url)).toBe(`${body(1)} 200 application/json`);
});

test('the listener keeps to the addresses of --nodeport-addresses', () => {
  const cluster = clusterWith({ kubeProxy: { nodePortAddresses: ['primary'] } });
  expect(curl(cluster, `http://${NODE_A}:${PORT}/`)).toContain('503');
  expect(curl(cluster, `http://127.0.0.1:${PORT}/`)).toContain("Couldn't connect");
});
