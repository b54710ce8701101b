import { normalizeRule } from './normalize-rule.ts';
import { printRuleText } from './print/rule-text.ts';
import type { Chain, NetfilterHook, NetfilterTable, Rule, Ruleset, Table } from './rule.ts';

/** Built-in chains by table, in the order in which iptables-save prints them. */
export const BUILT_IN_CHAINS: Readonly<Record<NetfilterTable, readonly NetfilterHook[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
};

export const isBuiltInChain = (table: NetfilterTable, chain: string) =>
  (BUILT_IN_CHAINS[table] as readonly string[]).includes(chain);

/**
 * A namespace's rules when nobody has touched them. Tables appear (with their built-in chains) when something is first
 * written to them, as with iptables-nft: `iptables-save` prints nothing before.
 */
export function createRuleset(): Ruleset {
  return { tables: {} };
}

/** The table, made with its built-in chains when it is not there. */
export function ensureTable(ruleset: Ruleset, name: NetfilterTable): Table {
  const existing = ruleset.tables[name];
  if (existing) return existing;
  const chains: Record<string, Chain> = {};
  for (const hook of BUILT_IN_CHAINS[name]) chains[hook] = { policy: 'ACCEPT', rules: [] };
  const table: Table = { chains };
  ruleset.tables[name] = table;
  return table;
}

/** The chain, made empty when it is not there (`iptables -N`). */
export function ensureChain(ruleset: Ruleset, table: NetfilterTable, chain: string): Chain {
  const { chains } = ensureTable(ruleset, table);
  return (chains[chain] ??= { policy: '-', rules: [] });
}

export function chainOf(ruleset: Ruleset, table: NetfilterTable, chain: string): Chain | undefined {
  return ruleset.tables[table]?.chains[chain];
}

/** Replaces all rules of a chain, making it when it is not there: what a chain line of iptables-restore does. */
export function replaceChain(
  ruleset: Ruleset,
  table: NetfilterTable,
  chain: string,
  rules: readonly Rule[],
): void {
  const target = ensureChain(ruleset, table, chain);
  delete target.state;
  const { first, same } = commonEnds(target.rules, rules);
  const added = rules.slice(first, rules.length - same).map(normalizeRule);
  const removed = target.rules.length - first - same;
  if (removed > 0 || added.length > 0) spliceList(target.rules, first, removed, added);
}

/** How many rules two lists have in common at their beginnings, and how many at their ends behind that. */
function commonEnds(standing: readonly Rule[], rules: readonly Rule[]) {
  const isSame = (a: Rule | undefined, b: Rule | undefined) =>
    a === b || (b !== undefined && a === normalizeRule(b));
  const shorter = Math.min(standing.length, rules.length);
  let first = 0;
  while (first < shorter && isSame(standing[first], rules[first])) first += 1;
  let same = 0;
  while (
    same < shorter - first &&
    isSame(standing[standing.length - 1 - same], rules[rules.length - 1 - same])
  )
    same += 1;
  return { first, same };
}

/** `splice` for lists of any length: as arguments of one call, tens of thousands would be too many. */
function spliceList(list: Rule[], at: number, remove: number, add: readonly Rule[]): void {
  const rest = list.splice(at, list.length).slice(remove);
  for (const rule of add) list.push(rule);
  for (const rule of rest) list.push(rule);
}

/** `iptables -A`. */
export function appendRule(
  ruleset: Ruleset,
  table: NetfilterTable,
  chain: string,
  rule: Rule,
): void {
  ensureChain(ruleset, table, chain).rules.push(normalizeRule(rule));
}

/** Takes rules out of a chain and puts others there; what stands behind keeps its counters. `at` is 0-based. */
export function spliceRules(
  chain: Chain,
  at: number,
  change: { remove: number; add: readonly Rule[] },
): void {
  chain.rules.splice(at, change.remove, ...change.add.map(normalizeRule));
  if (!chain.state) return;
  const shift = change.add.length - change.remove;
  const moved = Object.entries(chain.state).flatMap(([key, state]) => {
    const position = Number(key);
    if (position < at) return [[position, state] as const];
    return position < at + change.remove ? [] : [[position + shift, state] as const];
  });
  chain.state = Object.fromEntries(moved);
}

