import { prefix4Of } from '../prefix4.ts';
import { compileMatch, type Test } from './match/compile-match.ts';
import type { MatchSubject } from './match/subject.ts';
import type { Match, Rule } from './rule.ts';

/** A rule that is ready to be compared with many packets. */
export interface CompiledRule {
  readonly rule: Rule;
  /**
   * The one IPv4 destination that the rule is about (`-d 10.96.0.1/32`): a packet to another address does not match, and
   * nothing else of the rule need be asked. Service chains are thousands of such rules.
   */
  readonly destination: number | undefined;
  readonly tests: readonly Test[];
}

/** Matches that note something when they are asked, so that it counts whether they are. */
const REMEMBERING: ReadonlySet<Match['match']> = new Set(['statistic', 'recent', 'nth', 'limit']);

/** The address of `-d`, when nothing that is asked before it remembers being asked. */
function onlyDestination({ matches }: Rule): number | undefined {
  for (const match of matches) {
    if (REMEMBERING.has(match.match)) return undefined;
    if (match.match !== 'destination' || match.not) continue;
    const prefix = prefix4Of(match.cidr);
    if (prefix?.length === 32) return prefix.network;
  }
  return undefined;
}

/** Rules never change, and one may stand on many nodes. */
const compiled = new WeakMap<Rule, CompiledRule>();

function compileRule(rule: Rule): CompiledRule {
  const known = compiled.get(rule);
  if (known) return known;
  const made: CompiledRule = {
    rule,
    destination: onlyDestination(rule),
    tests: rule.matches.map(compileMatch).filter((test) => test !== undefined),
  };
  compiled.set(rule, made);
  return made;
}

/** By the array that holds a chain's rules; each place is checked against the rule that stands there now. */
const compiledChains = new WeakMap<readonly Rule[], (CompiledRule | undefined)[]>();

/** What has been compiled of a chain so far; `compiledAt` fills it. */
export function compiledOf(rules: readonly Rule[]): (CompiledRule | undefined)[] {
  const known = compiledChains.get(rules);
  if (known) return known;
  const made: (CompiledRule | undefined)[] = [];
  compiledChains.set(rules, made);
  return made;
}

/** The rule at a place of its chain (0-based), compiled. */
export function compiledAt(
  chain: (CompiledRule | undefined)[],
  place: number,
  rule: Rule,
): CompiledRule {
  const known = chain[place];
  if (known?.rule === rule) return known;
  const made = compileRule(rule);
  chain[place] = made;
  return made;
}

/** Whether all conditions of a rule hold, asked in order up to the first that does not. */
export function isRuleMatched(
  { destination, tests }: CompiledRule,
  subject: MatchSubject,
  address: number | undefined,
): boolean {
  if (destination !== undefined && destination !== address) return false;
  for (const test of tests) if (!test(subject)) return false;
  return true;
}
