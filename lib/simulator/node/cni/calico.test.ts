import { expect, test } from 'vitest';
import type { Pod } from '../../api/core/pod.ts';
import { parseTimestamp } from '../../base/clock.ts';
import { startCluster } from '../../bootstrap.ts';
import type { Cluster } from '../../cluster.ts';
import { DEFAULT_CLUSTER } from '../../cluster-options.ts';
import { MAIN_TABLE } from '../../linux/policy-rules.ts';
import { formatRoute, routesOfTable } from '../../linux/routes.ts';
import { sendRequest } from '../../scenario/send-request.ts';
import { aPod } from '../../testing/objects.ts';
import { accept } from '../../testing/run-controllers.ts';
import { calicoDevice } from './calico.ts';
import { felixHashes } from './calico-masquerade.ts';

const START = parseTimestamp('2026-01-05T09:00:00Z') ?? 0;

function aCluster(): Cluster {
  const cluster = startCluster({ ...DEFAULT_CLUSTER, cni: 'bgp' }, 'calico', START);
  for (const [name, nodeName] of [
    ['web', 'node-a'],
    ['near', 'node-a'],
    ['far', 'node-b'],
  ] as const) {
    const ports = name === 'web' ? [{ containerPort: 80, hostPort: 8080 }] : [];
    accept(
      cluster.store.create(aPod(name, { nodeName, containers: [{ name, image: 'nginx', ports }] })),
    );
  }
  cluster.settle();
  return cluster;
}

const addressOf = (cluster: Cluster, name: string) =>
  cluster.store.get<Pod>('Pod', 'default', name)?.status?.podIP ?? '';

function routesOf(cluster: Cluster, id: string): string[] {
  const namespace = cluster.network.namespaces[id];
  return namespace ? routesOfTable(namespace, 4, MAIN_TABLE).map(formatRoute) : [];
}

const podNamespace = (cluster: Cluster, name: string) =>
  Object.values(cluster.network.namespaces).find(({ label }) => label === `default/${name}`)?.id ??
  '';

test('the hashes in the comments are the ones that every Calico node shows', () => {
  expect(felixHashes('cali-OUTPUT', ['--jump cali-fip-dnat'])).toEqual(['GBTAv2p5CwevEyJm']);
  expect(
    felixHashes('cali-POSTROUTING', ['--jump cali-fip-snat', '--jump cali-nat-outgoing']),
  ).toEqual(['Z-c7XtVd2Bq7s_hA', 'nYKhEzDlr11Jccal']);
  expect(felixHashes('PREROUTING', ['--jump cali-PREROUTING'])).toEqual(['6gwbT8clXdHdC1b1']);
});

test('a /32 for each pod, no bridge, and routes learned from the peer', () => {
  const cluster = aCluster();
  const web = addressOf(cluster, 'web');
  const routes = routesOf(cluster, 'node-a');
  expect(routes).toContain(
    `${web} dev ${calicoDevice({ namespace: 'default', name: 'web' })} scope link`,
  );
  expect(routes).toContain('10.244.1.0/24 via 192.168.10.12 dev eth0 proto bird');
  expect(routes).toContain('blackhole 10.244.0.0/24 proto bird');
  expect(routesOf(cluster, podNamespace(cluster, 'web'))).toEqual([
    'default via 169.254.1.1 dev eth0',
    '169.254.1.1 dev eth0 scope link',
  ]);
  const links = Object.values(cluster.network.namespaces['node-a']?.links ?? {});
  expect(links.some(({ kind }) => kind === 'bridge')).toBe(false);
});

test.each([
  ['a pod beside it', 'default/near', (web: string) => `http://${web}/`, 'near'],
  ['a pod elsewhere', 'default/far', (web: string) => `http://${web}/`, 'far'],
  ['its node', 'node-a', (web: string) => `http://${web}/`, '192.168.10.11'],
  ['another node', 'node-b', (web: string) => `http://${web}/`, '192.168.10.12'],
  [
    'the workstation by host port',
    'workstation',
    () => 'http://192.168.10.11:8080/',
    '192.168.10.100',
  ],
])('a pod answers %s, and sees its address', (_, from, urlOf, source) => {
  const cluster = aCluster();
  const sent = sendRequest({ cluster }, from, urlOf(addressOf(cluster, 'web')));
  expect(sent.outcome).toEqual({ status: 200 });
  const delivered = cluster.trace(sent.trace)?.steps.find(({ kind }) => kind === 'delivered');
  const expected = source.includes('.') ? source : addressOf(cluster, source);
  expect(delivered?.flow.source.address).toBe(expected);
});

test('the node answers for the gateway only while it has a route there by another device', () => {
  const cluster = aCluster();
  const node = cluster.network.namespaces['node-a'];
  const index = node?.routes.findIndex(({ destination }) => destination === '0.0.0.0/0') ?? -1;
  node?.routes.splice(index, 1);
  const sent = sendRequest({ cluster }, 'default/web', `http://${addressOf(cluster, 'near')}/`);
  expect(sent.outcome.failure).toBeDefined();
  expect(cluster.trace(sent.trace)?.steps).toContainEqual(
    expect.objectContaining({ kind: 'dropped', reason: 'neighbour-failed' }),
  );
});

test('when BIRD stops on a node the others withdraw its routes, and learn them again', () => {
  const cluster = aCluster();
  const learned = (node: string) =>
    routesOf(cluster, node).filter((route) => route.includes('via') && route.includes('bird'));
  const ask = () =>
    sendRequest({ cluster }, 'default/near', `http://${addressOf(cluster, 'far')}/`);
  expect(ask().outcome).toEqual({ status: 200 });
  cluster.setAgent('bird', 'node-b', 'stopped');
  cluster.settle();
  expect(learned('node-a')).toEqual([]);
  expect(learned('node-b')).toHaveLength(1);
  expect(ask().outcome.failure).toBeDefined();
  cluster.setAgent('bird', 'node-b', 'running');
  cluster.settle();
  expect(learned('node-a')).toHaveLength(1);
  expect(ask().outcome).toEqual({ status: 200 });
});

test('a pod that goes takes its route and its address with it', () => {
  const cluster = aCluster();
  const web = addressOf(cluster, 'web');
  cluster.store.delete('Pod', 'default', 'web', { gracePeriodSeconds: 0 });
  cluster.settle();
  expect(routesOf(cluster, 'node-a').some((route) => route.startsWith(web))).toBe(false);
  expect(Object.keys(cluster.network.machines['node-a']?.files ?? {})).not.toContain(
    `/var/lib/cni/networks/k8s-pod-network/${web}`,
  );
});