/** `iptables -Z`, of a whole chain or of the rule at a 0-based position. */
export function zeroCounters(chain: Chain, position?: number): void {
  for (const [key, state] of Object.entries(chain.state ?? {}))
    if (position === undefined || position === Number(key))
      Object.assign(state, { packets: 0, bytes: 0 });
  if (position === undefined) delete chain.policyCount;
}

/** `iptables -I chain number`: before the rule that has this 1-based number. */
export function insertRule(
  ruleset: Ruleset,
  table: NetfilterTable,
  chain: string,
  rule: Rule,
  number = 1,
): void {
  spliceRules(ensureChain(ruleset, table, chain), number - 1, { remove: 0, add: [rule] });
}

/** 0-based place of the first rule that reads the same, or -1 (`iptables -C`). */
export function indexOfRule(
  ruleset: Ruleset,
  table: NetfilterTable,
  chain: string,
  rule: Rule,
): number {
  const wanted = printRuleText(chain, normalizeRule(rule));
  return (
    chainOf(ruleset, table, chain)?.rules.findIndex(
      (other) => printRuleText(chain, other) === wanted,
    ) ?? -1
  );
}

/** Puts the rule first unless it is there already, anywhere: `EnsureRule(Prepend)` of Kubernetes' pkg/util/iptables. */
export function ensureRuleFirst(
  ruleset: Ruleset,
  table: NetfilterTable,
  chain: string,
  rule: Rule,
): void {
  // The very same rule need not be read to be known again.
  if (chainOf(ruleset, table, chain)?.rules.includes(normalizeRule(rule))) return;
  if (indexOfRule(ruleset, table, chain, rule) < 0) insertRule(ruleset, table, chain, rule);
}

/** `iptables -D`: removes the first rule that reads the same. */
export function deleteRule(
  ruleset: Ruleset,
  table: NetfilterTable,
  chain: string,
  rule: Rule,
): 'deleted' | 'absent' {
  const index = indexOfRule(ruleset, table, chain, rule);
  if (index < 0) return 'absent';
  const existing = chainOf(ruleset, table, chain);
  if (existing) spliceRules(existing, index, { remove: 1, add: [] });
  return 'deleted';
}

/** `iptables -P`. */
export function setPolicy(
  ruleset: Ruleset,
  table: NetfilterTable,
  hook: NetfilterHook,
  policy: 'ACCEPT' | 'DROP',
): void {
  const { chains } = ensureTable(ruleset, table);
  chains[hook] = { ...chains[hook], policy, rules: chains[hook]?.rules ?? [] };
}

/** Whether some rule of the table jumps to the chain. */
export function isChainReferenced(ruleset: Ruleset, table: NetfilterTable, chain: string): boolean {
  const chains = Object.values(ruleset.tables[table]?.chains ?? {});
  return chains.some(({ rules }) =>
    rules.some(({ target }) => target.target === 'JUMP' && target.chain === chain),
  );
}

/** `iptables -X`: only a user chain that is empty and to which nothing jumps can go. */
export function deleteChain(
  ruleset: Ruleset,
  table: NetfilterTable,
  chain: string,
): 'deleted' | 'absent' | 'built-in' | 'not-empty' | 'referenced' {
  const existing = chainOf(ruleset, table, chain);
  if (!existing) return 'absent';
  if (isBuiltInChain(table, chain)) return 'built-in';
  if (existing.rules.length > 0) return 'not-empty';
  if (isChainReferenced(ruleset, table, chain)) return 'referenced';
  const { chains } = ensureTable(ruleset, table);
  delete chains[chain];
  return 'deleted';
}

/**
 * `iptables -X` of each: user chains that are empty, and to which nothing jumps. Looks once through those chains of the
 * table that `mayJump` does not rule out by their names.
 */
export function deleteUnusedChains(
  ruleset: Ruleset,
  table: NetfilterTable,
  names: readonly string[],
  mayJump: (chain: string) => boolean = () => true,
): void {
  const { chains } = ensureTable(ruleset, table);
  const unused = new Set(
    names.filter((name) => !isBuiltInChain(table, name) && chains[name]?.rules.length === 0),
  );
  for (const name in chains) {
    if (!mayJump(name)) continue;
    for (const { target } of chains[name]?.rules ?? [])
      if (target.target === 'JUMP') unused.delete(target.chain);
  }
  for (const name of unused) delete chains[name];
}
