import type { NormalPort, RuleAction } from '../normal-policy.ts';
import type { NamedPort, PolicyProtocol } from '../policy-world.ts';
import type { PolicyOutcome } from '../verdict.ts';
import { coversAny } from './port-spans.ts';

/** A rule whose peers find the other end, or may. */
export interface ReachingRule {
  readonly action: RuleAction;
  readonly ports?: readonly NormalPort[];
  /** It has a domain name that is not known, and nothing else of it finds the other end. */
  readonly isUnsure: boolean;
}

/** One policy's rules that reach the other end, in their order. */
export type Candidate = readonly ReachingRule[];

/** What is asked of one end of a connection, with all that depends on who the other end is worked out. */
export interface Judgement {
  /** Policies of one priority each. */
  readonly admin: readonly (readonly Candidate[])[];
  /** NetworkPolicies that isolate the pod; undefined where none does. */
  readonly network: Candidate | undefined;
  /** The other end is the pod's own node, which NetworkPolicies always let in and out. */
  readonly isOwnNode: boolean;
  readonly baseline: readonly (readonly Candidate[])[];
}

/** Outcomes that are possible: bits. */
const ADMITTED = 1;
const NOT_ADMITTED = 2;
const OUTCOMES: readonly PolicyOutcome[] = ['admitted', 'admitted', 'not-admitted', 'undecidable'];

export type Covers = (ports: readonly NormalPort[] | undefined) => boolean;

/** What one policy may do about a connection: the first rule that matches, and all before it of which nobody knows. */
export function actionsOf(rules: Candidate, covers: Covers) {
  const actions: RuleAction[] = [];
  for (const { action, ports, isUnsure } of rules) {
    if (!covers(ports)) continue;
    actions.push(action);
    if (!isUnsure) return { actions, isSure: true };
  }
  return { actions, isSure: false };
}

/** One tier: which outcomes it may come to, and whether the next may be asked. */
function judgeTier(groups: readonly (readonly Candidate[])[], covers: Covers) {
  let possible = 0;
  let passes = false;
  for (const group of groups) {
    let isSure = false;
    for (const rules of group) {
      const found = actionsOf(rules, covers);
      isSure ||= found.isSure;
      for (const action of found.actions) {
        if (action === 'accept') possible |= ADMITTED;
        else if (action === 'deny') possible |= NOT_ADMITTED;
        else passes = true;
      }
    }
    // Policies of one priority: any of those that match may be the one that is applied.
    if (isSure) return { possible, passes };
  }
  return { possible, passes: true };
}

function judgeBaseline({ network, isOwnNode, baseline }: Judgement, covers: Covers): number {
  if (network && isOwnNode) return ADMITTED;
  if (network) return network.some(({ ports }) => covers(ports)) ? ADMITTED : NOT_ADMITTED;
  const { possible, passes } = judgeTier(baseline, covers);
  return passes ? possible | ADMITTED : possible;
}

/** Admin tier, NetworkPolicies, baseline tier, and what none of them has a word on passes. */
export function judgePort(judgement: Judgement, covers: Covers): PolicyOutcome {
  const { possible, passes } = judgeTier(judgement.admin, covers);
  const all = passes ? possible | judgeBaseline(judgement, covers) : possible;
  return OUTCOMES[all] ?? 'undecidable';
}

export const coversOf =
  (protocol: PolicyProtocol, port: number, named: readonly NamedPort[]): Covers =>
  (ports) =>
    coversAny(ports, protocol, port, named);
