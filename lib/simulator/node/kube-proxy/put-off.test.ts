import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Node } from '../../api/core/node.ts';
import type { Pod } from '../../api/core/pod.ts';
import type { Service } from '../../api/core/service.ts';
import type { EndpointSlice } from '../../api/discovery/endpoint-slice.ts';
import { MILLISECOND, SECOND } from '../../base/clock.ts';
import { startCluster, WORKSTATION } from '../../bootstrap.ts';
import { DEFAULT_CLUSTER, type ClusterOptions, type ProxyMode } from '../../cluster-options.ts';
import { Cluster, createClusterState } from '../../cluster.ts';
import { startProcess } from '../../linux/process.ts';
import { printIptablesSave } from '../../linux/netfilter/print/iptables-save.ts';
import type { NetworkNamespace } from '../../linux/network.ts';
import { fingerprint, restore, save } from '../../snapshot.ts';
import { nftWithoutHistory } from '../../testing/nft-without-history.ts';
import { aDeployment, aNamespace, aService } from '../../testing/objects.ts';
import { buildNode, buildUnderlay } from '../build-node.ts';
import { LARGEST_EAGER } from './put-off.ts';

const nodeName = (index: number) => `node-${index}`;
const LAST = nodeName(LARGEST_EAGER);

const optionsOf = (proxyMode: ProxyMode, nodes = LARGEST_EAGER + 1): ClusterOptions => ({
  ...DEFAULT_CLUSTER,
  proxyMode,
  outside: 'none',
  podCidr: '10.244.0.0/16,fd00:244::/48',
  serviceCidr: '10.96.0.0/16,fd00:96::/108',
  nodes: Array.from({ length: nodes }, (_, index) => ({
    name: nodeName(index),
    address: `192.168.10.${11 + index}`,
    address6: `fd00:10::${11 + index}`,
  })),
});

/** Nodes without kubelets: nothing visits them but what a test sends. */
function clusterOf(options: ClusterOptions): Cluster {
  const state = createClusterState(options, 'put off', 0);
  for (const { name } of options.nodes) state.stoppedAgents.push(`agent/kubelet/${name}`);
  const cluster = new Cluster(state);
  buildUnderlay(cluster.network, cluster.environment);
  cluster.store.create(aNamespace('shop'));
  for (const node of options.nodes)
    cluster.store.create(buildNode(cluster.network, cluster.environment, node, options));
  cluster.settle();
  return cluster;
}

const namespaceOf = ({ network }: Cluster, node: string): NetworkNamespace => {
  const namespace = network.namespaces[node];
  if (!namespace) expect.fail(`no node ${node}`);
  return namespace;
};

const rulesOf = ({ ruleset, ruleset6, nftables }: NetworkNamespace) => ({
  iptables: printIptablesSave(ruleset),
  ip6tables: printIptablesSave(ruleset6),
  nftables: nftWithoutHistory(nftables),
});

const NAMES = ['one', 'two', 'three'] as const;

const anyAction = fc.oneof(
  fc.record({
    act: fc.constant('service' as const),
    name: fc.constantFrom(...NAMES),
    type: fc.constantFrom<'ClusterIP' | 'NodePort' | 'LoadBalancer'>(
      'ClusterIP',
      'NodePort',
      'LoadBalancer',
    ),
    policy: fc.constantFrom<'Cluster' | 'Local'>('Cluster', 'Local'),
  }),
  fc.record({ act: fc.constant('delete' as const), name: fc.constantFrom(...NAMES) }),
  fc.record({
    act: fc.constant('slice' as const),
    name: fc.constantFrom(...NAMES),
    hosts: fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }),
  }),
  fc.record({ act: fc.constant('zone' as const), zone: fc.constantFrom('east', 'west') }),
  fc.record({ act: fc.constant('wait' as const), milliseconds: fc.constantFrom(1, 3, 40) }),
  fc.constant({ act: 'restore' as const }),
);
type Action = typeof anyAction extends fc.Arbitrary<infer A> ? A : never;

