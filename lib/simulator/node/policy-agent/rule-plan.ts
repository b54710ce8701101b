import type { ObjectRef } from '../../base/object-ref.ts';
import type {
  Direction,
  NetworkPeer,
  NormalPeer,
  NormalPolicy,
  NormalPort,
  NormalRule,
  PodPeer,
  PolicyTier,
  RuleAction,
} from '../../policy/normal-policy.ts';
import type { PolicyProtocol } from '../../policy/policy-protocol.ts';
import type { PolicyPod } from '../../policy/policy-world.ts';
import { ruleBecause } from './because.ts';
import { namedPortSet, networkSet, nodeSet, podSet, type AddressSet } from './address-set.ts';

/*
 * The rules of one node, free of any dialect. iptables and nftables print the same plan.
 *
 * A packet that belongs to a known connection passes. For each end that is a pod of this node and has a plan for its
 * direction (the destination's ingress, the source's egress) the first packet of a connection is asked:
 *   1. the policies of the admin tier in order, each rule by rule: `accept` ends the direction, `deny` drops the packet,
 *      `pass` goes on with 2;
 *   2. `network`: when there are any, one of their rules has to match, or the packet is dropped; 3 is not asked;
 *   3. without any, the baseline tier as the admin tier; there `pass` ends the direction like `accept`.
 * What comes from the pod's own node passes at once; what goes there passes at 2. What a pod sends to itself passes.
 */

/** One rule in one form: one peer, one port. */
export interface PlannedRule {
  readonly action: RuleAction;
  /** Who is at the other end: the source for ingress, the destination for egress. Absent: whoever. */
  readonly peer?: AddressSet;
  readonly port?: PlannedPort;
  /**
   * The policy, and of it `.spec.ingress[0].from[1]`: the peer, or without any the rule. Before it, for cluster policies, the
   * action in their API's word: `Deny .spec.egress[0].to[0]`.
   */
  readonly because: ObjectRef;
}

/** A port of the destination. */
export type PlannedPort =
  | {
      readonly port: 'range';
      readonly protocol: PolicyProtocol;
      /** Inclusive; 1 to 65535 is every port. */
      readonly first: number;
      readonly last: number;
    }
  /** The destination's address and port together are in the set. */
  | { readonly port: 'named'; readonly targets: AddressSet };

/** What a policy asks of one direction of the pods that it selects: the same for all of them, and on all nodes. */
export interface PlannedPolicy {
  readonly policy: NormalPolicy;
  readonly tier: PolicyTier;
  readonly direction: Direction;
  /** In order; each accepts, denies or passes on what matches it. */
  readonly rules: readonly PlannedRule[];
}

/** The policies that select a pod in one direction, in the order in which they are asked. */
export interface PodDirection {
  readonly admin: readonly PlannedPolicy[];
  /** Any of them, and the pod is isolated. */
  readonly network: readonly PlannedPolicy[];
  readonly baseline: readonly PlannedPolicy[];
}

/** A pod of this node that some policy selects. */
export interface PlannedPod {
  readonly pod: PolicyPod;
  /** Absent: no policy is about this direction of it. */
  readonly ingress?: PodDirection;
  readonly egress?: PodDirection;
}

/** Nobody knows the addresses behind a name before somebody asks for them. Simplified: nobody listens to DNS answers here. */
function peerSet(peer: NormalPeer): AddressSet | undefined {
  switch (peer.peer) {
    case 'pods':
      return podSet(peer);
    case 'nodes':
      return nodeSet(peer.nodes);
    case 'networks':
      return networkSet([peer]);
    case 'domains':
      return undefined;
  }
}

/** One end and one port of a rule. */
interface Case {
  readonly rule: NormalRule;
  /** Undefined: whoever. */
  readonly peer:
    { readonly path: string; readonly set: AddressSet; readonly pods?: PodPeer } | undefined;
  /** Undefined: whatever. */
  readonly port: NormalPort | undefined;
}

function planCase(
  policy: NormalPolicy,
  direction: Direction,
  { rule, peer, port }: Case,
): PlannedRule {
  const { action, path } = rule;
  const set = peer && { peer: peer.set };
  const because = ruleBecause(policy, action, peer?.path ?? path);
  if (!port) return { action, ...set, because };
  if (port.port === 'range') {
    const { protocol, first, last } = port;
    return { action, ...set, port: { port: 'range', protocol, first, last }, because };
  }
  // At ingress the ports are those of the pod that the policy is about; at egress the peer's, and where that is no selection
  // of pods those of whichever pod has the address.
  const pods = direction === 'ingress' ? policy.subject : peer?.pods;
  const targets = namedPortSet(port.name, port.protocol, pods);
  // The set has the peer's addresses already.
  const isWithPeer = direction === 'egress' && peer?.pods !== undefined;
  return { action, ...(!isWithPeer && set), port: { port: 'named', targets }, because };
}

/** More blocks of addresses in one rule, and they are one set: each would be a set and rules of its own. */
const MOST_BLOCKS = 32;

const isBlock = (peer: NormalPeer): peer is NetworkPeer => peer.peer === 'networks';

function peersOf({ peers }: NormalRule): readonly Case['peer'][] {
  if (!peers) return [undefined];
  const blocks = peers.filter(isBlock);
  const areJoined = blocks.length > MOST_BLOCKS;
  const each = (areJoined ? peers.filter((peer) => !isBlock(peer)) : peers).flatMap((peer) => {
    const set = peerSet(peer);
    return set ? [{ path: peer.path, set, ...(peer.peer === 'pods' && { pods: peer }) }] : [];
  });
  if (!areJoined) return each;
  const path = (blocks[0]?.path ?? '').replace(/\[\d+\]$/, '');
  return [...each, { path, set: networkSet(blocks) }];
}

const planRule = (
  policy: NormalPolicy,
  direction: Direction,
  rule: NormalRule,
): readonly PlannedRule[] =>
  peersOf(rule).flatMap((peer) =>
    (rule.ports ?? [undefined]).map((port) => planCase(policy, direction, { rule, peer, port })),
  );

type Plans = Partial<Record<Direction, PlannedPolicy>>;

/** Policies never change, and all nodes plan the same. */
const planned = new WeakMap<NormalPolicy, Plans>();

/** What a policy asks of a direction that it is about. */
export function planPolicy(policy: NormalPolicy, direction: Direction): PlannedPolicy {
  const plans = planned.get(policy) ?? {};
  planned.set(policy, plans);
  return (plans[direction] ??= {
    policy,
    tier: policy.tier,
    direction,
    rules: policy[direction].flatMap((rule) => planRule(policy, direction, rule)),
  });
}

/** Every set that a policy's rules look into. */
export const setsOfRules = ({ rules }: PlannedPolicy): readonly AddressSet[] =>
  rules.flatMap(({ peer, port }) => [
    ...(peer ? [peer] : []),
    ...(port?.port === 'named' ? [port.targets] : []),
  ]);
