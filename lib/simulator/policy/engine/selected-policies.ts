import type { Direction, NormalPolicy } from '../normal-policy.ts';
import type { NamedPort } from '../policy-world.ts';
import type { CompiledPolicy, CompiledRule } from './compile-policies.ts';
import type { Candidate, Judgement, ReachingRule } from './judge.ts';
import type { PortOutcomes } from './port-spans.ts';

/** Ends of connections that every rule treats alike. */
export interface EndClass {
  readonly id: number;
  /** Numbers of the sets that it is in. */
  readonly sets: ReadonlySet<number>;
  /** Numbers of the sets that it may be in: domain names that are not known. */
  readonly unsure: ReadonlySet<number>;
  /** Its named ports that some policy speaks of. */
  readonly ports: readonly NamedPort[];
}

/** A rule and where it stands: rules are numbered as they are asked. */
interface PlacedRule {
  readonly rule: CompiledRule;
  readonly owner: CompiledPolicy;
  /** Policies of one tier and priority have the same number. */
  readonly group: number;
}

/** The policies that select the pods of a class, prepared for the question who else is at the other end. */
export interface SelectedPolicies {
  /** All of them, in the order in which they are asked. */
  readonly all: readonly CompiledPolicy[];
  /** Those that are about the direction. */
  readonly asked: readonly CompiledPolicy[];
  readonly isIsolated: boolean;
  readonly rules: readonly PlacedRule[];
  /** Rules by the sets that their peers are. */
  readonly byPeer: ReadonlyMap<number, readonly number[]>;
  /** Rules that name no peer. */
  readonly forAnyone: readonly number[];
  /** Answers by the class of the other end, as far as somebody has asked. */
  readonly answers: (PortOutcomes | undefined)[];
  /** The same where the other end is the pod's own node. */
  readonly ownNodeAnswers: (PortOutcomes | undefined)[];
}

const isOfOneGroup = (a: NormalPolicy, b: NormalPolicy) =>
  a.tier === b.tier && a.priority === b.priority;

function placeRules(policies: readonly CompiledPolicy[], direction: Direction) {
  const rules: PlacedRule[] = [];
  let group = 0;
  policies.forEach((owner, i) => {
    const before = policies[i - 1];
    if (before && !isOfOneGroup(before.policy, owner.policy)) group++;
    for (const rule of owner.rules[direction]) rules.push({ rule, owner, group });
  });
  return rules;
}

/** Prepares the policies that select a pod. `all` are in the order in which they are asked. */
export function selectPolicies(
  all: readonly CompiledPolicy[],
  direction: Direction,
): SelectedPolicies {
  const asked = all.filter(({ policy }) => policy.directions.includes(direction));
  const rules = placeRules(asked, direction);
  const byPeer = new Map<number, number[]>();
  const forAnyone: number[] = [];
  rules.forEach(({ rule }, i) => {
    if (!rule.peers) forAnyone.push(i);
    for (const peer of new Set(rule.peers)) {
      const known = byPeer.get(peer);
      if (known) known.push(i);
      else byPeer.set(peer, [i]);
    }
  });
  const isIsolated = asked.some(({ policy }) => policy.tier === 'network');
  return {
    all,
    asked,
    isIsolated,
    rules,
    byPeer,
    forAnyone,
    answers: [],
    ownNodeAnswers: [],
  };
}

/** Numbers of the rules that reach an end, or may, in order. */
function rulesReaching({ byPeer, forAnyone }: SelectedPolicies, end: EndClass): readonly number[] {
  const reaching = new Set(forAnyone);
  for (const sets of [end.sets, end.unsure]) {
    for (const set of sets) for (const rule of byPeer.get(set) ?? []) reaching.add(rule);
  }
  return [...reaching].sort((a, b) => a - b);
}

const isSureOf = ({ peers }: CompiledRule, { sets }: EndClass) =>
  !peers || peers.some((peer) => sets.has(peer));

const reachingRule = ({ rule, ports }: CompiledRule, isUnsure: boolean): ReachingRule => ({
  action: rule.action,
  isUnsure,
  ...(ports && { ports }),
});

/** Admissions add up, so that equal ones count once, and one of every port is enough. */
function admissionsOf(rules: readonly CompiledRule[]): Candidate {
  const lists = new Set(rules.map(({ ports }) => ports));
  if (lists.has(undefined)) return [{ action: 'accept', isUnsure: false }];
  return [...lists].map((ports) => ({
    action: 'accept',
    isUnsure: false,
    ...(ports && { ports }),
  }));
}

/** What is asked of a pod about connections with an end. */
export function judgementOf(
  selected: SelectedPolicies,
  end: EndClass,
  isOwnNode: boolean,
): Judgement {
  const tiers = { admin: [] as ReachingRule[][][], baseline: [] as ReachingRule[][][] };
  const admissions: CompiledRule[] = [];
  let last: PlacedRule | undefined;
  for (const i of rulesReaching(selected, end)) {
    const placed = selected.rules[i];
    if (!placed) continue;
    const { rule, owner, group } = placed;
    const { tier } = owner.policy;
    if (tier === 'network') {
      admissions.push(rule);
      continue;
    }
    if (last?.group !== group) tiers[tier].push([]);
    if (last?.owner !== owner) tiers[tier].at(-1)?.push([]);
    tiers[tier]
      .at(-1)
      ?.at(-1)
      ?.push(reachingRule(rule, !isSureOf(rule, end)));
    last = placed;
  }
  return {
    ...tiers,
    network: selected.isIsolated ? admissionsOf(admissions) : undefined,
    isOwnNode,
  };
}
