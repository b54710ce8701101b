import type { NftCommand } from '../command.ts';
import { printNftRule } from './print-rule.ts';

/** `add rule ip kube-proxy services ...`, `delete rule ip filter input handle 4`. */
export function printRuleOfCommand(command: Extract<NftCommand, { object: 'rule' }>): string {
  const { verb, family, table, chain } = command;
  const at = [
    command.handle !== undefined && ` handle ${command.handle}`,
    'index' in command && command.index !== undefined && ` index ${command.index}`,
  ]
    .filter((part) => part !== false)
    .join('');
  const what = `${verb} rule ${family} ${table} ${chain}${at}`;
  return 'rule' in command ? `${what} ${printNftRule(command.rule, 'script')}` : what;
}
