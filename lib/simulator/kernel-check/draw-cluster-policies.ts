import type {
  AdminEgressRule,
  AdminIngressRule,
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
import type { Dice } from './dice.ts';
import {
  drawPortNumber,
  drawPortRange,
  drawProtocol,
  drawSome,
  PORT_NAMES,
  type PolicySurroundings,
} from './draw-policies.ts';
import { drawNamespaceSelector, drawPodSelector } from './draw-selector.ts';

/** Few, so that some are equal. */
const drawPriority = (dice: Dice) => dice.pick([0, 10, 10, 20, 1000]);

function drawPods(dice: Dice, { namespaces }: PolicySurroundings): PolicySubject {
  const selector = dice.isOneIn(3) ? {} : drawNamespaceSelector(dice, namespaces);
  if (dice.isOneIn(3)) return { namespaces: selector };
  return { pods: { namespaceSelector: selector, podSelector: drawPodSelector(dice) } };
}

type OutsidePeer = Omit<ClusterEgressPeer, keyof PolicySubject>;

function drawOutside(dice: Dice, { addressing }: PolicySurroundings): OutsidePeer {
  switch (dice.pick(['nodes', 'networks', 'networks', 'networks', 'domains'] as const)) {
    case 'nodes': {
      const name = dice.pick(['node-a', 'node-b', 'node-c']);
      return dice.isOneIn(3)
        ? { nodes: {} }
        : { nodes: { matchLabels: { 'kubernetes.io/hostname': name } } };
    }
    case 'networks': {
      const drawn = drawSome(dice.between(1, 2), () => dice.pick(addressing.blocks).cidr);
      return { networks: [...new Set(drawn)] };
    }
    case 'domains':
      return { domainNames: [dice.pick(['example.com', '*.example.net'])] };
  }
}

/** How a rule may say ports: names are what pods alone have. */
type PortWords = 'numbers' | 'numbers-and-names';

/** Whom a rule is about. */
interface DrawnPeers {
  readonly peers: ClusterEgressPeer[];
  readonly portWords: PortWords;
}

function drawPeers(dice: Dice, surroundings: PolicySurroundings, side: 'from' | 'to'): DrawnPeers {
  const arePodsAlone = side === 'from' || dice.isOneIn(2);
  const peers = drawSome(dice.between(1, 2), () =>
    arePodsAlone || dice.isOneIn(3)
      ? drawPods(dice, surroundings)
      : drawOutside(dice, surroundings),
  );
  return { peers, portWords: arePodsAlone ? 'numbers-and-names' : 'numbers' };
}

const drawPortKind = (dice: Dice, words: PortWords) =>
  dice.pick(['number', 'range', words === 'numbers' ? 'number' : 'name'] as const);

function drawAdminPort(dice: Dice, portWords: PortWords): AdminPort {
  const protocol = drawProtocol(dice);
  switch (drawPortKind(dice, portWords)) {
    case 'number':
      return { portNumber: { protocol, port: drawPortNumber(dice) } };
    case 'range': {
      const [start, end] = drawPortRange(dice);
      return { portRange: { protocol, start, end } };
    }
    case 'name':
      return { namedPort: dice.pick(PORT_NAMES) };
  }
}

function drawClusterPort(dice: Dice, portWords: PortWords): ClusterProtocol {
  const protocol = dice.pick(['tcp', 'tcp', 'udp', 'sctp'] as const);
  switch (drawPortKind(dice, portWords)) {
    case 'number':
      return { [protocol]: { destinationPort: { number: drawPortNumber(dice) } } };
    case 'range': {
      const [start, end] = drawPortRange(dice);
      return { [protocol]: { destinationPort: { range: { start, end } } } };
    }
    case 'name':
      return { destinationNamedPort: dice.pick(PORT_NAMES) };
  }
}

/** Half of the rules name ports; those that pass on seldom, or little would be passed on. */
const drawPorts = <T>(dice: Dice, action: string, draw: () => T): T[] | undefined =>
  dice.isOneIn(action === 'Pass' ? 6 : 2) ? drawSome(dice.between(1, 2), draw) : undefined;

/** A baseline policy has nobody to pass on to, but for the actions of v1alpha2. */
function drawAdminRules(
  dice: Dice,
  surroundings: PolicySurroundings,
  actions: readonly AdminIngressRule['action'][],
): { ingress: AdminIngressRule[]; egress: AdminEgressRule[] } {
  const rule = (side: 'from' | 'to') => {
    const { peers, portWords } = drawPeers(dice, surroundings, side);
    const action = dice.pick(actions);
    const ports = drawPorts(dice, action, () => drawAdminPort(dice, portWords));
    return { action, peers, ...(ports && { ports }) };
  };
  return {
    ingress: drawSome(dice.between(0, 2), () => rule('from')).map(({ peers, ...rest }) => ({
      ...rest,
      from: peers,
    })),
    egress: drawSome(dice.between(0, 2), () => rule('to')).map(({ peers, ...rest }) => ({
      ...rest,
      to: peers.map(withoutDomains),
    })),
  };
}

/** In the v1alpha1 kinds names are for rules that allow. */
const withoutDomains = (peer: ClusterEgressPeer): ClusterEgressPeer =>
  peer.domainNames ? { networks: ['172.20.0.10/32'] } : peer;

function drawAdminPolicy(dice: Dice, surroundings: PolicySurroundings): AdminNetworkPolicy['spec'] {
  return {
    priority: drawPriority(dice),
    subject: drawPods(dice, surroundings),
    ...drawAdminRules(dice, surroundings, ['Allow', 'Deny', 'Pass', 'Pass']),
  };
}

function drawClusterPolicy(
  dice: Dice,
  surroundings: PolicySurroundings,
): ClusterNetworkPolicy['spec'] {
  const rule = (side: 'from' | 'to') => {
    const { peers, portWords } = drawPeers(dice, surroundings, side);
    const isByDomain = peers.some(({ domainNames }) => domainNames);
    const action = isByDomain ? 'Accept' : dice.pick(['Accept', 'Deny', 'Pass', 'Pass'] as const);
    const protocols = drawPorts(dice, action, () => drawClusterPort(dice, portWords));
    return { action, peers, ...(protocols && { protocols }) };
  };
  return {
    tier: dice.pick(['Admin', 'Admin', 'Baseline']),
    priority: drawPriority(dice),
    subject: drawPods(dice, surroundings),
    ingress: drawSome(dice.between(0, 2), () => rule('from')).map(({ peers, ...rest }) => ({
      ...rest,
      from: peers,
    })),
    egress: drawSome(dice.between(0, 2), () => rule('to')).map(({ peers, ...rest }) => ({
      ...rest,
      to: peers,
    })),
  };
}

/** Behind the others of its tier: what pods say to pods is left to their namespaces. */
const passOnAll = (dice: Dice, surroundings: PolicySurroundings): AdminNetworkPolicy['spec'] => ({
  priority: 999,
  subject: drawPods(dice, surroundings),
  ingress: [{ action: 'Pass', from: [{ namespaces: {} }] }],
});

type ClusterWide = AdminNetworkPolicy | BaselineAdminNetworkPolicy | ClusterNetworkPolicy;

/** Policies of administrators: of both kinds that have tiers, with equal priorities now and then. */
export function drawClusterPolicies(dice: Dice, surroundings: PolicySurroundings): ClusterWide[] {
  const admin = drawSome(dice.between(1, 2), () => drawAdminPolicy(dice, surroundings));
  const cluster = drawSome(dice.between(1, 3), () => drawClusterPolicy(dice, surroundings));
  const baseline: BaselineAdminNetworkPolicy = {
    apiVersion: 'policy.networking.k8s.io/v1alpha1',
    kind: 'BaselineAdminNetworkPolicy',
    metadata: { name: 'default' },
    spec: {
      subject: drawPods(dice, surroundings),
      ...drawAdminRules(dice, surroundings, ['Allow', 'Deny']),
    },
  };
  return [
    ...[...admin, passOnAll(dice, surroundings)].map((spec, i): AdminNetworkPolicy => ({
      apiVersion: 'policy.networking.k8s.io/v1alpha1',
      kind: 'AdminNetworkPolicy',
      metadata: { name: `a${i}` },
      spec,
    })),
    ...cluster.map((spec, i): ClusterNetworkPolicy => ({
      apiVersion: 'policy.networking.k8s.io/v1alpha2',
      kind: 'ClusterNetworkPolicy',
      metadata: { name: `c${i}` },
      spec,
    })),
    ...(dice.isOneIn(2) ? [baseline] : []),
  ];
}
