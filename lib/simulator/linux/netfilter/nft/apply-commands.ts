import type { Micros } from '../../../base/clock.ts';
import { addChain, removeChain, renameChain } from './chains.ts';
import type { NftCommand, NftProblem } from './command.ts';
import { flushElements, addElements, removeElements } from './elements.ts';
import { tableKey, type NftRuleset, type NftTable } from './model.ts';
import { addRule, flushRules, removeRule, replaceRule } from './rules.ts';
import { addSet, removeSet } from './sets.ts';
import { addTable, flushRuleset, removeTable } from './tables.ts';
import type { Transaction } from './transaction.ts';

type ProblemText = NftProblem['text'];

type TableCommand = Exclude<NftCommand, { object: 'ruleset' | 'table' }>;

function applyInTable(
  transaction: Transaction,
  table: NftTable,
  command: TableCommand,
): ProblemText | undefined {
  switch (command.object) {
    case 'chain':
      if (command.verb === 'flush') return flushRules(transaction, table, command.chain);
      if (command.verb === 'rename') return renameChain(transaction, table, command);
      return command.verb === 'add' || command.verb === 'create'
        ? addChain(transaction, table, command)
        : removeChain(transaction, table, command);
    case 'rule':
      if (command.verb === 'replace') return replaceRule(transaction, table, command);
      return 'rule' in command
        ? addRule(transaction, table, command)
        : removeRule(transaction, table, command);
    case 'set':
      if ('set' in command) return addSet(transaction, table, command);
      return command.verb === 'flush'
        ? flushElements(transaction, table, command.name)
        : removeSet(transaction, table, command);
    case 'element':
      return command.verb === 'add' || command.verb === 'create'
        ? addElements(transaction, table, command)
        : removeElements(transaction, table, command);
  }
}

function applyCommand(transaction: Transaction, command: NftCommand): ProblemText | undefined {
  if (command.object === 'ruleset') return flushRuleset(transaction, command.family);
  const table = transaction.ruleset.tables[tableKey(command.family, command.table)];
  if (command.object === 'table') {
    if (command.verb === 'add' || command.verb === 'create')
      return addTable(transaction, table, command);
    if (command.verb === 'flush') {
      return table ? flushRules(transaction, table) : 'No such file or directory';
    }
    return removeTable(transaction, table, command);
  }
  if (!table) {
    if (command.verb === 'destroy') return undefined;
    transaction.culprit = { what: 'table', name: command.table };
    return 'No such file or directory';
  }
  transaction.isInMade = transaction.made.has(table);
  const problem = applyInTable(transaction, table, command);
  transaction.isInMade = false;
  return problem;
}

/**
 * Does the commands in order, all or nothing, as the kernel does a netlink batch (nf_tables_api.c). Undefined when all
 * are done; otherwise the first that was refused, and nothing has changed. `now` is when elements with a time-out begin.
 */
export function applyNftCommands(
  ruleset: NftRuleset,
  commands: readonly NftCommand[],
  now: Micros,
): NftProblem | undefined {
  const transaction: Transaction = { ruleset, now, undo: [], made: new Set() };
  for (const [index, command] of commands.entries()) {
    const text = applyCommand(transaction, command);
    if (text === undefined) continue;
    for (const undo of transaction.undo.reverse()) undo();
    const { culprit } = transaction;
    return { command: index, text, ...(culprit && { about: culprit }) };
  }
  return undefined;
}
