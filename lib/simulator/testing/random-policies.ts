import fc from 'fast-check';
import type { LabelSelector, LabelSelectorRequirement } from '../api/meta/label-selector.ts';
import type {
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
} from '../api/networking/network-policy.ts';
import type {
  AdminNetworkPolicy,
  AdminPort,
} from '../api/policy-networking/admin-network-policy.ts';
import type { BaselineAdminNetworkPolicy } from '../api/policy-networking/baseline-admin-network-policy.ts';
import type {
  ClusterEgressPeer,
  ClusterNetworkPolicy,
  ClusterProtocol,
} from '../api/policy-networking/cluster-network-policy.ts';
import type { PolicySubject } from '../api/policy-networking/policy-subject.ts';
import type { PolicyObject } from '../policy/normalize-policies.ts';
import type { PolicyProtocol } from '../policy/policy-protocol.ts';

/*
 * Random policies for properties: few labels, ports and addresses, so that policies meet often. The API takes nearly all
 * of it: it refuses named ports with peers that are no pods.
 */

export const NAMESPACES = ['shop', 'lab', 'ops'];
export const NODES = ['node-a', 'node-b'];
export const PORTS = [53, 80, 81, 8080];
const PORT_NAMES = ['http', 'dns', 'none'];
const BLOCKS: readonly { cidr: string; except?: string[] }[] = [
  { cidr: '0.0.0.0/0' },
  { cidr: '0.0.0.0/0', except: ['10.0.0.0/8', '203.0.113.0/24'] },
  { cidr: '10.244.1.0/24', except: ['10.244.1.2/31'] },
  { cidr: '203.0.113.9/32' },
  { cidr: '172.18.0.0/16', except: ['172.18.0.3/32'] },
  { cidr: '::/0', except: ['fd00::/16'] },
  { cidr: 'fd00:10:244::/48' },
];

const PROTOCOL = fc.constantFrom<PolicyProtocol[]>('TCP', 'UDP', 'SCTP');
export const APP = fc.constantFrom('web', 'db', '');

const aRequirement: fc.Arbitrary<LabelSelectorRequirement> = fc.oneof(
  fc.record({
    key: fc.constantFrom('app', 'tier'),
    operator: fc.constantFrom<('In' | 'NotIn')[]>('In', 'NotIn'),
    values: fc.uniqueArray(fc.constantFrom('web', 'db', '', 'front'), {
      minLength: 1,
      maxLength: 2,
    }),
  }),
  fc.record({
    key: fc.constantFrom('app', 'tier'),
    operator: fc.constantFrom<('Exists' | 'DoesNotExist')[]>('Exists', 'DoesNotExist'),
  }),
);

const aPodSelector: fc.Arbitrary<LabelSelector> = fc.oneof(
  fc.constant({}),
  fc.record({ matchLabels: fc.record({ app: APP }) }),
  fc.record(
    {
      matchLabels: fc.record({ tier: fc.constantFrom('front', 'back') }),
      matchExpressions: fc.array(aRequirement, { maxLength: 2 }),
    },
    { requiredKeys: ['matchExpressions'] },
  ),
);

const aNamespaceSelector: fc.Arbitrary<LabelSelector> = fc.oneof(
  fc.constant({}),
  fc.record({
    matchLabels: fc.record({ 'kubernetes.io/metadata.name': fc.constantFrom(...NAMESPACES) }),
  }),
  fc.record({
    matchExpressions: fc.tuple(
      fc.record({
        key: fc.constant('team'),
        operator: fc.constantFrom<('Exists' | 'DoesNotExist')[]>('Exists', 'DoesNotExist'),
      }),
    ),
  }),
);

const aPolicyPeer: fc.Arbitrary<NetworkPolicyPeer> = fc.oneof(
  fc.record({ podSelector: aPodSelector }),
  fc.record({ namespaceSelector: aNamespaceSelector }),
  fc.record({ podSelector: aPodSelector, namespaceSelector: aNamespaceSelector }),
  fc.record({ ipBlock: fc.constantFrom(...BLOCKS) }),
);

const aPolicyPort: fc.Arbitrary<NetworkPolicyPort> = fc.oneof(
  fc.record({ protocol: PROTOCOL }),
  fc.record({ protocol: PROTOCOL, port: fc.constantFrom(...PORTS) }),
  fc.record({ port: fc.constantFrom(...PORTS) }),
  fc.record({
    protocol: PROTOCOL,
    port: fc.constantFrom(80, 81),
    endPort: fc.integer({ min: 81, max: 9000 }),
  }),
  fc.record({ protocol: PROTOCOL, port: fc.constantFrom(...PORT_NAMES) }),
);

const few = { maxLength: 3 };

/** Rules of one direction of a NetworkPolicy; `from` and `to` may be absent, empty or full. */
const rulesOf = (side: 'from' | 'to') =>
  fc.array(
    fc.record(
      { [side]: fc.array(aPolicyPeer, few), ports: fc.array(aPolicyPort, few) },
      { requiredKeys: [] },
    ),
    few,
  );

/** With explicit `policyTypes`, or none. */
export const aNetworkPolicy: fc.Arbitrary<NetworkPolicy> = fc
  .record({
    namespace: fc.constantFrom(...NAMESPACES),
    spec: fc.record(
      {
        podSelector: aPodSelector,
        policyTypes: fc.constantFrom<('Ingress' | 'Egress')[][]>(
          ['Ingress'],
          ['Egress'],
          ['Ingress', 'Egress'],
        ),
        ingress: rulesOf('from'),
        egress: rulesOf('to'),
      },
      { requiredKeys: ['podSelector'] },
    ),
  })
  .map(({ namespace, spec }) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'policy', namespace },
    spec,
  }));