function putSlice({ store }: Cluster, name: string, hosts: readonly number[]): void {
  const slice: EndpointSlice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'shop', name, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: '', protocol: 'TCP', port: 8080 }],
    endpoints: hosts.map((host) => ({
      addresses: [`10.244.1.${host}`],
      nodeName: host > 2 ? LAST : nodeName(0),
      conditions: { ready: true },
      hints: { forZones: [{ name: host > 3 ? 'east' : 'west' }] },
    })),
  };
  const known = store.get<EndpointSlice>('EndpointSlice', 'shop', name);
  if (known) store.update({ ...known, endpoints: slice.endpoints });
  else store.create(slice);
}

function putService(
  { store }: Cluster,
  { name, type, policy }: Extract<Action, { act: 'service' }>,
) {
  const spec: Service['spec'] = {
    type,
    ports: [{ port: 80 }],
    internalTrafficPolicy: policy,
    ipFamilyPolicy: 'PreferDualStack',
    ...(type !== 'ClusterIP' && { externalTrafficPolicy: policy }),
  };
  const known = store.get<Service>('Service', 'shop', name);
  if (known) store.delete('Service', 'shop', name);
  store.create<Service>({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'shop', name },
    spec,
  });
}

/** The cluster after the action: another one when its state was saved and restored. */
function perform(cluster: Cluster, action: Action): Cluster {
  const { store } = cluster;
  switch (action.act) {
    case 'service':
      putService(cluster, action);
      return cluster;
    case 'delete':
      store.delete('Service', 'shop', action.name);
      return cluster;
    case 'slice':
      putSlice(cluster, action.name, action.hosts);
      return cluster;
    case 'zone': {
      const node = store.get<Node>('Node', undefined, LAST);
      const labels = { 'topology.kubernetes.io/zone': action.zone };
      if (node) store.update<Node>({ ...node, metadata: { ...node.metadata, labels } });
      return cluster;
    }
    case 'wait':
      cluster.advance(action.milliseconds * MILLISECOND);
      return cluster;
    case 'restore':
      return restore(save(cluster));
  }
}

test.each(['iptables', 'nftables'] as const)(
  '%s: what is written when somebody comes is what would have been written before',
  { timeout: 30_000 },
  (proxyMode) => {
    const empty = save(clusterOf(optionsOf(proxyMode)));
    fc.assert(
      fc.property(fc.array(anyAction, { minLength: 1, maxLength: 12 }), (actions) => {
        let [eager, lazy] = [restore(empty), restore(empty)];
        eager.wake(namespaceOf(eager, LAST));
        for (const action of actions) {
          eager = perform(eager, action);
          lazy = perform(lazy, action);
          if (action.act === 'restore') continue;
          // A look at a fork: the one that goes on stays as it is.
          const looked = restore(save(lazy));
          expect(namespaceOf(looked, LAST).isDormant).toBe(true);
          looked.wake(namespaceOf(looked, LAST));
          expect(rulesOf(namespaceOf(looked, LAST))).toEqual(rulesOf(namespaceOf(eager, LAST)));
        }
        lazy.wake(namespaceOf(lazy, LAST));
        [eager, lazy].forEach((cluster) => cluster.settle());
        expect(rulesOf(namespaceOf(lazy, LAST))).toEqual(rulesOf(namespaceOf(eager, LAST)));
      }),
      { numRuns: 15 },
    );
  },
);

test('a node keeps what its last round read, not what came later, and all that read the same keep it once', () => {
  const cluster = clusterOf(optionsOf('iptables'));
  putSlice(cluster, 'one', [1]);
  putService(cluster, { act: 'service', name: 'one', type: 'ClusterIP', policy: 'Cluster' });
  cluster.settle();
  putSlice(cluster, 'one', [2]);
  const first = namespaceOf(cluster, LAST);
  cluster.wake(first);
  expect(printIptablesSave(first.ruleset)).toContain('--to-destination 10.244.1.1:8080');
  cluster.settle();
  expect(printIptablesSave(first.ruleset)).toContain('--to-destination 10.244.1.2:8080');
  expect(Object.keys(cluster.state.agentMemory['agent/kube-proxy'] ?? {})).toHaveLength(1);
  for (const { name } of cluster.options.nodes) cluster.wake(namespaceOf(cluster, name));
  expect(cluster.state.agentMemory['agent/kube-proxy']).toEqual({});
});

