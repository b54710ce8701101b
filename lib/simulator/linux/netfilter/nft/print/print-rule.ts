import type { NftRule, NftRuleBody } from '../model.ts';
import { printStatement } from './print-statement.ts';
import { quote, type NftStyle } from './style.ts';

/** A rule without its chain: `ct state new jump firewall-check comment "..."`. */
export function printNftRule(
  rule: NftRuleBody | NftRule,
  style: NftStyle = 'list',
  counts: NftRuleBody['counts'] | 'hidden' = rule.counts,
): string {
  const text = rule.statements
    .map((statement) => printStatement(statement, style, counts))
    .join(' ');
  return rule.comment === undefined ? text : `${text} comment ${quote(rule.comment)}`;
}
