import type {
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
} from '../api/networking/network-policy.ts';
import type { Addressing } from './addressing.ts';
import type { Dice } from './dice.ts';
import { drawNamespaceSelector, drawPodSelector } from './draw-selector.ts';
import { CLOSED_PORT, OPEN_PORT, RARE_PORT } from './probe-ports.ts';

/** What policies are drawn from. */
export interface PolicySurroundings {
  readonly namespaces: readonly string[];
  readonly addressing: Addressing;
}

/** Port names that pods have, on different numbers; and one that none has. */
export const PORT_NAMES = ['open', 'open-udp', 'web', 'web', 'ask', 'nobodys'] as const;

export const drawPortNumber = (dice: Dice) =>
  dice.pick([OPEN_PORT, OPEN_PORT, RARE_PORT, CLOSED_PORT]);

/** First and last port of a range that has some of the ports that probes ask. */
export const drawPortRange = (dice: Dice): readonly [number, number] =>
  dice.pick([
    [OPEN_PORT, RARE_PORT],
    [CLOSED_PORT, OPEN_PORT],
    [8000, 8999],
    [RARE_PORT, 9100],
    [1, 65_535],
  ]);

export const drawProtocol = (dice: Dice) => dice.pick(['TCP', 'TCP', 'UDP', 'SCTP'] as const);

function drawPort(dice: Dice): NetworkPolicyPort {
  const protocol = dice.isOneIn(3) ? {} : { protocol: drawProtocol(dice) };
  switch (dice.pick(['number', 'number', 'range', 'name', 'name', 'protocol'] as const)) {
    case 'number':
      return { ...protocol, port: drawPortNumber(dice) };
    case 'range': {
      const [port, endPort] = drawPortRange(dice);
      return { ...protocol, port, endPort };
    }
    case 'name':
      return { ...protocol, port: dice.pick(PORT_NAMES) };
    case 'protocol':
      return { protocol: drawProtocol(dice) };
  }
}

function drawBlock(dice: Dice, { addressing }: PolicySurroundings): NetworkPolicyPeer {
  const { cidr, inside } = dice.pick(addressing.blocks);
  const except = inside.filter(() => dice.isOneIn(2));
  return { ipBlock: { cidr, ...(except.length > 0 && { except }) } };
}

function drawPeer(dice: Dice, surroundings: PolicySurroundings): NetworkPolicyPeer {
  const namespaceSelector = () => drawNamespaceSelector(dice, surroundings.namespaces);
  switch (dice.pick(['pods', 'pods', 'namespaces', 'both', 'block', 'block'] as const)) {
    case 'pods':
      return { podSelector: drawPodSelector(dice) };
    case 'namespaces':
      return { namespaceSelector: namespaceSelector() };
    case 'both':
      return { namespaceSelector: namespaceSelector(), podSelector: drawPodSelector(dice) };
    case 'block':
      return drawBlock(dice, surroundings);
  }
}

/** So many things, each drawn anew. */
export const drawSome = <T>(count: number, draw: () => T): T[] =>
  Array.from({ length: count }, () => draw());

/** None, or an empty list, is everybody. */
function drawPeers(dice: Dice, surroundings: PolicySurroundings): NetworkPolicyPeer[] | undefined {
  if (dice.isOneIn(5)) return dice.isOneIn(2) ? [] : undefined;
  return drawSome(dice.between(1, 2), () => drawPeer(dice, surroundings));
}

const drawPorts = (dice: Dice) =>
  dice.isOneIn(2) ? drawSome(dice.between(1, 2), () => drawPort(dice)) : undefined;

type PolicyType = 'Ingress' | 'Egress';

/** Empty: nobody said, and the API fills them in. */
const POLICY_TYPES: readonly (readonly PolicyType[])[] = [
  [],
  ['Ingress'],
  ['Egress'],
  ['Ingress', 'Egress'],
];

function drawSpec(dice: Dice, surroundings: PolicySurroundings): NetworkPolicySpec {
  const types = dice.pick(POLICY_TYPES);
  const rule = (side: 'from' | 'to') => {
    const [peers, ports] = [drawPeers(dice, surroundings), drawPorts(dice)];
    return { ...(peers && { [side]: peers }), ...(ports && { ports }) };
  };
  const rules = (side: 'from' | 'to') => drawSome(dice.between(0, 2), () => rule(side));
  const isAbout = (type: PolicyType) => types.length === 0 || types.includes(type);
  return {
    podSelector: drawPodSelector(dice),
    ...(types.length > 0 && { policyTypes: [...types] }),
    ...(isAbout('Ingress') && { ingress: rules('from') }),
    // Without policyTypes, egress is what a policy is about when it has rules for it.
    ...(isAbout('Egress') && !(types.length === 0 && dice.isOneIn(2)) && { egress: rules('to') }),
  };
}

/** Policies of every sort that networking.k8s.io/v1 knows. */
export const drawNetworkPolicies = (
  dice: Dice,
  surroundings: PolicySurroundings,
): NetworkPolicy[] =>
  drawSome(dice.between(3, 6), () => drawSpec(dice, surroundings)).map((spec, i) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `n${i}`, namespace: dice.pick(surroundings.namespaces) },
    spec,
  }));