test('a saved cluster, a forked one and the one that went on are the same later', () => {
  const cluster = clusterOf(optionsOf('nftables'));
  putSlice(cluster, 'one', [1, 2]);
  putService(cluster, { act: 'service', name: 'one', type: 'NodePort', policy: 'Cluster' });
  cluster.settle();
  const fork = restore(save(cluster));
  expect(fingerprint(fork.state)).toBe(fingerprint(structuredClone(cluster.state)));
  for (const each of [cluster, fork]) {
    putSlice(each, 'one', [2, 3]);
    each.settle();
    each.wake(namespaceOf(each, LAST));
  }
  expect(fingerprint(fork.state)).toBe(fingerprint(cluster.state));
});

test('a kube-proxy that is stopped has written what it owed', () => {
  const cluster = clusterOf(optionsOf('iptables'));
  cluster.setAgent('kube-proxy', LAST, 'stopped');
  expect(printIptablesSave(namespaceOf(cluster, LAST).ruleset)).toContain('KUBE-MARK-MASQ');
  cluster.setAgent('kube-proxy', LAST, 'running');
  putSlice(cluster, 'one', [1]);
  putService(cluster, { act: 'service', name: 'one', type: 'ClusterIP', policy: 'Cluster' });
  cluster.settle();
  expect(namespaceOf(cluster, LAST).isDormant).toBeUndefined();
  expect(printIptablesSave(namespaceOf(cluster, LAST).ruleset)).toContain('10.244.1.1:8080');
});

/** The answer to a request from the workstation to a node port of a node. */
function ask(cluster: Cluster, address: string): string {
  const pid = startProcess(cluster.network, cluster.environment, {
    program: 'curl',
    args: ['-sS', '-o', '/dev/null', '-w', '%{http_code}', `http://${address}:30080/`],
    namespace: WORKSTATION,
    hostname: WORKSTATION,
    files: {},
    environment: {},
  });
  const process = cluster.network.processes[pid];
  cluster.runUntil(() => process?.exitCode !== undefined, 30 * SECOND);
  return process?.output ?? '';
}

test.each(['iptables', 'nftables'] as const)(
  '%s: the first packet that comes to a node finds its rules, and other nodes sleep on',
  { timeout: 30_000 },
  (proxyMode) => {
    const { podCidr, serviceCidr } = DEFAULT_CLUSTER;
    const nodes = Array.from({ length: LARGEST_EAGER + 1 }, (_, index) => ({
      name: nodeName(index),
      address: `192.168.10.${11 + index}`,
    }));
    const options = { ...DEFAULT_CLUSTER, podCidr, serviceCidr, proxyMode, nodes };
    const cluster = startCluster(options, 'put off', 0);
    cluster.store.create(
      aDeployment('web', {
        replicas: 1,
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'web', image: 'nginx:1.29' }] },
        },
      }),
    );
    cluster.store.create(
      aService('web', { type: 'NodePort', ports: [{ port: 80, nodePort: 30_080 }] }),
    );
    cluster.settle();
    cluster.advance(5 * SECOND);
    const asleep = () => nodes.filter(({ name }) => namespaceOf(cluster, name).isDormant);
    const before = asleep();
    const [visited] = before;
    if (!visited) expect.fail('every node was visited');
    expect(ask(cluster, visited.address)).toBe('200');
    const [pod] = cluster.store.list<Pod>('Pod', { namespace: 'default' });
    const awake = [visited.name, pod?.spec.nodeName];
    expect(asleep()).toEqual(before.filter(({ name }) => !awake.includes(name)));
    expect(before.length).toBeGreaterThan(LARGEST_EAGER / 2);
  },
);

test('a small cluster puts nothing off', () => {
  const cluster = clusterOf(optionsOf('iptables', LARGEST_EAGER));
  const dormant = Object.values(cluster.network.namespaces).filter(({ isDormant }) => isDormant);
  expect(dormant).toEqual([]);
  expect(cluster.state.agentMemory['agent/kube-proxy']).toBeUndefined();
});
