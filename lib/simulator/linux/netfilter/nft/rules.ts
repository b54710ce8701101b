import { rememberUndo, type Transaction } from './transaction.ts';
import type { NftCommand, NftProblem } from './command.ts';
import type { NftChain, NftRule, NftRuleBody, NftTable } from './model.ts';
import { normalizeNftRule } from './normalize.ts';
import { referencesOfRule, type References } from './references.ts';

type RuleCommand = Extract<NftCommand, { object: 'rule' }>;
type ProblemText = NftProblem['text'];

/** How deep chains may call one another (NFT_JUMP_STACK_SIZE). */
export const DEEPEST_JUMP = 16;

/** Counts references up or down, and remembers how to go back. */
export function countReferences(
  transaction: Transaction,
  table: NftTable,
  references: References,
  by: 1 | -1,
): void {
  const count = (change: number) => {
    for (const name of references.chains) {
      const chain = table.chains[name];
      if (chain) chain.uses += change;
    }
    for (const name of references.sets) {
      const set = table.sets[name];
      if (set) set.uses += change;
    }
  };
  count(by);
  rememberUndo(transaction, () => {
    count(-by);
  });
}

/** What a rule or element names must be there; nothing jumps to a base chain. */
export function findMissing(
  transaction: Transaction,
  table: NftTable,
  references: References,
): ProblemText | undefined {
  const set = references.sets.find((name) => !table.sets[name]);
  if (set !== undefined) {
    transaction.culprit = { what: 'set', name: set };
    return 'No such file or directory';
  }
  for (const name of references.chains) {
    const chain = table.chains[name];
    if (chain && !chain.base) continue;
    transaction.culprit = { what: 'target', name };
    return chain ? 'Operation not supported' : 'No such file or directory';
  }
  return undefined;
}

/** Whether packets come to a chain along jumps from a base chain. Maps are not followed. */
function isReached(table: NftTable, name: string): boolean {
  return Object.values(table.chains).some(
    (chain) => chain.base !== undefined && leadsTo(table, chain.name, name),
  );
}

/**
 * nft_chain_validate: whether a way along jumps leads from `from` to `to`, or never ends. It is asked for what base
 * chains reach alone: a circle to which nothing leads is let be. Maps are not followed: see `evaluate.ts`.
 */
function leadsTo(table: NftTable, from: string, to: string, depth = 0): boolean {
  if (from === to || depth > DEEPEST_JUMP) return true;
  const rules = table.chains[from]?.rules ?? [];
  return rules.some((rule) =>
    referencesOfRule(rule).chains.some((next) => leadsTo(table, next, to, depth + 1)),
  );
}

/** Replaces `remove` rules at a position by others, with their references. */
function spliceRules(
  transaction: Transaction,
  table: NftTable,
  chain: NftChain,
  at: number,
  change: { remove: number; add: readonly NftRule[] },
): void {
  if (change.remove + change.add.length === 0) return;
  const removed = chain.rules.splice(at, change.remove, ...change.add);
  rememberUndo(transaction, () => {
    chain.rules.splice(at, change.add.length, ...removed);
  });
  for (const rule of removed) countReferences(transaction, table, referencesOfRule(rule), -1);
  for (const rule of change.add) countReferences(transaction, table, referencesOfRule(rule), 1);
}

function makeRule(
  transaction: Transaction,
  table: NftTable,
  chain: NftChain,
  body: NftRuleBody,
): NftRule | Exclude<ProblemText, undefined> {
  const rule = normalizeNftRule(body, table.family);
  const references = referencesOfRule(rule);
  const missing = findMissing(transaction, table, references);
  if (missing) return missing;
  if (
    references.chains.some((next) => leadsTo(table, next, chain.name)) &&
    isReached(table, chain.name)
  )
    return 'Too many links';
  const { counts, ...rest } = rule;
  return { handle: table.nextHandle++, ...rest, ...(counts && { counts: { ...counts } }) };
}

/** Where a rule goes: behind all (add), before all (insert), or beside the one that is named. Undefined: it is not there. */
function placeOf({ rules }: NftChain, command: RuleCommand): number | undefined {
  const isAdd = command.verb === 'add';
  if (command.verb !== 'add' && command.verb !== 'insert') return undefined;
  if (command.handle !== undefined) {
    const at = rules.findIndex(({ handle }) => handle === command.handle);
    return at < 0 ? undefined : isAdd ? at + 1 : at;
  }
  if (command.index !== undefined) {
    if (command.index >= rules.length) return undefined;
    return isAdd ? command.index + 1 : command.index;
  }
  return isAdd ? rules.length : 0;
}

function withoutHandle(transaction: Transaction, handle: number | undefined): ProblemText {
  transaction.culprit = { what: 'handle', name: String(handle) };
  return 'No such file or directory';
}

/** nf_tables_newrule. */
export function addRule(
  transaction: Transaction,
  table: NftTable,
  command: Extract<RuleCommand, { verb: 'add' | 'insert' }>,
): ProblemText | undefined {
  const chain = table.chains[command.chain];
  const at = chain && placeOf(chain, command);
  if (!chain) return 'No such file or directory';
  if (at === undefined) return withoutHandle(transaction, command.handle ?? command.index);
  const rule = makeRule(transaction, table, chain, command.rule);
  if (typeof rule === 'string') return rule;
  spliceRules(transaction, table, chain, at, { remove: 0, add: [rule] });
  return undefined;
}

export function replaceRule(
  transaction: Transaction,
  table: NftTable,
  command: Extract<RuleCommand, { verb: 'replace' }>,
): ProblemText | undefined {
  const chain = table.chains[command.chain];
  const at = chain?.rules.findIndex(({ handle }) => handle === command.handle) ?? -1;
  if (!chain) return 'No such file or directory';
  if (at < 0) return withoutHandle(transaction, command.handle);
  const { nextHandle } = table;
  const rule = makeRule(transaction, table, chain, command.rule);
  if (typeof rule === 'string') return rule;
  // The new rule has the handle of the old one.
  table.nextHandle = nextHandle;
  const add = [{ ...rule, handle: command.handle }];
  spliceRules(transaction, table, chain, at, { remove: 1, add });
  return undefined;
}

/** nf_tables_delrule. */
export function removeRule(
  transaction: Transaction,
  table: NftTable,
  command: Extract<RuleCommand, { verb: 'delete' | 'destroy' }>,
): ProblemText | undefined {
  const chain = table.chains[command.chain];
  const at = chain?.rules.findIndex(({ handle }) => handle === command.handle) ?? -1;
  if ((!chain || at < 0) && command.verb === 'destroy') return undefined;
  if (!chain) return 'No such file or directory';
  if (at < 0) return withoutHandle(transaction, command.handle);
  spliceRules(transaction, table, chain, at, { remove: 1, add: [] });
  return undefined;
}

/** `flush chain`, and `flush table` without a name: rules go, chains and sets stay. */
export function flushRules(
  transaction: Transaction,
  table: NftTable,
  name?: string,
): ProblemText | undefined {
  const chains = name === undefined ? Object.values(table.chains) : [table.chains[name]];
  for (const chain of chains) {
    if (!chain) return 'No such file or directory';
    spliceRules(transaction, table, chain, 0, { remove: chain.rules.length, add: [] });
  }
  return undefined;
}
