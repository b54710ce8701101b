import type { Direction, NormalPolicy } from '../normal-policy.ts';
import type { NamedPort } from '../policy-world.ts';
import type { CompiledPolicy, CompiledRule } from './compile-policies.ts';
import type { Judgement, ReachingRule } from './judge.ts';
import type { CompiledPorts } from './port-ranges.ts';
import type { PortAnswer } from './port-spans.ts';

/** Ends of connections that every rule treats alike. */
export interface PeerClass {
  readonly id: number;
  /** Numbers of the sets that it is in, in order. */
  readonly sets: ReadonlySet<number>;
  /** Numbers of the sets that it may be in: domain names that are not known. */
  readonly unsure: ReadonlySet<number>;
  /** Its named ports that some policy speaks of. */
  readonly ports: readonly NamedPort[];
}

/** Who is at the other end of a pod's connection: NetworkPolicies always let a pod and its own node talk. */
export type OtherEnd = 'another' | 'own-node';

/** A rule and where it stands: rules are numbered as they are asked. */
interface PlacedRule {
  readonly rule: CompiledRule;
  readonly owner: CompiledPolicy;
  /** Policies of one tier and priority have the same number. */
  readonly group: number;
}

/** What NetworkPolicies admit of one peer; undefined among them: every port. */
type Admissions = ReadonlySet<CompiledPorts | undefined>;

/** The policies that select the pods of a class, prepared for the question who else is at the other end. */
export interface SelectedPolicies {
  /** All of them, in the order in which they are asked. */
  readonly all: readonly CompiledPolicy[];
  /** Those that are about the direction. */
  readonly asked: readonly CompiledPolicy[];
  readonly isIsolated: boolean;
  /** Numbers of all sets by which their rules tell other ends apart. */
  readonly peers: readonly number[];
  /** Some of their rules ask for ports by name. */
  readonly saysNames: boolean;
  /** Rules of cluster policies. */
  readonly rules: readonly PlacedRule[];
  /** Numbers of the rules of cluster policies by the sets that their peers are, and of those that name no peer. */
  readonly byPeer: ReadonlyMap<number, readonly number[]>;
  readonly forAnyone: readonly number[];
  /** What NetworkPolicies admit, by the sets that their peers are, and of anyone. */
  readonly admissions: ReadonlyMap<number, Admissions>;
  readonly admittedOfAnyone: Admissions;
  /** Answers by the class of the other end, as far as somebody has asked. */
  readonly answers: (PortAnswer | undefined)[];
  /** The same where the other end is the pod's own node. */
  readonly ownNodeAnswers: (PortAnswer | undefined)[];
}

const isOfOneGroup = (a: NormalPolicy, b: NormalPolicy) =>
  a.tier === b.tier && a.priority === b.priority;

const isNetworkPolicy = ({ policy }: CompiledPolicy) => policy.tier === 'network';

function placeRules(policies: readonly CompiledPolicy[], direction: Direction): PlacedRule[] {
  const rules: PlacedRule[] = [];
  let group = 0;
  policies.forEach((owner, i) => {
    const before = policies[i - 1];
    if (before && !isOfOneGroup(before.policy, owner.policy)) group++;
    for (const rule of owner.rules[direction]) rules.push({ rule, owner, group });
  });
  return rules;
}

function rulesByPeer(rules: readonly PlacedRule[]) {
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
  return { byPeer, forAnyone };
}

function admissionsByPeer(rules: readonly CompiledRule[]) {
  const admissions = new Map<number, Set<CompiledPorts | undefined>>();
  const admittedOfAnyone = new Set<CompiledPorts | undefined>();
  for (const { peers, ports } of rules) {
    if (!peers) admittedOfAnyone.add(ports);
    for (const peer of peers ?? []) {
      const known = admissions.get(peer);
      if (known) known.add(ports);
      else admissions.set(peer, new Set([ports]));
    }
  }
  return { admissions, admittedOfAnyone };
}

/** Prepares the policies that select a pod. `selecting` are in the order in which they are asked. */
export function selectPolicies(
  selecting: readonly CompiledPolicy[],
  direction: Direction,
): SelectedPolicies {
  const asked = selecting.filter(({ policy }) => policy.directions.includes(direction));
  const isolating = asked.filter(isNetworkPolicy);
  const all = asked.flatMap((policy) => policy.rules[direction]);
  const rules = placeRules(
    asked.filter((policy) => !isNetworkPolicy(policy)),
    direction,
  );
  return {
    all: selecting,
    asked,
    isIsolated: isolating.length > 0,
    peers: [...new Set(all.flatMap(({ peers = [] }) => peers))],
    saysNames: all.some(({ ports }) => (ports?.names.length ?? 0) > 0),
    rules,
    ...rulesByPeer(rules),
    ...admissionsByPeer(isolating.flatMap((policy) => policy.rules[direction])),
    answers: [],
    ownNodeAnswers: [],
  };
}

/** Calls back with what a map has of the members of a set: the smaller of the two is gone through. */
function eachOf<T>(
  map: ReadonlyMap<number, T>,
  sets: ReadonlySet<number>,
  take: (value: T) => void,
) {
  if (map.size < sets.size) {
    for (const [set, value] of map) if (sets.has(set)) take(value);
    return;
  }
  for (const set of sets) {
    const value = map.get(set);
    if (value !== undefined) take(value);
  }
}

/** Admissions add up, so that equal ones count once, and one of every port is enough. */
function admissionsOf(selected: SelectedPolicies, { sets }: PeerClass): Judgement['network'] {
  const found = new Set(selected.admittedOfAnyone);
  eachOf(selected.admissions, sets, (admissions) => {
    for (const ports of admissions) found.add(ports);
  });
  return found.has(undefined) ? 'every port' : (found as ReadonlySet<CompiledPorts>);
}

/** Numbers of the rules of cluster policies that reach an end, or may, in order. */
function rulesReaching({ byPeer, forAnyone }: SelectedPolicies, end: PeerClass): readonly number[] {
  const reaching = new Set(forAnyone);
  for (const sets of [end.sets, end.unsure]) {
    eachOf(byPeer, sets, (rules) => {
      for (const rule of rules) reaching.add(rule);
    });
  }
  return [...reaching].sort((a, b) => a - b);
}

const isSureOf = ({ peers }: CompiledRule, { sets }: PeerClass) =>
  !peers || peers.some((peer) => sets.has(peer));

/** What is asked of a pod about connections with an end. */
export function judgementOf(
  selected: SelectedPolicies,
  end: PeerClass,
  otherEnd: OtherEnd,
): Judgement {
  const tiers = { admin: [] as ReachingRule[][][], baseline: [] as ReachingRule[][][] };
  let last: PlacedRule | undefined;
  for (const i of rulesReaching(selected, end)) {
    const placed = selected.rules[i];
    if (!placed) continue;
    const { rule, owner, group } = placed;
    const tier = tiers[owner.policy.tier === 'admin' ? 'admin' : 'baseline'];
    if (last?.group !== group) tier.push([]);
    if (last?.owner !== owner) tier.at(-1)?.push([]);
    const { ports } = rule;
    const isUnsure = !isSureOf(rule, end);
    tier
      .at(-1)
      ?.at(-1)
      ?.push({ action: rule.rule.action, isUnsure, ...(ports && { ports }) });
    last = placed;
  }
  const admissions = otherEnd === 'own-node' ? 'every port' : admissionsOf(selected, end);
  return { ...tiers, network: selected.isIsolated ? admissions : undefined };
}
