import type { Direction, NormalPolicy, RuleAction } from '../normal-policy.ts';
import type { NamedPort, PolicyFlow } from '../policy-world.ts';
import type { PolicyFinding, PolicyPlace, PolicyWord, RuleMiss } from '../verdict.ts';
import type { CompiledPolicy, CompiledRule } from './compile-policies.ts';
import { coversPort } from './port-ranges.ts';
import type { OtherEnd, PeerClass, SelectedPolicies } from './selected-policies.ts';

/** What is asked for, of one end of a connection. */
export interface DirectionQuestion {
  readonly direction: Direction;
  readonly flow: PolicyFlow;
  readonly selected: SelectedPolicies;
  readonly other: PeerClass;
  /** Named ports of the destination. */
  readonly named: readonly NamedPort[];
  readonly otherEnd: OtherEnd;
}

/** A policy, what it says of the connection, and what it may do about it. */
export interface Asked {
  readonly policy: NormalPolicy;
  readonly finding: PolicyFinding;
  readonly actions: readonly RuleAction[];
  /** Whether one of the actions is certain. */
  readonly isSure: boolean;
}

interface Match {
  readonly rule: CompiledRule;
  readonly index: number;
  readonly peer?: PolicyPlace;
  readonly port?: PolicyPlace;
  readonly isUnsure: boolean;
}

const place = (items: readonly { readonly path: string }[] | undefined, index: number) => {
  const path = items?.[index]?.path;
  return path === undefined ? undefined : { index, path };
};

function matchRule(
  { flow, other, named }: DirectionQuestion,
  rule: CompiledRule,
  index: number,
): Match | RuleMiss['because'] {
  const { peers, ports } = rule.rule;
  const sure = rule.peers?.findIndex((peer) => other.sets.has(peer)) ?? -1;
  const unsure = rule.peers?.findIndex((peer) => other.unsure.has(peer)) ?? -1;
  if (rule.peers && sure < 0 && unsure < 0) return 'no-peer';
  const found = ports?.findIndex((item) => coversPort(item, flow.protocol, flow.port, named)) ?? -1;
  if (ports && found < 0) return 'no-port';
  const peer = place(peers, sure < 0 ? unsure : sure);
  const port = place(ports, found);
  const isUnsure = rule.peers !== undefined && sure < 0;
  return { rule, index, isUnsure, ...(peer && { peer }), ...(port && { port }) };
}

const WORDS: Readonly<Record<RuleAction, PolicyWord>> = {
  accept: 'Accept',
  deny: 'Deny',
  pass: 'Pass',
};

function wordOf({ ref }: NormalPolicy, match: Match | undefined): PolicyWord {
  if (match?.isUnsure) return 'Undecidable';
  if (ref.kind === 'NetworkPolicy') return match ? 'Admits' : 'Does not admit';
  if (!match) return 'No match';
  const { action } = match.rule.rule;
  return action === 'accept' && ref.kind !== 'ClusterNetworkPolicy' ? 'Allow' : WORDS[action];
}

/** Asks a policy: all its rules up to the first that certainly matches. */
export function askPolicy(question: DirectionQuestion, { policy, rules }: CompiledPolicy): Asked {
  const matches: Match[] = [];
  const misses: RuleMiss[] = [];
  for (const [index, rule] of rules[question.direction].entries()) {
    const found = matchRule(question, rule, index);
    if (typeof found === 'string') {
      misses.push({ rule: { index, path: rule.rule.path }, because: found });
      continue;
    }
    matches.push(found);
    if (!found.isUnsure) break;
  }
  const [first] = matches;
  const { path, name } = first?.rule.rule ?? {};
  const finding: PolicyFinding = {
    policy: policy.ref,
    word: wordOf(policy, first),
    ...(first &&
      path !== undefined && { rule: { index: first.index, path, ...(name && { name }) } }),
    ...(first?.peer && { peer: first.peer }),
    ...(first?.port && { port: first.port }),
    misses: first ? [] : misses,
    isDeciding: false,
  };
  return {
    policy,
    finding,
    actions: matches.map(({ rule }) => rule.rule.action),
    isSure: matches.at(-1)?.isUnsure === false,
  };
}
