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
export const PORT_NAMES = [
  'open',
  'open-udp',
  'web',
  'web',
  'web',
  'web',
  'ask',
  'nobodys',
] as const;

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

export const drawProtocol = (dice: Dice) =>
  dice.pick(['TCP', 'TCP', 'TCP', 'UDP', 'UDP', 'SCTP'] as const);

const namedProtocol = (name: (typeof PORT_NAMES)[number]) =>
  name === 'ask' || name === 'open-udp' ? { protocol: 'UDP' as const } : {};

function drawPort(dice: Dice): NetworkPolicyPort {
  const protocol = dice.isOneIn(3) ? {} : { protocol: drawProtocol(dice) };
  switch (dice.pick(['number', 'range', 'name', 'name', 'name', 'protocol'] as const)) {
    case 'number':
      return { ...protocol, port: drawPortNumber(dice) };
    case 'range': {
      const [port, endPort] = drawPortRange(dice);
      return { ...protocol, port, endPort };
    }
    case 'name': {
      const port = dice.pick(PORT_NAMES);
      // Mostly that of the port, so that the name finds it.
      return dice.isOneIn(4) ? { ...protocol, port } : { ...namedProtocol(port), port };
    }
    case 'protocol':
      return { protocol: drawProtocol(dice) };
  }
}

function drawBlock(dice: Dice, { addressing }: PolicySurroundings): NetworkPolicyPeer {
  const { cidr, inside } = dice.pick(addressing.blocks);
  const except = inside.filter(() => !dice.isOneIn(3));
  return { ipBlock: { cidr, ...(except.length > 0 && { except }) } };
}

function drawPeer(dice: Dice, surroundings: PolicySurroundings): NetworkPolicyPeer {
  const namespaceSelector = () => drawNamespaceSelector(dice, surroundings.namespaces);
  switch (dice.pick(['pods', 'pods', 'namespaces', 'both', 'block', 'block', 'block'] as const)) {
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
  if (dice.isOneIn(8)) return dice.isOneIn(2) ? [] : undefined;
  return drawSome(dice.between(1, 2), () => drawPeer(dice, surroundings));
}

const drawPorts = (dice: Dice) =>
  dice.isOneIn(3) ? undefined : drawSome(dice.between(1, 2), () => drawPort(dice));

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
    podSelector: dice.isOneIn(4) ? {} : drawPodSelector(dice),
    ...(types.length > 0 && { policyTypes: [...types] }),
    ...(isAbout('Ingress') && { ingress: rules('from') }),
    // Without policyTypes, egress is what a policy is about when it has rules for it.
    ...(isAbout('Egress') && !(types.length === 0 && dice.isOneIn(2)) && { egress: rules('to') }),
  };
}

/** Lets in by port names what other policies seldom let in: the names alone decide. */
const ADMIT_BY_NAME: NetworkPolicySpec = {
  podSelector: {},
  policyTypes: ['Ingress'],
  ingress: [{ ports: [{ port: 'web' }, { protocol: 'UDP', port: 'ask' }] }],
};

/** Lets in a range but for parts of it. */
function admitWithExceptions(dice: Dice, { addressing }: PolicySurroundings): NetworkPolicySpec {
  const { cidr, inside } = dice.pick(addressing.blocks.filter(({ inside }) => inside.length > 1));
  const peer: NetworkPolicyPeer = { ipBlock: { cidr, except: [...inside] } };
  const podSelector = dice.isOneIn(2) ? {} : drawPodSelector(dice);
  return dice.isOneIn(2)
    ? { podSelector, policyTypes: ['Ingress'], ingress: [{ from: [peer] }] }
    : { podSelector, policyTypes: ['Egress'], egress: [{ to: [peer] }] };
}

/** Policies of every sort that networking.k8s.io/v1 knows. */
export function drawNetworkPolicies(dice: Dice, surroundings: PolicySurroundings): NetworkPolicy[] {
  const specs = drawSome(dice.between(3, 6), () => drawSpec(dice, surroundings));
  const pointed = [ADMIT_BY_NAME, admitWithExceptions(dice, surroundings)];
  return [...specs, ...pointed].map((spec, i) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `n${i}`, namespace: dice.pick(surroundings.namespaces) },
    spec,
  }));
}
