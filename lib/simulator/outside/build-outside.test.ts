import { expect, test } from 'vitest';
import type { Pod } from '../api/core/pod.ts';
import { parseTimestamp } from '../base/clock.ts';
import { startCluster } from '../bootstrap.ts';
import type { Cluster } from '../cluster.ts';
import { DEFAULT_CLUSTER, type CniName } from '../cluster-options.ts';
import { sendRequest } from '../scenario/send-request.ts';
import { aPod } from '../testing/objects.ts';
import { accept } from '../testing/run-controllers.ts';

const START = parseTimestamp('2026-01-05T09:00:00Z') ?? 0;

function aCluster(cni: CniName = 'routed'): Cluster {
  const cluster = startCluster({ ...DEFAULT_CLUSTER, cni }, 'outside', START);
  const containers = [
    { name: 'web', image: 'nginx', ports: [{ containerPort: 80, hostPort: 80 }] },
  ];
  accept(cluster.store.create(aPod('web', { nodeName: 'node-b', containers })));
  accept(
    cluster.store.create(
      aPod('host', {
        nodeName: 'node-a',
        hostNetwork: true,
        containers: [{ name: 'host', image: 'nginx' }],
      }),
    ),
  );
  cluster.settle();
  return cluster;
}

/** Where the request came from, as the last machine saw it. */
function ask(cluster: Cluster, from: string, url: string) {
  const { outcome, trace } = sendRequest({ cluster }, from, url);
  const steps = cluster.trace(trace)?.steps ?? [];
  const delivered = steps.filter(
    ({ kind, flow }) => kind === 'delivered' && flow.destination.port === 80,
  );
  return { outcome, source: delivered[0]?.flow.source.address };
}

const OK = { status: 200 };

test.each([
  ['a pod, routed', 'routed', 'default/web', 'http://203.0.113.80/', '203.0.113.1'],
  ['a pod, VXLAN', 'vxlan', 'default/web', 'http://203.0.113.80/', '203.0.113.1'],
  ['a pod, Calico-like', 'bgp', 'default/web', 'http://203.0.113.80/', '203.0.113.1'],
  ['a pod by name', 'routed', 'default/web', 'http://example.com/', '203.0.113.1'],
  ['a pod on the host', 'routed', 'default/host', 'http://example.com/', '203.0.113.1'],
  ['a node', 'routed', 'node-a', 'http://example.com/', '203.0.113.1'],
  ['a pod, to the premises', 'routed', 'default/web', 'http://172.20.0.10/', '192.168.10.12'],
  [
    'the workstation, by a private name',
    'routed',
    'workstation',
    'http://billing.corp.internal/',
    '192.168.10.100',
  ],
] as const)('%s: an answer, and the address that the server sees', (_, cni, from, url, source) => {
  expect(ask(aCluster(cni), from, url)).toEqual({ outcome: OK, source });
});

test('a pod on the host network is reached at the node, and a host port from the premises', () => {
  const cluster = aCluster();
  expect(cluster.store.get<Pod>('Pod', 'default', 'host')?.status?.podIP).toBe('192.168.10.11');
  expect(ask(cluster, 'default/web', 'http://192.168.10.11/')).toEqual({
    outcome: OK,
    source: '192.168.10.12',
  });
});

test('nobody on the internet reaches a private address, and nobody is where nobody is', () => {
  const cluster = aCluster();
  expect(ask(cluster, 'internet-client', 'http://192.168.10.12/').outcome.failure).toBeDefined();
  expect(ask(cluster, 'default/web', 'http://203.0.113.200/').outcome.failure).toBeDefined();
});

test('without an outside the router forwards nothing', () => {
  const cluster = startCluster({ ...DEFAULT_CLUSTER, outside: 'none' }, 'outside', START);
  expect(Object.keys(cluster.network.machines)).not.toContain('internet');
  expect(ask(cluster, 'node-a', 'http://203.0.113.80/').outcome).toEqual({ failure: 'timeout' });
});
