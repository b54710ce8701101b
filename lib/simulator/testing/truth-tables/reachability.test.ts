import { expect, test } from 'vitest';
import type { Pod } from '../../api/core/pod.ts';
import type { Service } from '../../api/core/service.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { SECOND } from '../../base/clock.ts';
import type { Cluster } from '../../cluster.ts';
import { DUAL_STACK_CLUSTER, type ClusterOptions } from '../../cluster-options.ts';
import type { PolicyProtocol } from '../../policy/policy-protocol.ts';
import { countPairs, placeGroup, textOfSets } from '../../policy/reachability/count-pairs.ts';
import { outcomeAt } from '../../policy/reachability/port-verdicts.ts';
import { portsAt } from '../../policy/reachability/port-table.ts';
import { readReachability, type ClusterReachability } from '../../view/read-reachability.ts';
import { accept } from '../run-controllers.ts';
import { measure, type Measurement, type Target } from './measure.ts';
import type { TablePod, TableScenario, TableService } from './scenario.ts';

const PODS: readonly TablePod[] = [
  { name: 'default/web-a', node: 'node-a', app: 'web' },
  { name: 'default/web-b', node: 'node-b', app: 'web' },
  { name: 'default/client', node: 'node-a', ports: [8080, 9090] },
  { name: 'shop/cart', node: 'node-b', ports: [8080, 9090] },
  { name: 'shop/agent-a', node: 'node-a', ports: [7070], hostNetwork: true },
  { name: 'shop/agent-b', node: 'node-b', ports: [7070], hostNetwork: true },
];
const SERVICES: readonly TableService[] = [
  { name: 'default/web', app: 'web' },
  { name: 'shop/cart', app: 'cart', spec: { ports: [{ port: 90, targetPort: 9090 }] } },
];

const networkPolicy = (namespace: string, spec: object): KubeObject =>
  ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'policy', namespace },
    spec,
  }) as KubeObject;
const admin = (kind: string, spec: object, name = 'policy'): KubeObject =>
  ({
    apiVersion: 'policy.networking.k8s.io/v1alpha1',
    kind,
    metadata: { name },
    spec,
  }) as KubeObject;
const clusterPolicy = (spec: object): KubeObject =>
  ({
    apiVersion: 'policy.networking.k8s.io/v1alpha2',
    kind: 'ClusterNetworkPolicy',
    metadata: { name: 'policy' },
    spec,
  }) as KubeObject;

const named = (name: string) => ({ matchLabels: { 'kubernetes.io/metadata.name': name } });

const POLICIES: Readonly<Record<string, readonly KubeObject[]>> = {
  none: [],
  'isolation, a named port and a block': [
    networkPolicy('default', {
      podSelector: { matchLabels: { app: 'web' } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { from: [{ namespaceSelector: named('shop') }], ports: [{ port: 'http' }] },
        { from: [{ ipBlock: { cidr: '192.168.10.0/24', except: ['192.168.10.12/32'] } }] },
      ],
      egress: [{ to: [{ podSelector: {} }], ports: [{ port: 9000, endPort: 9100 }] }],
    }),
  ],
  'tiers that pass and deny': [
    networkPolicy('shop', { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] }),
    admin('AdminNetworkPolicy', {
      priority: 5,
      subject: { namespaces: named('shop') },
      ingress: [
        {
          action: 'Allow',
          from: [{ pods: { namespaceSelector: {}, podSelector: { matchLabels: { app: 'web' } } } }],
          ports: [{ portNumber: { protocol: 'TCP', port: 9090 } }],
        },
      ],
    }),
    admin(
      'BaselineAdminNetworkPolicy',
      {
        subject: { namespaces: named('default') },
        ingress: [{ action: 'Deny', from: [{ namespaces: named('shop') }] }],
      },
      'default',
    ),
  ],
  'a cluster policy towards nodes and networks': [
    clusterPolicy({
      tier: 'Admin',
      priority: 1,
      subject: { namespaces: named('default') },
      egress: [
        {
          action: 'Deny',
          to: [{ nodes: { matchLabels: { 'kubernetes.io/hostname': 'node-a' } } }],
        },
        {
          action: 'Deny',
          to: [{ namespaces: named('shop') }],
          protocols: [{ tcp: { destinationPort: { number: 9090 } } }],
        },
      ],
    }),
  ],
};

const scenarioOf = (
  options: Partial<ClusterOptions>,
  policies: readonly KubeObject[],
): TableScenario => ({
  name: 'reachability',
  about: '',
  options: { ...options, networkPolicies: 'enforced' },
  pods: PODS,
  services: SERVICES,
  fault: (cluster) => {
    for (const policy of policies) accept(cluster.store.create(policy));
    cluster.settle();
    cluster.advance(5 * SECOND);
  },
});

/** The addresses by which policies know a client; none of the workstation, which has no route to pods. */
function addressesOf({ options, store }: Cluster, name: string): string[] {
  const node = options.nodes.find((each) => each.name === name);
  if (node) return [node.address, ...(node.address6 === undefined ? [] : [node.address6])];
  const [own = '', namespace = 'default'] = name.split('/').reverse();
  const ips = store.get<Pod>('Pod', namespace, own)?.status?.podIPs ?? [];
  return ips.map(({ ip }) => ip);
}

