import type {
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
} from '../api/networking/network-policy.ts';
import type { NormalPeer, NormalPolicy, NormalPort, NormalRule } from './normal-policy.ts';

function normalizePeer(peer: NetworkPolicyPeer, path: string, own: string): NormalPeer {
  const { ipBlock, namespaceSelector, podSelector = {} } = peer;
  if (ipBlock) {
    return { peer: 'networks', path, cidrs: [ipBlock.cidr], except: ipBlock.except ?? [] };
  }
  return { peer: 'pods', path, namespaces: namespaceSelector ?? own, pods: podSelector };
}

function normalizePort(
  { port, endPort, protocol = 'TCP' }: NetworkPolicyPort,
  path: string,
): NormalPort {
  if (typeof port === 'string') return { port: 'name', path, protocol, name: port };
  return { port: 'range', path, protocol, first: port ?? 1, last: endPort ?? port ?? 65_535 };
}

/** An empty list says as much as none: everybody, every port. */
const listed = <T, U>(items: readonly T[] | undefined, make: (item: T, index: number) => U) =>
  items && items.length > 0 ? items.map(make) : undefined;

function normalizeRule(
  peers: readonly NetworkPolicyPeer[] | undefined,
  ports: readonly NetworkPolicyPort[] | undefined,
  path: string,
  side: 'from' | 'to',
  own: string,
): NormalRule {
  const normalPeers = listed(peers, (peer, i) => normalizePeer(peer, `${path}.${side}[${i}]`, own));
  const normalPorts = listed(ports, (port, i) => normalizePort(port, `${path}.ports[${i}]`));
  return {
    action: 'accept',
    path,
    ...(normalPeers && { peers: normalPeers }),
    ...(normalPorts && { ports: normalPorts }),
  };
}

/**
 * A NetworkPolicy in the common form. Without `policyTypes` it is about ingress, and about egress when it has such rules
 * (networking/v1 `NetworkPolicySpec.policyTypes`); rules of a direction that it is not about are kept and not asked.
 */
export function normalizeNetworkPolicy({ metadata, spec }: NetworkPolicy): NormalPolicy {
  const { podSelector = {}, ingress = [], egress = [], policyTypes = [] } = spec;
  const namespace = metadata.namespace ?? 'default';
  const isAbout = (type: 'Ingress' | 'Egress') =>
    policyTypes.length > 0 ? policyTypes.includes(type) : type === 'Ingress' || egress.length > 0;
  return {
    ref: { kind: 'NetworkPolicy', namespace, name: metadata.name },
    tier: 'network',
    priority: 0,
    subject: { peer: 'pods', path: '.spec.podSelector', namespaces: namespace, pods: podSelector },
    directions: [
      ...(isAbout('Ingress') ? (['ingress'] as const) : []),
      ...(isAbout('Egress') ? (['egress'] as const) : []),
    ],
    ingress: ingress.map(({ from, ports }, i) =>
      normalizeRule(from, ports, `.spec.ingress[${i}]`, 'from', namespace),
    ),
    egress: egress.map(({ to, ports }, i) =>
      normalizeRule(to, ports, `.spec.egress[${i}]`, 'to', namespace),
    ),
  };
}
