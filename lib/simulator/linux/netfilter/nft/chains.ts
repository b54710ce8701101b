import { setMember, type Transaction } from './transaction.ts';
import type { NftCommand, NftProblem } from './command.ts';
import { rebuildHooks } from './hook-index.ts';
import type { NftBase, NftChain, NftTable } from './model.ts';
import { flushRules } from './rules.ts';

type ChainCommand = Exclude<Extract<NftCommand, { object: 'chain' }>, { verb: 'rename' }>;
type ProblemText = NftProblem['text'];

/** Hooks that a type of base chain can stand at (the kernel's chain types). */
const HOOKS_OF_TYPE: Readonly<Record<NftBase['type'], readonly NftBase['hook'][]>> = {
  filter: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  route: ['OUTPUT'],
};

/** nat chains come behind connection tracking (nf_tables_chain_type_lookup: NF_IP_PRI_CONNTRACK). */
const isPossible = ({ type, hook, priority }: NftBase) =>
  HOOKS_OF_TYPE[type].includes(hook) && (type !== 'nat' || priority > -200);

function updateChain(
  transaction: Transaction,
  table: NftTable,
  chain: NftChain,
  { verb, base, policy }: ChainCommand,
): ProblemText | undefined {
  if (verb === 'create') return 'File exists';
  const old = chain.base;
  if (!base && old && policy !== undefined)
    setMember(transaction, table.chains, chain.name, { ...chain, base: { ...old, policy } });
  if (!base) return undefined;
  const isSame =
    old?.type === base.type && old.hook === base.hook && old.priority === base.priority;
  if (!isSame) return 'File exists';
  if (base.policy === undefined || base.policy === old.policy) return undefined;
  setMember(transaction, table.chains, chain.name, { ...chain, base });
  return undefined;
}

/** nf_tables_newchain. */
export function addChain(
  transaction: Transaction,
  table: NftTable,
  command: ChainCommand,
): ProblemText | undefined {
  const { chain: name, base, comment } = command;
  const existing = table.chains[name];
  if (existing) return updateChain(transaction, table, existing, command);
  if (base && !isPossible(base)) {
    transaction.culprit = { what: 'block', name: '' };
    return 'Operation not supported';
  }
  setMember(transaction, table.chains, name, {
    name,
    handle: table.nextHandle++,
    ...(base && { base }),
    ...(comment !== undefined && { comment }),
    uses: 0,
    rules: [],
  });
  if (base) rebuildHooks(transaction);
  return undefined;
}

/** nf_tables_delchain: only one to which nothing leads; its rules go with it. */
export function removeChain(
  transaction: Transaction,
  table: NftTable,
  { verb, chain: name }: ChainCommand,
): ProblemText | undefined {
  const chain = table.chains[name];
  if (!chain) return verb === 'destroy' ? undefined : 'No such file or directory';
  if (chain.uses > 0) return 'Device or resource busy';
  flushRules(transaction, table, name);
  setMember(transaction, table.chains, name, undefined);
  if (chain.base) rebuildHooks(transaction);
  return undefined;
}

/** Plain data in which every verdict that leads to a chain leads to it by its new name. */
function withNewName<V>(value: V, from: string, to: string): V {
  if (Array.isArray(value)) return value.map((one: unknown) => withNewName(one, from, to)) as V;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, one]: [string, unknown]) => [
    key,
    withNewName(one, from, to),
  ]);
  const copy = Object.fromEntries(entries) as Record<string, unknown>;
  if ((copy.verdict === 'jump' || copy.verdict === 'goto') && copy.chain === from) copy.chain = to;
  return copy as V;
}

/** NFT_MSG_NEWCHAIN for a chain that has a handle, and another name. What leads to it leads to it still. */
export function renameChain(
  transaction: Transaction,
  table: NftTable,
  { chain: name, to }: Extract<NftCommand, { verb: 'rename' }>,
): ProblemText | undefined {
  if (!table.chains[name]) {
    transaction.culprit = { what: 'chain', name };
    return 'No such file or directory';
  }
  if (table.chains[to]) return 'File exists';
  const [chains, sets] = [{ ...table.chains }, { ...table.sets }];
  for (const old of Object.values(chains)) {
    setMember(transaction, table.chains, old.name, undefined);
    const chain = { ...old, rules: withNewName(old.rules, name, to) };
    const isIt = old.name === name;
    setMember(
      transaction,
      table.chains,
      isIt ? to : old.name,
      isIt ? { ...chain, name: to } : chain,
    );
  }
  for (const set of Object.values(sets))
    setMember(transaction, table.sets, set.name, {
      ...set,
      elements: withNewName(set.elements, name, to),
    });
  rebuildHooks(transaction);
  return undefined;
}
