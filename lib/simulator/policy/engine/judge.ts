import type { RuleAction } from '../normal-policy.ts';
import type { PolicyProtocol } from '../policy-protocol.ts';
import type { NamedPort } from '../policy-world.ts';
import type { PolicyOutcome } from '../verdict.ts';
import { isInRanges, rangesAt, type CompiledPorts } from './port-ranges.ts';

/** A rule of a cluster policy whose peers find the other end, or may. */
export interface ReachingRule {
  readonly action: RuleAction;
  /** Undefined: every port. */
  readonly ports?: CompiledPorts;
  /** It has a domain name that is not known, and nothing else of it finds the other end. */
  readonly isUnsure: boolean;
}

/** One policy's rules that reach the other end, in their order. */
type Candidate = readonly ReachingRule[];

/** Policies of one tier in groups of equal priority. */
export type Tier = readonly (readonly Candidate[])[];

/** What is asked of one end of a connection, with all that depends on who the other end is worked out. */
export interface Judgement {
  readonly admin: Tier;
  /** What the NetworkPolicies that isolate the pod admit together; undefined where none isolates it. */
  readonly network: 'every port' | ReadonlySet<CompiledPorts> | undefined;
  readonly baseline: Tier;
}

/** A connection to a port, as rules see it. */
export interface AskedPort {
  readonly protocol: PolicyProtocol;
  readonly port: number;
  /** Named ports of the destination. */
  readonly named: readonly NamedPort[];
}

/** Outcomes that are possible: bits. */
const ADMITTED = 1;
const NOT_ADMITTED = 2;
const OUTCOMES: readonly PolicyOutcome[] = ['admitted', 'admitted', 'not-admitted', 'undecidable'];

const covers = (ports: CompiledPorts | undefined, { protocol, port, named }: AskedPort) =>
  !ports || isInRanges(rangesAt(ports, protocol, named), port);

/** What one policy may do: by the first rule that matches, and by those before it of which nobody knows. */
function judgePolicy(rules: Candidate, asked: AskedPort) {
  let [possible, passes] = [0, false];
  for (const { action, ports, isUnsure } of rules) {
    if (!covers(ports, asked)) continue;
    if (action === 'accept') possible |= ADMITTED;
    else if (action === 'deny') possible |= NOT_ADMITTED;
    else passes = true;
    if (!isUnsure) return { possible, passes, isSure: true };
  }
  return { possible, passes, isSure: false };
}

/** One tier: which outcomes it may come to, and whether the next may be asked. */
function judgeTier(groups: Tier, asked: AskedPort) {
  let [possible, passes] = [0, false];
  for (const group of groups) {
    let isSure = false;
    // Policies of one priority: any of those that match may be the one that is applied.
    for (const rules of group) {
      const found = judgePolicy(rules, asked);
      possible |= found.possible;
      passes ||= found.passes;
      isSure ||= found.isSure;
    }
    if (isSure) return { possible, passes };
  }
  return { possible, passes: true };
}

/**
 * Admin tier, NetworkPolicies, baseline tier; what none of them has a word on passes. `isAdmitted`: whether the
 * NetworkPolicies that isolate the pod admit it, undefined where none does.
 */
export function judgePort(
  { admin, baseline }: Judgement,
  isAdmitted: boolean | undefined,
  asked: AskedPort,
): PolicyOutcome {
  const first = judgeTier(admin, asked);
  let { possible } = first;
  if (first.passes && isAdmitted !== undefined) possible |= isAdmitted ? ADMITTED : NOT_ADMITTED;
  else if (first.passes) {
    const last = judgeTier(baseline, asked);
    possible |= last.passes ? last.possible | ADMITTED : last.possible;
  }
  return OUTCOMES[possible] ?? 'undecidable';
}
