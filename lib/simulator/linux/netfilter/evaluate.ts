import type { NetfilterHook } from '../../trace/step.ts';
import { numberOf4 } from '../prefix4.ts';
import { compiledAt, compiledOf, isRuleMatched, type CompiledRule } from './compile-rule.ts';
import type { MatchSubject } from './match/subject.ts';
import { ruleState } from './rule-state.ts';
import type { Chain, Count, RejectWith, Rule, Table, Target } from './rule.ts';
import { updateIpset } from './target/ipset.ts';
import { markConnection, markPacket } from './target/mark.ts';

/** A rule that was looked at. */
export interface SeenRule {
  readonly chain: string;
  /** 1-based. */
  readonly number: number;
  readonly rule: Rule;
  readonly matched: boolean;
}

/** A target that decides about translation; the nat table gives them. */
export type NatTarget = Extract<Target, { target: 'DNAT' | 'SNAT' | 'MASQUERADE' | 'REDIRECT' }>;

export type TableVerdict =
  | { readonly verdict: 'accept' }
  | { readonly verdict: 'drop' }
  | { readonly verdict: 'reject'; readonly with: RejectWith }
  | { readonly verdict: 'nat'; readonly target: NatTarget };

export interface TableResult {
  readonly outcome: TableVerdict;
  /** The rule that decided; absent when the chain's policy did. */
  readonly deciding?: Rule;
  /** How many rules were looked at. */
  readonly compared: number;
  /** Which, in order; empty when nobody wants to know. */
  readonly seen: readonly SeenRule[];
}

/** Whether somebody will read which rules were looked at. */
export type Audience = 'recorder' | 'nobody';

/** The kernel refuses rules that jump in a circle, and so deep: a guard against a ruleset made by hand. */
const DEEPEST = 64;

interface Frame {
  readonly chain: string;
  readonly members: Chain | undefined;
  readonly rules: readonly Rule[];
  readonly compiled: (CompiledRule | undefined)[];
  next: number;
}

const ACCEPT: TableVerdict = { verdict: 'accept' };
const DROP: TableVerdict = { verdict: 'drop' };

/** What a matching rule's target does: a verdict, a jump, a return, or nothing. May change the packet's mark. */
// eslint-disable-next-line complexity -- one line a kind.
function applyTarget(
  target: Target,
  subject: MatchSubject,
): TableVerdict | { jump: string; isGoto?: true } | 'return' | 'continue' {
  switch (target.target) {
    case 'ACCEPT':
      return ACCEPT;
    case 'DROP':
      return DROP;
    case 'RETURN':
      return 'return';
    case 'REJECT':
      return { verdict: 'reject', with: target.with ?? 'icmp-port-unreachable' };
    case 'JUMP':
      return { jump: target.chain, ...(target.isGoto && { isGoto: true as const }) };
    case 'DNAT':
    case 'SNAT':
    case 'MASQUERADE':
    case 'REDIRECT':
      return { verdict: 'nat', target };
    case 'MARK':
      markPacket(subject.skb, target);
      return 'continue';
    case 'NOTRACK':
      subject.skb.connectionState = 'UNTRACKED';
      return 'continue';
    case 'CONNMARK':
      markConnection(subject, target);
      return 'continue';
    case 'SET':
      updateIpset(subject, target);
      return 'continue';
    case 'LOG':
    case 'NFLOG':
    case 'NONE':
      return 'continue';
  }
}

const NO_RULES: readonly Rule[] = [];

function frameOf(chain: string, members: Chain | undefined): Frame {
  const rules = members?.rules ?? NO_RULES;
  return { chain, members, rules, compiled: compiledOf(rules), next: 0 };
}

function count(counted: Count, { skb }: MatchSubject): void {
  counted.packets += 1;
  counted.bytes += skb.packet.length;
}

/**
 * ipt_do_table: runs one table's chains at a hook over a packet. Rules in order; a jump goes into a chain and comes back
 * behind the rule when that chain ends or returns; the end of the built-in chain, or a RETURN in it, is its policy.
 */
// eslint-disable-next-line complexity -- the kernel does it in one loop too.
export function evaluateTable(
  table: Table,
  hook: NetfilterHook,
  subject: MatchSubject,
  audience: Audience = 'recorder',
): TableResult {
  const builtIn = table.chains[hook];
  const seen: SeenRule[] = [];
  let compared = 0;
  const isTold = audience === 'recorder';
  const address = numberOf4(subject.skb.packet.destination);
  const stack: Frame[] = [];
  let frame: Frame | undefined = frameOf(hook, builtIn);
  while (frame) {
    const rule: Rule | undefined = frame.rules[frame.next++];
    if (!rule) {
      frame = stack.pop();
      continue;
    }
    compared += 1;
    subject.rule = rule;
    subject.at = frame;
    const matched = isRuleMatched(
      compiledAt(frame.compiled, frame.next - 1, rule),
      subject,
      address,
    );
    if (isTold) seen.push({ chain: frame.chain, number: frame.next, rule, matched });
    if (!matched) continue;
    count(ruleState(subject), subject);
    const effect = applyTarget(rule.target, subject);
    if (effect === 'continue') continue;
    if (effect === 'return') {
      frame = stack.pop();
    } else if ('jump' in effect) {
      if (stack.length >= DEEPEST - 1) return { outcome: DROP, deciding: rule, compared, seen };
      if (!effect.isGoto) stack.push(frame);
      frame = frameOf(effect.jump, table.chains[effect.jump]);
    } else {
      return { outcome: effect, deciding: rule, compared, seen };
    }
  }
  if (builtIn) count((builtIn.policyCount ??= { packets: 0, bytes: 0 }), subject);
  return { outcome: builtIn?.policy === 'DROP' ? DROP : ACCEPT, compared, seen };
}
