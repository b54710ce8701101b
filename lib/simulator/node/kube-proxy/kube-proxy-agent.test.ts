import { expect, test } from 'vitest';
import { SECOND } from '../../base/clock.ts';
import { startCluster } from '../../bootstrap.ts';
import { DEFAULT_CLUSTER } from '../../cluster-options.ts';
import type { Cluster } from '../../cluster.ts';
import { listNftRuleset } from '../../linux/netfilter/nft/print/list-ruleset.ts';
import { printIptablesSave } from '../../linux/netfilter/print/iptables-save.ts';
import { fingerprint, restore, save } from '../../snapshot.ts';
import { aService } from '../../testing/objects.ts';

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

/** What is left of a node's rules for one Service, in whichever mode. */
function mentions(cluster: Cluster, node: string, name: string): boolean {
  const namespace = cluster.network.namespaces[node];
  if (!namespace) expect.fail(`no namespace ${node}`);
  const nftables = listNftRuleset(namespace.nftables, { now: cluster.now });
  return `${printIptablesSave(namespace.ruleset)}${nftables}`.includes(name);
}

test.each(['iptables', 'nftables'] as const)('in %s mode a kube-proxy may lag', (proxyMode) => {
  const options = { ...DEFAULT_CLUSTER, proxyMode, kubeProxy: { syncDelayMs: 5000 } };
  const cluster = startCluster(options, 'kube-proxy', START);
  const created = cluster.store.create(aService('late'));
  expect(created).toMatchObject({ ok: true });
  cluster.advance(4 * SECOND);
  expect(mentions(cluster, 'node-a', 'default/late')).toBe(false);
  cluster.advance(2 * SECOND);
  expect(mentions(cluster, 'node-a', 'default/late')).toBe(true);
});

test.each(['iptables', 'nftables'] as const)(
  'in %s mode rules go stale while kube-proxy is stopped on a node, and are made good when it starts',
  (proxyMode) => {
    const cluster = startCluster({ ...DEFAULT_CLUSTER, proxyMode }, 'kube-proxy', START);
    createService(cluster, 'old');
    cluster.setAgent('kube-proxy', 'node-a', 'stopped');
    cluster.store.delete('Service', 'default', 'old');
    createService(cluster, 'new');
    const seen = (node: string) =>
      ['old', 'new'].map((name) => mentions(cluster, node, `default/${name}`));
    expect([seen('node-a'), seen('node-b')]).toEqual([
      [true, false],
      [false, true],
    ]);
    cluster.setAgent('kube-proxy', 'node-a', 'running');
    cluster.settle();
    expect(seen('node-a')).toEqual([false, true]);
  },
);

test('nftables mode leaves the tables of iptables alone, and 127.0.0.0/8 unroutable', () => {
  const cluster = startCluster({ ...DEFAULT_CLUSTER, proxyMode: 'nftables' }, 'kube-proxy', START);
  const namespace = cluster.network.namespaces['node-a'];
  expect(printIptablesSave(namespace!.ruleset)).not.toContain('KUBE-');
  expect(namespace?.sysctls['ipv4.conf.all.route_localnet']).toBe('0');
});

test.each([
  ['ClusterCIDR', { mode: 'ClusterCIDR' }, '! -s 10.244.0.0/16'],
  ['NodeCIDR', { mode: 'NodeCIDR' }, '! -s 10.244.0.0/24'],
  ['BridgeInterface', { mode: 'BridgeInterface', bridge: 'cni0' }, '! -i cni0'],
  ['InterfaceNamePrefix', { mode: 'InterfaceNamePrefix', prefix: 'veth' }, '! -i veth+'],
] as const)('pods are known by %s', (_name, detectLocal, match) => {
  const options = { ...DEFAULT_CLUSTER, kubeProxy: { detectLocal } };
  const cluster = startCluster(options, 'kube-proxy', START);
  const line = rulesOf(cluster, 'node-a')
    .split('\n')
    .find((each) => /kubernetes:https cluster IP.*-j KUBE-MARK-MASQ/.test(each));
  expect(line).toContain(` ${match} `);
});

test('masqueradeAll masquerades pods as well', () => {
  const options = { ...DEFAULT_CLUSTER, kubeProxy: { masqueradeAll: true } };
  const rules = rulesOf(startCluster(options, 'kube-proxy', START), 'node-a');
  expect(rules).toMatch(
    /-A KUBE-SVC-\w+ -d 10\.96\.0\.1\/32 -p tcp .*default\/kubernetes:https cluster IP" .*-j KUBE-MARK-MASQ/,
  );
});

test('a snapshot in the middle of a lag goes on where it was', () => {
  const options = {
    ...DEFAULT_CLUSTER,
    proxyMode: 'nftables',
    kubeProxy: { syncDelayMs: 5000 },
  } as const;
  const cluster = startCluster(options, 'kube-proxy', START);
  expect(cluster.store.create(aService('late'))).toMatchObject({ ok: true });
  cluster.advance(2 * SECOND);
  const copy = restore(save(cluster));
  for (const each of [cluster, copy]) each.advance(10 * SECOND);
  expect(fingerprint(copy.state)).toBe(fingerprint(cluster.state));
});
