import type { Direction, PolicyRef } from './normal-policy.ts';

/** `undecidable`: policies of equal priority disagree, or what is asked for is not known (a domain name's addresses). */
export type PolicyOutcome = 'admitted' | 'not-admitted' | 'undecidable';

/**
 * What one policy says to one connection. A NetworkPolicy admits or does not admit, it never denies; cluster policies use the
 * words of their API.
 */
export type PolicyWord =
  | 'Admits'
  | 'Does not admit'
  | 'Not applicable'
  | 'Undecidable'
  | 'Allow'
  | 'Accept'
  | 'Deny'
  | 'Pass'
  | 'No match';

/** A place in a policy, and how it reads there. */
export interface PolicyPlace {
  /** 0-based. */
  readonly index: number;
  /** `.spec.ingress[0].from[1]`. */
  readonly path: string;
}

/** Why a rule does not count for a connection. */
export interface RuleMiss {
  readonly rule: PolicyPlace;
  readonly because: 'no-peer' | 'no-port';
}

/** One policy that selects the pod, and what it says. */
export interface PolicyFinding {
  readonly policy: PolicyRef;
  readonly word: PolicyWord;
  /** The first rule that matches, with the peer and the port of it that do; absent where the rule names none. */
  readonly rule?: PolicyPlace & { readonly name?: string };
  readonly peer?: PolicyPlace;
  readonly port?: PolicyPlace;
  /** Its rules that do not match, when none does. */
  readonly misses: readonly RuleMiss[];
  /** Whether the verdict of this direction is this policy's (of NetworkPolicies that admit, the first; that do not, all). */
  readonly isDeciding: boolean;
}

/** What decided one direction. */
export type DecidedBy =
  | 'admin-tier'
  | 'network-policies'
  | 'baseline-tier'
  /** No policy isolates the pod in this direction: everything passes. */
  | 'not-isolated'
  /** This end is no pod, or one on its node's network: policies do not select it. */
  | 'not-a-pod'
  /** The other end is the pod's own node. */
  | 'own-node'
  /** A pod and itself: the packet never leaves it. */
  | 'loopback'
  /** Policies select the pod, and nobody on its node makes rules of them. */
  | 'not-enforced';

export interface DirectionVerdict {
  readonly direction: Direction;
  readonly outcome: PolicyOutcome;
  readonly decidedBy: DecidedBy;
  /** Every policy that selects the pod, in the order in which they are asked. */
  readonly policies: readonly PolicyFinding[];
}

/** May this connection come about, and who says so. Egress is judged where the source runs, ingress where the destination does. */
export interface Verdict {
  readonly outcome: PolicyOutcome;
  readonly egress: DirectionVerdict;
  readonly ingress: DirectionVerdict;
}
