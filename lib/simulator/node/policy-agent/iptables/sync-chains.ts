import { isSameJson } from '../../../base/same-json.ts';
import { normalizeRule } from '../../../linux/netfilter/normalize-rule.ts';
import type { Rule, Ruleset } from '../../../linux/netfilter/rule.ts';
import {
  chainOf,
  deleteRule,
  deleteUnusedChains,
  indexOfRule,
  insertRule,
  replaceChain,
} from '../../../linux/netfilter/ruleset.ts';
import type { PolicyChains } from './build-chains.ts';
import { HOOKS, isOwnChain, TOP_CHAINS, topComment, type TopHook } from './names.ts';

const TABLE = 'filter';

const topJump = (hook: TopHook): Rule =>
  normalizeRule({
    matches: [{ match: 'comment', text: topComment(hook) }],
    target: { target: 'JUMP', chain: TOP_CHAINS[hook] },
  });

const TOP_JUMPS: Readonly<Record<TopHook, Rule>> = {
  INPUT: topJump('INPUT'),
  FORWARD: topJump('FORWARD'),
  OUTPUT: topJump('OUTPUT'),
};

const isSameRule = (standing: Rule | undefined, wanted: Rule) =>
  standing !== undefined && (standing === wanted || isSameJson(standing, wanted));

/** What stands already stays, and goes on counting. `rules` are as the kernel keeps them. */
function writeChain(ruleset: Ruleset, name: string, rules: readonly Rule[]): void {
  const standing = chainOf(ruleset, TABLE, name)?.rules;
  const isSame =
    standing?.length === rules.length &&
    rules.every((rule, place) => isSameRule(standing[place], rule));
  if (!isSame) {
    replaceChain(ruleset, TABLE, name, rules);
    return;
  }
  // Equal, but perhaps other objects (after a restore): known at a glance next time.
  for (const [place, rule] of rules.entries()) if (standing[place] !== rule) standing[place] = rule;
}

/** The jump stands first, before those of kube-proxy (`ensureRuleAtPosition`). */
function ensureFirst(ruleset: Ruleset, hook: TopHook): void {
  const rule = TOP_JUMPS[hook];
  if (isSameRule(chainOf(ruleset, TABLE, hook)?.rules[0], rule)) return;
  deleteRule(ruleset, TABLE, hook, rule);
  insertRule(ruleset, TABLE, hook, rule);
}

/** Chains that nothing needs any more: emptied first, as they jump to one another. */
function deleteStale(ruleset: Ruleset, wanted: PolicyChains): void {
  const { chains = {} } = ruleset.tables[TABLE] ?? {};
  const stale = Object.keys(chains).filter((name) => isOwnChain(name) && !wanted.has(name));
  if (stale.length === 0) return;
  for (const name of stale) replaceChain(ruleset, TABLE, name, []);
  deleteUnusedChains(ruleset, TABLE, stale);
}

/** Makes the filter table say what `chains` say. Touches chains of the agent only, and the jumps to them. */
export function syncChains(ruleset: Ruleset, chains: PolicyChains): void {
  if (chains.size === 0 && !ruleset.tables[TABLE]) return;
  for (const [name, rules] of chains) writeChain(ruleset, name, rules);
  for (const hook of HOOKS) {
    if (chains.size > 0) ensureFirst(ruleset, hook);
    else if (indexOfRule(ruleset, TABLE, hook, TOP_JUMPS[hook]) >= 0)
      deleteRule(ruleset, TABLE, hook, TOP_JUMPS[hook]);
  }
  deleteStale(ruleset, chains);
}
