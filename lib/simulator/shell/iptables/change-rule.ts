import { parseRule } from '../../linux/netfilter/parse/parse-rule.ts';
import type { ParseProblem } from '../../linux/netfilter/parse/problem.ts';
import type { Chain, NetfilterTable, Rule, Ruleset } from '../../linux/netfilter/rule.ts';
import {
  appendRule,
  chainOf,
  deleteRule,
  ensureTable,
  indexOfRule,
  insertRule,
  isBuiltInChain,
  spliceRules,
} from '../../linux/netfilter/ruleset.ts';
import { finished, type Ended } from '../command.ts';
import {
  BAD_RULE,
  hintOf,
  NO_CHAIN,
  NO_FILTER,
  plainOf,
  usageError,
  versioned,
  type Tool,
} from './tool.ts';

export type RuleVerb = 'append' | 'insert' | 'delete' | 'check' | 'replace';

/** What was asked for: the chain, and the words of the rule. */
interface Invocation {
  readonly tool: Tool;
  readonly chain?: string;
  readonly rule: readonly string[];
}

/** -A -I -D -R -C. */
export function changeRule(
  verb: RuleVerb,
  found: Invocation,
  ruleset: Ruleset,
  { table, sets }: { table: NetfilterTable; sets: readonly string[] },
): Ended {
  const { chain = '' } = found;
  ensureTable(ruleset, table);
  const existing = chainOf(ruleset, table, chain);
  if (!existing) return plainOf(found.tool, verb === 'check' ? BAD_RULE : NO_CHAIN);
  const [first = ''] = found.rule;
  const number = /^\d+$/.test(first) ? Number(first) : undefined;
  if (number === 0) return usageError(found.tool, `Invalid rule number \`0'`);
  if (verb === 'replace' && number === undefined)
    return usageError(found.tool, '-R requires a rule number');
  if (verb === 'delete' && number !== undefined) {
    if (number > existing.rules.length) return plainOf(found.tool, 'Index of deletion too big.');
    spliceRules(existing, number - 1, { remove: 1, add: [] });
    return finished('');
  }
  const chains = Object.keys(ruleset.tables[table]?.chains ?? {});
  const words = number === undefined ? found.rule : found.rule.slice(1);
  const surroundings = { table, chains, family: found.tool.family, chain, sets };
  for (const one of eachAddress(words)) {
    const parsed = parseRule(one, surroundings);
    const result = parsed.ok
      ? putRule(verb, found, { ruleset, table, chain: existing, number }, parsed.value)
      : refusal(found.tool, parsed.problem);
    if (result.exitCode !== 0) return result;
  }
  return finished('');
}

const refusal = (tool: Tool, { message, style }: ParseProblem): Ended =>
  style === 'versioned'
    ? usageError(tool, message)
    : finished('', 2, `${message}\n${hintOf(tool)}`);

/** `-s 10.0.0.1,10.0.0.2` is short for two rules. */
function eachAddress(words: readonly string[]): readonly (readonly string[])[] {
  const at = words.findIndex(
    (word, i) =>
      word.includes(',') && ['-s', '-d', '--source', '--destination'].includes(words[i - 1] ?? ''),
  );
  if (at < 0) return [words];
  return (words[at] ?? '')
    .split(',')
    .flatMap((address) => eachAddress([...words.slice(0, at), address, ...words.slice(at + 1)]));
}

/** Where the kernel lets a target stand: translation in the nat table, each kind at its hooks; a reset answers TCP alone. */
function isPossible(table: NetfilterTable, chain: string, { matches, target }: Rule): boolean {
  const hooks = NAT_HOOKS[target.target];
  if (hooks) return table === 'nat' && (!isBuiltInChain(table, chain) || hooks.includes(chain));
  const isReset = target.target === 'REJECT' && target.with === 'tcp-reset';
  return (
    !isReset || matches.some((match) => match.match === 'protocol' && match.protocol === 'tcp')
  );
}

const NAT_HOOKS: Partial<Record<Rule['target']['target'], readonly string[]>> = {
  DNAT: ['PREROUTING', 'OUTPUT'],
  REDIRECT: ['PREROUTING', 'OUTPUT'],
  SNAT: ['INPUT', 'POSTROUTING'],
  MASQUERADE: ['POSTROUTING'],
};

interface RulePlace {
  readonly ruleset: Ruleset;
  readonly table: NetfilterTable;
  readonly chain: Chain;
  readonly number: number | undefined;
}

function putRule(
  verb: RuleVerb,
  { tool, chain = '' }: Invocation,
  { ruleset, table, chain: existing, number }: RulePlace,
  rule: Rule,
): Ended {
  if (table === 'nat' && rule.target.target === 'DROP') return usageError(tool, NO_FILTER);
  const isNew = verb === 'append' || verb === 'insert' || verb === 'replace';
  if (isNew && !isPossible(table, chain, rule))
    return versioned(
      tool,
      ` RULE_${verb.toUpperCase()} failed (Invalid argument): rule in chain ${chain}`,
      4,
    );
  switch (verb) {
    case 'append':
      appendRule(ruleset, table, chain, rule);
      return finished('');
    case 'insert':
      if ((number ?? 1) > existing.rules.length + 1)
        return plainOf(tool, 'Index of insertion too big.');
      insertRule(ruleset, table, chain, rule, number ?? 1);
      return finished('');
    case 'replace':
      if (number === undefined || number > existing.rules.length)
        return plainOf(tool, 'Index of replacement too big.');
      spliceRules(existing, number - 1, { remove: 1, add: [rule] });
      return finished('');
    case 'delete':
      return deleteRule(ruleset, table, chain, rule) === 'deleted'
        ? finished('')
        : plainOf(tool, BAD_RULE);
    case 'check':
      return indexOfRule(ruleset, table, chain, rule) >= 0 ? finished('') : plainOf(tool, BAD_RULE);
  }
}
