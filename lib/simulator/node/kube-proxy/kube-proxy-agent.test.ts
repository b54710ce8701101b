import { expect, test } from 'vitest';
import { startCluster } from '../../bootstrap.ts';
import { DEFAULT_CLUSTER } from '../../cluster-options.ts';
import type { Cluster } from '../../cluster.ts';
import { printIptablesSave } from '../../linux/netfilter/print/iptables-save.ts';

const START = 1_767_603_600_000_000;

function rulesOf(cluster: Cluster, node: string): string {
  const namespace = cluster.network.namespaces[node];
  if (!namespace) expect.fail(`no namespace ${node}`);
  return printIptablesSave(namespace.ruleset);
}

function createService(cluster: Cluster, name: string): void {
  const created = cluster.store.create({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { selector: { app: name }, ports: [{ port: 80 }] },
  } as never);
  expect(created).toMatchObject({ ok: true });
  cluster.settle();
}

test('a Service becomes rules on every node, and they go with it', () => {
  const cluster = startCluster(DEFAULT_CLUSTER, 'kube-proxy', START);
  const before = ['node-a', 'node-b'].map((node) => rulesOf(cluster, node));
  createService(cluster, 'nobody');
  for (const node of ['node-a', 'node-b']) {
    expect(rulesOf(cluster, node)).toMatch(
      /-A KUBE-SERVICES -d 10\.96\.\d+\.\d+\/32 .*"default\/nobody has no endpoints".* -j REJECT/,
    );
  }
  cluster.store.delete('Service', 'default', 'nobody');
  cluster.settle();
  expect(['node-a', 'node-b'].map((node) => rulesOf(cluster, node))).toEqual(before);
});

test('the rules of somebody else stay', () => {
  const cluster = startCluster(DEFAULT_CLUSTER, 'kube-proxy', START);
  const namespace = cluster.network.namespaces['node-a'];
  namespace?.ruleset.tables.nat?.chains['POSTROUTING']?.rules.push({
    matches: [{ match: 'source', cidr: '10.9.0.0/16' }],
    target: { target: 'MASQUERADE' },
  });
  createService(cluster, 'other');
  expect(rulesOf(cluster, 'node-a')).toContain('-A POSTROUTING -s 10.9.0.0/16 -j MASQUERADE\n');
});

test('a node keeps connections for as long as kube-proxy asks', () => {
  const cluster = startCluster(DEFAULT_CLUSTER, 'kube-proxy', START);
  expect(cluster.network.namespaces['node-a']?.sysctls).toMatchObject({
    'netfilter.nf_conntrack_tcp_timeout_established': '86400',
    'ipv4.conf.all.route_localnet': '1',
  });
});