/** What classes say of a connection by its addresses; undefined where they have no cell: an end and itself, two nodes. */
function outcomeOf(
  { engine, reachability }: ClusterReachability,
  from: string,
  to: string,
  protocol: PolicyProtocol,
  port: number,
) {
  const isSame = (one: string, other: string) => one.includes(':') === other.includes(':');
  const families = reachability.families.filter(({ ends }) =>
    isSame(from, ends.family === 6 ? '::' : ''),
  );
  const narrowed = { ...reachability, families };
  const placed = [from, to].map((address) => {
    const pod = engine.world.pods.findIndex(({ addresses }) => addresses.includes(address));
    if (pod >= 0) return placeGroup(narrowed, { group: 'pods', pods: [pod] });
    const end = engine.classes.peerClassOf(address, undefined, undefined);
    const found = families
      .flatMap(({ ends }) => ends.classes)
      .find((each) => each.kind === 'outside' && each.end === end);
    return found && placeGroup(narrowed, { group: 'outside', sets: textOfSets(found) });
  });
  const [source, destination] = placed;
  if (!source || !destination) return undefined;
  const [ports] = [...countPairs(narrowed, source, destination).byPorts.keys()];
  return ports === undefined
    ? undefined
    : outcomeAt(portsAt(narrowed.ports, ports), protocol, port);
}

/** The addresses and the port that a target stands for, behind its Service. */
function endpointsOf(cluster: Cluster, { address, port, kind }: Target): [string, number][] {
  if (kind === 'pods') return [[address, port]];
  const service = cluster.store
    .list<Service>('Service')
    .find(({ spec }) => spec.clusterIPs?.includes(address));
  const app = service?.spec.selector?.['app'];
  const target = service?.spec.ports?.find((each) => each.port === port)?.targetPort;
  return cluster.store
    .list<Pod>('Pod')
    .filter(({ metadata }) => metadata.labels?.['app'] === app)
    .flatMap(({ status }) => status?.podIPs ?? [])
    .filter(({ ip }) => ip.includes(':') === address.includes(':'))
    .map(({ ip }): [string, number] => [ip, Number(target ?? port)]);
}

/** A node goes to pods of others with an address of its tunnel, which is nobody's to policies. */
const isMasked = ({ options }: Cluster, namespace: string) =>
  options.cni === 'vxlan' && options.nodes.some(({ name }) => name === namespace);

/** Compares every connection that has a cell with what became of its packets: what differs, and how many there were. */
function compare(measured: Measurement) {
  const { cluster, clients, targets, answers } = measured;
  const read = readReachability(cluster);
  const differences: string[] = [];
  let [passed, stopped] = [0, 0];
  clients.forEach(({ name, namespace }, row) => {
    if (isMasked(cluster, namespace)) return;
    targets.forEach((target, column) => {
      if (target.kind === 'nodes') return;
      const own = addressesOf(cluster, name);
      const from = own.find((address) => address.includes(':') === target.address.includes(':'));
      const endpoints = endpointsOf(cluster, target);
      if (from === undefined || endpoints.some(([address]) => own.includes(address))) return;
      const said = endpoints.map(([address, port]) => outcomeOf(read, from, address, 'TCP', port));
      if (said.includes(undefined)) return;
      const got = new Set(answers[row]?.[column]?.map(({ type }) => type));
      const expected = new Set(said.map((one) => (one === 'admitted' ? 'ok' : 'timeout')));
      if (said.includes('admitted')) passed++;
      if (said.includes('not-admitted')) stopped++;
      const isSame =
        got.size === expected.size && [...got].every((one) => expected.has(one as 'ok'));
      if (!isSame)
        differences.push(
          `${name} > ${target.label}: ${[...got].join()}, not ${[...expected].join()}`,
        );
    });
  });
  return { differences, passed, stopped };
}

const SET_UPS: readonly (readonly [string, Partial<ClusterOptions>])[] = [
  ['iptables, routed', { proxyMode: 'iptables', cni: 'routed' }],
  ['nftables, bgp', { proxyMode: 'nftables', cni: 'bgp' }],
  ['iptables, vxlan', { proxyMode: 'iptables', cni: 'vxlan' }],
  ['nftables, both families', { ...DUAL_STACK_CLUSTER, proxyMode: 'nftables', cni: 'routed' }],
];

test.each(
  SET_UPS.flatMap(([name, options]) =>
    Object.entries(POLICIES).map(
      ([what, policies]) => [`${name}: ${what}`, options, policies] as const,
    ),
  ),
)('packets and reachability agree: %s', { timeout: 60_000 }, (_name, options, policies) => {
  const { differences, passed, stopped } = compare(measure(scenarioOf(options, policies)));
  expect(differences).toEqual([]);
  expect(passed).toBeGreaterThan(12);
  expect(stopped > 3).toBe(policies.length > 0);
});
