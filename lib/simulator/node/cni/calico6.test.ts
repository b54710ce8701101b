import { expect, test } from 'vitest';
import type { Pod } from '../../api/core/pod.ts';
import { parseTimestamp } from '../../base/clock.ts';
import { startCluster } from '../../bootstrap.ts';
import type { Cluster } from '../../cluster.ts';
import { DUAL_STACK_CLUSTER } from '../../cluster-options.ts';
import { printIptablesSave } from '../../linux/netfilter/print/iptables-save.ts';
import { MAIN_TABLE } from '../../linux/policy-rules.ts';
import { formatRoute, routesOfTable } from '../../linux/routes.ts';
import { sendRequest } from '../../scenario/send-request.ts';
import { aPod } from '../../testing/objects.ts';
import { accept } from '../../testing/run-controllers.ts';
import { calicoDevice } from './calico.ts';

const START = parseTimestamp('2026-01-05T09:00:00Z') ?? 0;

function aCluster(): Cluster {
  const cluster = startCluster({ ...DUAL_STACK_CLUSTER, cni: 'bgp' }, 'calico6', START);
  for (const [name, nodeName] of [
    ['web', 'node-a'],
    ['near', 'node-a'],
    ['far', 'node-b'],
  ] as const) {
    const containers = [{ name, image: 'nginx', ports: [{ containerPort: 80 }] }];
    accept(cluster.store.create(aPod(name, { nodeName, containers })));
  }
  cluster.settle();
  return cluster;
}

const address6 = (cluster: Cluster, name: string) =>
  cluster.store
    .get<Pod>('Pod', 'default', name)
    ?.status?.podIPs?.map(({ ip }) => ip)
    .find((ip) => ip.includes(':')) ?? '';

function routesOf(cluster: Cluster, id: string): string[] {
  const namespace = cluster.network.namespaces[id];
  return namespace ? routesOfTable(namespace, 6, MAIN_TABLE).map(formatRoute) : [];
}

const podNamespace = (cluster: Cluster, name: string) =>
  Object.values(cluster.network.namespaces).find(({ label }) => label === `default/${name}`)?.id ??
  '';

/** As whom the server sees the client, from the first packet that it gets. */
function sourceSeen(cluster: Cluster, from: string, to: string): string {
  const { outcome, trace } = sendRequest({ cluster }, from, `http://[${to}]/`);
  expect(outcome).toEqual({ status: 200 });
  const steps = cluster.trace(trace)?.steps ?? [];
  const delivered = steps.find(
    ({ kind, flow }) =>
      kind === 'delivered' && flow.protocol === 'tcp' && flow.destination.port === 80,
  );
  return delivered?.flow.source.address ?? '';
}

test('a pod has a /128, and the link-local address of the node end of its pair for a gateway', () => {
  const cluster = aCluster();
  const web = address6(cluster, 'web');
  expect(routesOf(cluster, podNamespace(cluster, 'web'))).toEqual([
    `${web} dev eth0 proto kernel metric 256 pref medium`,
    'fe80::/64 dev eth0 proto kernel metric 256 pref medium',
    'default via fe80::ecee:eeff:feee:eeee dev eth0 metric 1024 pref medium',
  ]);
});

test('a node has a /128 route for each of its pods, its own block leads nowhere, the others are learned', () => {
  const cluster = aCluster();
  const device = calicoDevice({ namespace: 'default', name: 'web' });
  const routes = routesOf(cluster, 'node-a');
  expect(routes).toContain(`${address6(cluster, 'web')} dev ${device} metric 1024 pref medium`);
  expect(routes).toContain(
    'fd00:10:244:1::/64 via fd00:10::12 dev eth0 proto bird metric 1024 pref medium',
  );
  expect(routes).toContain('blackhole fd00:10:244::/64 dev lo proto bird metric 1024 pref medium');
  const { sysctls } = cluster.network.namespaces['node-a'] ?? {};
  expect(sysctls?.[`ipv6.conf.${device}.proxy_ndp`]).toBe('1');
});

test.each([
  ['a pod beside it', 'default/near', (cluster: Cluster) => address6(cluster, 'near')],
  ['a pod elsewhere', 'default/far', (cluster: Cluster) => address6(cluster, 'far')],
  ['its node', 'node-a', () => 'fd00:10::11'],
  ['another node', 'node-b', () => 'fd00:10::12'],
])('a pod is reached by %s, and sees who it is', (_name, from, expected) => {
  const cluster = aCluster();
  expect(sourceSeen(cluster, from, address6(cluster, 'web'))).toBe(expected(cluster));
});

test('a session that goes down takes the routes of both families along, and brings them back', () => {
  const cluster = aCluster();
  const learned = () =>
    (cluster.network.namespaces['node-a']?.routes ?? [])
      .filter(({ protocol, type }) => protocol === 'bird' && type === undefined)
      .map(({ destination }) => destination);
  expect(learned()).toEqual(['10.244.1.0/24', 'fd00:10:244:1::/64']);
  cluster.setAgent('bird', 'node-b', 'stopped');
  cluster.settle();
  expect(learned()).toEqual([]);
  const sent = sendRequest({ cluster }, 'default/near', `http://[${address6(cluster, 'far')}]/`);
  expect(sent.outcome).not.toHaveProperty('status');
  cluster.setAgent('bird', 'node-b', 'running');
  cluster.settle();
  expect(learned()).toEqual(['10.244.1.0/24', 'fd00:10:244:1::/64']);
});

test('natOutgoing is off for IPv6: the chain is there and empty', () => {
  const cluster = aCluster();
  const namespace = cluster.network.namespaces['node-a'];
  const text = namespace ? printIptablesSave(namespace.ruleset6) : '';
  expect(text).toContain(':cali-nat-outgoing - [0:0]');
  expect(text).toContain('-j cali-nat-outgoing');
  expect(text).not.toContain('-A cali-nat-outgoing');
});
