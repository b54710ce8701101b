import fc from 'fast-check';
import type { Namespace } from '../api/core/namespace.ts';
import type { Node } from '../api/core/node.ts';
import type { Pod } from '../api/core/pod.ts';
import type { KubeObject } from '../api/meta/object.ts';
import type { PolicyObject } from '../policy/normalize-policies.ts';
import type { PolicyProtocol } from '../policy/policy-protocol.ts';
import { APP, NAMESPACES, NODES, PORTS, somePolicies } from './random-policies.ts';

/**
 * A random cluster with random policies: few pods with few labels, so that policies meet often. The API takes nearly all
 * of it: it refuses named ports with peers that are no pods.
 */
export interface PolicyCluster {
  readonly namespaces: readonly Namespace[];
  readonly nodes: readonly Node[];
  readonly pods: readonly Pod[];
  readonly policies: readonly PolicyObject[];
}

/** A connection by addresses. */
export interface RandomFlow {
  readonly source: string;
  readonly destination: string;
  readonly protocol: PolicyProtocol;
  readonly port: number;
}

export const RANDOM_NODE_ADDRESSES = ['172.18.0.2', '172.18.0.3', 'fd00:18::2', 'fd00:18::3'];
export const RANDOM_OUTSIDE_ADDRESSES = ['203.0.113.9', '198.51.100.7', '2001:db8::9'];

/** A namespace's labels: those of every namespace, and a team perhaps. */
const namespacesOf = (teams: readonly boolean[]): readonly Namespace[] =>
  NAMESPACES.map((name, i) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      labels: { 'kubernetes.io/metadata.name': name, ...(teams[i] && { team: 'red' }) },
    },
  }));

const RANDOM_NODES: readonly Node[] = NODES.map((name, i) => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels: { 'kubernetes.io/hostname': name } },
  spec: {},
  status: {
    addresses: [0, 2].map((family) => ({
      type: 'InternalIP',
      address: RANDOM_NODE_ADDRESSES[family + i] ?? '',
    })),
  },
}));

const aPodDraft = fc.record({
  namespace: fc.constantFrom(...NAMESPACES),
  labels: fc.record({ app: APP, tier: fc.constantFrom('front', 'back') }, { requiredKeys: [] }),
  node: fc.constantFrom(0, 1),
  isOnHostNetwork: fc.boolean().map((is) => is),
  http: fc.constantFrom(80, 8080),
  isSidecar: fc.boolean(),
});

type PodDraft = typeof aPodDraft extends fc.Arbitrary<infer T> ? T : never;

function podOf({ namespace, labels, node, http, isSidecar, ...draft }: PodDraft, i: number): Pod {
  const isOnHostNetwork = draft.isOnHostNetwork && i % 4 === 3;
  const [ip, ip6] = isOnHostNetwork
    ? [RANDOM_NODE_ADDRESSES[node] ?? '', RANDOM_NODE_ADDRESSES[node + 2] ?? '']
    : [`10.244.1.${i + 2}`, `fd00:10:244::${i + 2}`];
  const dns = {
    name: 'dns',
    ports: [{ name: 'dns', protocol: 'UDP' as const, containerPort: 53 }],
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `pod-${i}`, namespace, labels: labels },
    spec: {
      nodeName: NODES[node] ?? '',
      ...(isOnHostNetwork && { hostNetwork: true }),
      containers: [
        { name: 'main', ports: [{ name: 'http', containerPort: http }] },
        ...(isSidecar ? [] : [dns]),
      ],
      ...(isSidecar && { initContainers: [{ ...dns, restartPolicy: 'Always' }] }),
    },
    status: { phase: 'Running', podIP: ip, podIPs: [{ ip }, { ip: ip6 }] },
  };
}

/** A cluster of two nodes, three namespaces and some pods, one in four perhaps on its node's network. */
export const aPolicyCluster: fc.Arbitrary<PolicyCluster> = fc
  .record({
    teams: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
    pods: fc.array(aPodDraft, { minLength: 2, maxLength: 6 }),
    policies: somePolicies,
  })
  .map(({ teams, pods, policies }) => ({
    namespaces: namespacesOf(teams),
    nodes: RANDOM_NODES,
    pods: pods.map(podOf),
    policies,
  }));

export const objectsOf = (cluster: PolicyCluster): readonly KubeObject[] => [
  ...cluster.namespaces,
  ...cluster.nodes,
  ...cluster.pods,
  ...cluster.policies,
];

const isVersion6 = (address: string) => address.includes(':');

/** Every connection between addresses of one family that policies of `aPolicyCluster` may tell apart. */
export function flowsOf({ pods }: PolicyCluster): readonly RandomFlow[] {
  const ends = new Set([
    ...pods.flatMap(({ status }) => (status?.podIPs ?? []).map(({ ip }) => ip)),
    ...RANDOM_NODE_ADDRESSES,
    ...RANDOM_OUTSIDE_ADDRESSES,
  ]);
  const protocols: readonly PolicyProtocol[] = ['TCP', 'UDP', 'SCTP'];
  return [...ends].flatMap((source) =>
    [...ends]
      .filter((destination) => isVersion6(source) === isVersion6(destination))
      .flatMap((destination) =>
        protocols.flatMap((protocol) =>
          [...PORTS, 9000].map((port) => ({ source, destination, protocol, port })),
        ),
      ),
  );
}
