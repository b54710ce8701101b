import { setMember, type Transaction } from './transaction.ts';
import type { NftCommand, NftProblem } from './command.ts';
import { rebuildHooks } from './hook-index.ts';
import { tableKey, type NftFamily, type NftTable } from './model.ts';

type TableCommand = Extract<NftCommand, { object: 'table' }>;
type ProblemText = NftProblem['text'];

/** nf_tables_newtable. */
export function addTable(
  transaction: Transaction,
  existing: NftTable | undefined,
  { verb, family, table, comment, isDormant }: TableCommand,
): ProblemText | undefined {
  if (existing) return verb === 'create' ? 'File exists' : undefined;
  const { ruleset } = transaction;
  const made: NftTable = {
    family,
    name: table,
    handle: ruleset.nextHandle++,
    ...(comment !== undefined && { comment }),
    ...(isDormant && { isDormant }),
    chains: {},
    sets: {},
    nextHandle: 1,
  };
  setMember(transaction, ruleset.tables, tableKey(family, table), made);
  transaction.made.add(made);
  return undefined;
}

/** nf_tables_deltable: everything in it goes. */
export function removeTable(
  transaction: Transaction,
  existing: NftTable | undefined,
  { verb, family, table }: TableCommand,
): ProblemText | undefined {
  if (!existing) return verb === 'destroy' ? undefined : 'No such file or directory';
  setMember(transaction, transaction.ruleset.tables, tableKey(family, table), undefined);
  rebuildHooks(transaction);
  return undefined;
}

/** `flush ruleset`. */
export function flushRuleset(transaction: Transaction, family: NftFamily | undefined): undefined {
  for (const [key, table] of Object.entries(transaction.ruleset.tables)) {
    if (family === undefined || table.family === family)
      setMember(transaction, transaction.ruleset.tables, key, undefined);
  }
  rebuildHooks(transaction);
}
