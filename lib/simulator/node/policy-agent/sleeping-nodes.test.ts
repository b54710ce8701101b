import { expect, test } from 'vitest';
import { SECOND } from '../../base/clock.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { startCluster } from '../../bootstrap.ts';
import { DEFAULT_CLUSTER } from '../../cluster-options.ts';
import type { Cluster } from '../../cluster.ts';
import { startProcess } from '../../linux/process.ts';
import { fingerprint } from '../../snapshot.ts';
import { aPod } from '../../testing/objects.ts';

const NODES = Array.from({ length: 24 }, (_, index) => ({
  name: `node-${index}`,
  address: `192.168.10.${20 + index}`,
}));

const POLICY: KubeObject & { spec: unknown } = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'web', namespace: 'default' },
  spec: { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Ingress'] },
};

/** Pods on the first and the last node; kube-proxy writes nothing on nodes that nobody visits. */
function clusterWith(proxyMode: 'iptables' | 'nftables'): Cluster {
  const options = {
    ...DEFAULT_CLUSTER,
    nodes: NODES,
    proxyMode,
    networkPolicies: 'enforced',
  } as const;
  const cluster = startCluster(options, 'sleep', 1_767_603_600_000_000);
  for (const [name, nodeName] of [
    ['client', 'node-0'],
    ['web', 'node-23'],
  ] as const)
    expect(cluster.store.create(aPod(name, { nodeName }))).toMatchObject({ ok: true });
  expect(cluster.store.create(POLICY)).toMatchObject({ ok: true });
  cluster.settle();
  cluster.advance(SECOND);
  return cluster;
}

const isDormant = ({ network }: Cluster, node: string) =>
  Boolean(network.namespaces[node]?.isDormant);

function rulesOf({ network }: Cluster, node: string): string {
  const { ruleset, nftables } = network.namespaces[node]!;
  return JSON.stringify([ruleset, nftables]);
}

function ask(cluster: Cluster): string {
  const { network, environment } = cluster;
  const space = (name: string) =>
    Object.values(network.namespaces).find(({ label }) => label === `default/${name}`)!;
  const address = space('web').links['eth0']!.addresses[0]!.address;
  const pid = startProcess(network, environment, {
    program: 'curl',
    args: ['-sS', '-m', '2', `http://${address}/`],
    namespace: space('client').id,
    hostname: 'client',
    files: {},
    environment: {},
  });
  cluster.advance(3 * SECOND);
  return network.processes[pid]?.exitCode === 0 ? 'answered' : 'silence';
}

test.each(['iptables', 'nftables'] as const)(
  'in %s mode a node that nobody visits has no rules, and has them when the first packet comes',
  (mode) => {
    const cluster = clusterWith(mode);
    expect(isDormant(cluster, 'node-23')).toBe(true);
    expect(rulesOf(cluster, 'node-23')).not.toContain('NetworkPolicy');
    expect(ask(cluster)).toBe('silence');
    expect(isDormant(cluster, 'node-23')).toBe(false);
    expect(rulesOf(cluster, 'node-23')).toContain('NetworkPolicy');
    expect(rulesOf(cluster, 'node-0')).not.toContain('NetworkPolicy');
    cluster.store.delete('NetworkPolicy', 'default', 'web');
    cluster.settle();
    expect(ask(cluster)).toBe('answered');
  },
);

test('an agent that is stopped on a node that sleeps leaves the rules of that moment', () => {
  const cluster = clusterWith('iptables');
  cluster.setAgent('policy-agent', 'node-23', 'stopped');
  cluster.store.delete('NetworkPolicy', 'default', 'web');
  cluster.settle();
  expect(ask(cluster)).toBe('silence');
});

test('a change that rules do not depend on leaves a node asleep, and its machine as it was', () => {
  const cluster = clusterWith('iptables');
  const before = fingerprint(cluster.network.namespaces['node-5']);
  const pod = structuredClone(cluster.store.get('Pod', 'default', 'client')!);
  pod.metadata.labels = { app: 'other' };
  expect(cluster.store.update(pod)).toMatchObject({ ok: true });
  cluster.settle();
  expect(isDormant(cluster, 'node-5')).toBe(true);
  expect(fingerprint(cluster.network.namespaces['node-5'])).toBe(before);
});
