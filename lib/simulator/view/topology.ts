import type { Node } from '../api/core/node.ts';
import type { Pod } from '../api/core/pod.ts';
import type { Service } from '../api/core/service.ts';
import type { EndpointSlice } from '../api/discovery/endpoint-slice.ts';
import { matchesLabelSelector } from '../api/meta/label-selector.ts';
import type { NetworkPolicy } from '../api/networking/network-policy.ts';
import type { Cluster } from '../cluster.ts';
import { enforcesPolicies } from '../node/policy-agent/enforces-policies.ts';
import type { Direction } from '../policy/normal-policy.ts';
import { normalizePolicy } from '../policy/normalize-policies.ts';

/** The cluster as a picture needs it: read only, plain data. */
export interface Topology {
  readonly nodes: readonly TopologyNode[];
  readonly services: readonly TopologyService[];
  readonly podCidr: string;
  readonly serviceCidr: string;
}

export interface TopologyNode {
  readonly name: string;
  readonly address: string;
  readonly podCidr?: string;
  readonly isReady: boolean;
  readonly bridge?: string;
  readonly pods: readonly TopologyPod[];
}

export interface TopologyPod {
  readonly namespace: string;
  readonly name: string;
  readonly ip?: string;
  readonly phase: string;
  readonly isReady: boolean;
  readonly isTerminating: boolean;
  readonly hostNetwork: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** Directions in which NetworkPolicies isolate it, where somebody makes rules of them; absent: none. */
  readonly isolated?: readonly Direction[];
  /** The host side of its veth pair. */
  readonly veth?: string;
}

export interface TopologyService {
  readonly namespace: string;
  readonly name: string;
  readonly type: string;
  readonly clusterIp?: string;
  readonly ports: readonly string[];
  readonly selector: Readonly<Record<string, string>>;
  /** `namespace/pod` of endpoints with their state. */
  readonly endpoints: readonly {
    readonly pod: string;
    readonly address: string;
    readonly isReady: boolean;
  }[];
}

const hasTrueCondition = (
  conditions: readonly { readonly type: string; readonly status: string }[] | undefined,
  type: string,
) =>
  conditions?.some((condition) => condition.type === type && condition.status === 'True') === true;

/** The host side of a pod's eth0: found by following the wire, as `ip link` would show it. */
function vethOf(cluster: Cluster, pod: Pod): string | undefined {
  const label = `${pod.metadata.namespace}/${pod.metadata.name}`;
  const namespace = Object.values(cluster.network.namespaces).find(
    (candidate) => candidate.label === label,
  );
  const eth0 = namespace?.links['eth0'];
  return eth0?.kind === 'veth' ? eth0.peer.link : undefined;
}

const DIRECTIONS: readonly Direction[] = ['ingress', 'egress'];

/** The directions that the policies which select a pod are about. A pod on its node's network is never selected. */
function isolationOf(cluster: Cluster, { metadata, spec }: Pod): readonly Direction[] {
  const policies = cluster.store.list<NetworkPolicy>('NetworkPolicy', {
    namespace: metadata.namespace ?? '',
  });
  if (policies.length === 0 || spec.hostNetwork === true) return [];
  if (!enforcesPolicies(cluster, spec.nodeName ?? '')) return [];
  const selecting = policies
    .map(normalizePolicy)
    .filter(({ subject }) => matchesLabelSelector(subject.pods, metadata.labels));
  return DIRECTIONS.filter((direction) =>
    selecting.some(({ directions }) => directions.includes(direction)),
  );
}

function topologyPod(cluster: Cluster, pod: Pod): TopologyPod {
  const veth = vethOf(cluster, pod);
  const isolated = isolationOf(cluster, pod);
  return {
    namespace: pod.metadata.namespace ?? '',
    name: pod.metadata.name,
    ...(pod.status?.podIP === undefined ? {} : { ip: pod.status.podIP }),
    phase: pod.status?.phase ?? 'Pending',
    isReady: hasTrueCondition(pod.status?.conditions, 'Ready'),
    isTerminating: pod.metadata.deletionTimestamp !== undefined,
    hostNetwork: pod.spec.hostNetwork === true,
    labels: pod.metadata.labels ?? {},
    ...(isolated.length === 0 ? {} : { isolated }),
    ...(veth === undefined ? {} : { veth }),
  };
}

function topologyNode(cluster: Cluster, name: string, address: string): TopologyNode {
  const node = cluster.store.get<Node>('Node', undefined, name);
  const podCidr = node?.spec?.podCIDR;
  const bridge = Object.values(cluster.network.namespaces[name]?.links ?? {}).find(
    (link) => link.kind === 'bridge',
  )?.name;
  return {
    name,
    address,
    ...(podCidr === undefined ? {} : { podCidr }),
    isReady: hasTrueCondition(node?.status?.conditions, 'Ready'),
    ...(bridge === undefined ? {} : { bridge }),
    pods: cluster.store
      .list<Pod>('Pod')
      .filter((pod) => pod.spec.nodeName === name)
      .map((pod) => topologyPod(cluster, pod)),
  };
}

function topologyService(cluster: Cluster, service: Service): TopologyService {
  const namespace = service.metadata.namespace ?? '';
  const endpoints = cluster.store
    .list<EndpointSlice>('EndpointSlice', {
      namespace,
      labelSelector: `kubernetes.io/service-name=${service.metadata.name}`,
    })
    // Of a dual-stack Service every pod has an endpoint in a slice of each family: one is drawn.
    .filter((slice) => slice.addressType === (service.spec.ipFamilies?.[0] ?? 'IPv4'))
    .flatMap((slice) => slice.endpoints ?? []);
  const clusterIp = service.spec.clusterIP;
  return {
    namespace,
    name: service.metadata.name,
    type: service.spec.type ?? 'ClusterIP',
    ...(clusterIp === undefined ? {} : { clusterIp }),
    ports: (service.spec.ports ?? []).map(
      (port) =>
        `${port.port}${port.nodePort === undefined ? '' : `:${port.nodePort}`}/${port.protocol ?? 'TCP'}`,
    ),
    selector: service.spec.selector ?? {},
    endpoints: endpoints.map((endpoint) => ({
      pod: `${endpoint.targetRef?.namespace ?? namespace}/${endpoint.targetRef?.name ?? ''}`,
      address: endpoint.addresses[0] ?? '',
      isReady: endpoint.conditions?.ready !== false,
    })),
  };
}

/** Nodes, pods and Services as they are now. */
export function viewTopology(cluster: Cluster): Topology {
  return {
    nodes: cluster.options.nodes.map(({ name, address }) => topologyNode(cluster, name, address)),
    services: cluster.store
      .list<Service>('Service')
      .map((service) => topologyService(cluster, service)),
    podCidr: cluster.options.podCidr,
    serviceCidr: cluster.options.serviceCidr,
  };
}
