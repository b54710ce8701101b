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
import type {
  Direction,
  NormalPeer,
  NormalPolicy,
  NormalPort,
  NormalRule,
  PodPeer,
  RuleAction,
} from './normal-policy.ts';
import type { PolicyProtocol } from './policy-protocol.ts';

type AnyClusterPolicy = AdminNetworkPolicy | BaselineAdminNetworkPolicy | ClusterNetworkPolicy;
type RuleOf<T extends Direction> = NonNullable<AnyClusterPolicy['spec'][T]>[number];

const ACTIONS: Readonly<Record<string, RuleAction>> = {
  Allow: 'accept',
  Accept: 'accept',
  Deny: 'deny',
  Pass: 'pass',
};

const TRANSPORTS = [
  ['tcp', 'TCP'],
  ['udp', 'UDP'],
  ['sctp', 'SCTP'],
] as const;

const podsOf = ({ namespaces, pods }: PolicySubject, path: string): PodPeer => ({
  peer: 'pods',
  path,
  namespaces: namespaces ?? pods?.namespaceSelector ?? {},
  pods: pods?.podSelector ?? {},
});

function normalizePeer(peer: ClusterEgressPeer, path: string): NormalPeer | undefined {
  const { nodes, networks, domainNames } = peer;
  if (nodes) return { peer: 'nodes', path, nodes };
  if (networks) return { peer: 'networks', path, cidrs: networks, except: [] };
  if (domainNames) return { peer: 'domains', path, names: domainNames };
  return peer.namespaces || peer.pods ? podsOf(peer, path) : undefined;
}

const range = (
  path: string,
  protocol: PolicyProtocol,
  first: number,
  last: number,
): NormalPort => ({
  port: 'range',
  path,
  protocol,
  first,
  last,
});

function normalizeAdminPort(port: AdminPort, path: string): readonly NormalPort[] {
  const { portNumber, portRange, namedPort } = port;
  if (portNumber)
    return [range(path, portNumber.protocol ?? 'TCP', portNumber.port, portNumber.port)];
  if (portRange) return [range(path, portRange.protocol ?? 'TCP', portRange.start, portRange.end)];
  return namedPort === undefined ? [] : [{ port: 'name', path, name: namedPort }];
}

/** A protocol without a port stands for all its ports. */
function normalizeProtocol(item: ClusterProtocol, path: string): readonly NormalPort[] {
  const name = item.destinationNamedPort;
  if (name !== undefined) return [{ port: 'name', path, name }];
  return TRANSPORTS.flatMap(([key, protocol]) => {
    const transport = item[key];
    if (!transport) return [];
    const { number, range: span } = transport.destinationPort ?? {};
    return [range(path, protocol, number ?? span?.start ?? 1, number ?? span?.end ?? 65_535)];
  });
}

function portsOf(rule: RuleOf<Direction>, path: string): readonly NormalPort[] | undefined {
  if ('protocols' in rule && rule.protocols) {
    return rule.protocols.flatMap((item, i) => normalizeProtocol(item, `${path}.protocols[${i}]`));
  }
  if ('ports' in rule && rule.ports) {
    return rule.ports.flatMap((item, i) => normalizeAdminPort(item, `${path}.ports[${i}]`));
  }
  return undefined;
}

/**
 * A peer of no known field fails closed, as the API wants (v1alpha1 `AdminNetworkPolicyIngressPeer`, v1alpha2
 * `ClusterNetworkPolicyIngressPeer`): an accepting rule matches nothing, any other one denies everything.
 */
function normalizeRule(rule: RuleOf<Direction>, path: string): NormalRule {
  const [side, items] =
    'from' in rule ? (['from', rule.from] as const) : (['to', rule.to] as const);
  const peers = items.map((peer, i) => normalizePeer(peer, `${path}.${side}[${i}]`));
  const known = peers.filter((peer) => peer !== undefined);
  const action = ACTIONS[rule.action] ?? 'deny';
  const head = { path, ...(rule.name !== undefined && { name: rule.name }) };
  if (known.length < peers.length) {
    return action === 'accept' ? { ...head, action, peers: [] } : { ...head, action: 'deny' };
  }
  const ports = portsOf(rule, path);
  return { ...head, action, peers: known, ...(ports && { ports }) };
}

/** An AdminNetworkPolicy, BaselineAdminNetworkPolicy or ClusterNetworkPolicy in the common form. */
export function normalizeClusterPolicy({ kind, metadata, spec }: AnyClusterPolicy): NormalPolicy {
  const isBaseline =
    'tier' in spec ? spec.tier === 'Baseline' : kind === 'BaselineAdminNetworkPolicy';
  const { ingress = [], egress = [], subject } = spec;
  return {
    ref: { kind, name: metadata.name },
    tier: isBaseline ? 'baseline' : 'admin',
    priority: 'priority' in spec ? spec.priority : 0,
    subject: podsOf(subject, subject.pods ? '.spec.subject.pods' : '.spec.subject.namespaces'),
    directions: [
      ...(ingress.length > 0 ? (['ingress'] as const) : []),
      ...(egress.length > 0 ? (['egress'] as const) : []),
    ],
    ingress: ingress.map((rule, i) => normalizeRule(rule, `.spec.ingress[${i}]`)),
    egress: egress.map((rule, i) => normalizeRule(rule, `.spec.egress[${i}]`)),
  };
}