const aSubject: fc.Arbitrary<PolicySubject> = fc.oneof(
  fc.record({ namespaces: aNamespaceSelector }),
  fc.record({
    pods: fc.record({ namespaceSelector: aNamespaceSelector, podSelector: aPodSelector }),
  }),
);

const anEgressPeer: fc.Arbitrary<ClusterEgressPeer> = fc.oneof(
  aSubject,
  fc.record({
    nodes: fc.oneof(
      fc.constant({}),
      fc.record({
        matchLabels: fc.record({ 'kubernetes.io/hostname': fc.constantFrom(...NODES) }),
      }),
    ),
  }),
  fc.record({
    networks: fc.uniqueArray(fc.constantFrom(...BLOCKS.map(({ cidr }) => cidr)), {
      minLength: 1,
      maxLength: 2,
    }),
  }),
);

const anAdminPort: fc.Arbitrary<AdminPort> = fc.oneof(
  fc.record({
    portNumber: fc.record({ protocol: PROTOCOL, port: fc.constantFrom(...PORTS) }),
  }),
  fc.record({
    portRange: fc.record({
      protocol: PROTOCOL,
      start: fc.constantFrom(79, 80),
      end: fc.constantFrom(81, 9000),
    }),
  }),
  fc.record({ namedPort: fc.constantFrom(...PORT_NAMES) }),
);

const aDestination = fc.oneof(
  fc.record({ number: fc.constantFrom(...PORTS) }),
  fc.record({
    range: fc.record({ start: fc.constantFrom(79, 80), end: fc.constantFrom(81, 9000) }),
  }),
);

const aProtocol: fc.Arbitrary<ClusterProtocol> = fc.oneof(
  fc.record({ tcp: fc.record({ destinationPort: aDestination }) }),
  fc.record({ udp: fc.record({ destinationPort: aDestination }) }),
  fc.record({ sctp: fc.record({ destinationPort: aDestination }) }),
  fc.record({ destinationNamedPort: fc.constantFrom(...PORT_NAMES) }),
);

const some = { minLength: 1, maxLength: 2 };

/** Rules of both directions, of the kind's own actions and ports. */
const clusterRules = <A extends string, P extends object>(action: fc.Arbitrary<A>, ports: P) => ({
  ingress: fc.array(
    fc.record(
      { action, from: fc.array(aSubject, some), ...ports },
      { requiredKeys: ['action', 'from'] },
    ),
    few,
  ),
  egress: fc.array(
    fc.record(
      { action, to: fc.array(anEgressPeer, some), ...ports },
      { requiredKeys: ['action', 'to'] },
    ),
    few,
  ),
});

/** Few priorities, so that some are equal. */
const PRIORITY = fc.integer({ min: 0, max: 1 });
const ADMIN_PORTS = { ports: fc.array(anAdminPort, some) };

export const anAdminNetworkPolicy: fc.Arbitrary<AdminNetworkPolicy> = fc
  .record({
    priority: PRIORITY,
    subject: aSubject,
    ...clusterRules(
      fc.constantFrom<('Allow' | 'Deny' | 'Pass')[]>('Allow', 'Deny', 'Pass'),
      ADMIN_PORTS,
    ),
  })
  .map((spec) => ({
    apiVersion: 'policy.networking.k8s.io/v1alpha1',
    kind: 'AdminNetworkPolicy',
    metadata: { name: 'policy' },
    spec: spec,
  }));

export const aBaselinePolicy: fc.Arbitrary<BaselineAdminNetworkPolicy> = fc
  .record({
    subject: aSubject,
    ...clusterRules(fc.constantFrom<('Allow' | 'Deny')[]>('Allow', 'Deny'), ADMIN_PORTS),
  })
  .map((spec) => ({
    apiVersion: 'policy.networking.k8s.io/v1alpha1',
    kind: 'BaselineAdminNetworkPolicy',
    metadata: { name: 'default' },
    spec: spec,
  }));

export const aClusterNetworkPolicy: fc.Arbitrary<ClusterNetworkPolicy> = fc
  .record({
    tier: fc.constantFrom<('Admin' | 'Baseline')[]>('Admin', 'Baseline'),
    priority: PRIORITY,
    subject: aSubject,
    ...clusterRules(fc.constantFrom<('Accept' | 'Deny' | 'Pass')[]>('Accept', 'Deny', 'Pass'), {
      protocols: fc.array(aProtocol, some),
    }),
  })
  .map((spec) => ({
    apiVersion: 'policy.networking.k8s.io/v1alpha2',
    kind: 'ClusterNetworkPolicy',
    metadata: { name: 'policy' },
    spec: spec,
  }));

const withNames = <T extends PolicyObject>(policies: readonly T[], prefix: string): T[] =>
  policies.map((policy, i) => ({
    ...policy,
    metadata: { ...policy.metadata, name: `${prefix}-${i}` },
  }));

/** NetworkPolicies, and policies of the other kinds. */
export const somePolicies: fc.Arbitrary<readonly PolicyObject[]> = fc
  .record({
    network: fc.array(aNetworkPolicy, { maxLength: 5 }),
    admin: fc.array(anAdminNetworkPolicy, { maxLength: 2 }),
    cluster: fc.array(aClusterNetworkPolicy, { maxLength: 4 }),
    baseline: fc.array(aBaselinePolicy, { maxLength: 1 }),
  })
  .map(({ network, admin, cluster, baseline }) => [
    ...withNames(network, 'network'),
    ...withNames(admin, 'admin'),
    ...withNames(cluster, 'cluster'),
    ...baseline,
  ]);
