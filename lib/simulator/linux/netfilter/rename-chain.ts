import { normalizeRule } from './normalize-rule.ts';
import type { NetfilterTable, Ruleset } from './rule.ts';
import { ensureTable } from './ruleset.ts';

/** `iptables -E`: the chain and all jumps to it have another name. */
export function renameChain(
  ruleset: Ruleset,
  table: NetfilterTable,
  chain: string,
  name: string,
): 'renamed' | 'absent' | 'taken' {
  const { chains } = ensureTable(ruleset, table);
  if (!chains[chain]) return 'absent';
  if (chains[name]) return 'taken';
  const before = Object.entries(chains);
  for (const [each] of before) delete chains[each];
  for (const [each, { rules, ...rest }] of before) {
    const renamed = rules.map((rule) =>
      rule.target.target === 'JUMP' && rule.target.chain === chain
        ? normalizeRule({ ...rule, target: { ...rule.target, chain: name } })
        : rule,
    );
    chains[each === chain ? name : each] = { ...rest, rules: renamed };
  }
  return 'renamed';
}
