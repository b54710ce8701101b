import type { NftChain, NftRuleset, NftTable } from '../linux/netfilter/nft/model.ts';

/** An empty chain to which nothing leads: kube-proxy deletes those a second after it has emptied them. */
const isLeftOver = ({ base, rules, uses, name }: NftChain) =>
  !base && rules.length === 0 && uses === 0 && name.includes('/');

const bodyOf = (chain: NftChain) => ({
  base: chain.base,
  comment: chain.comment,
  uses: chain.uses,
  rules: chain.rules.map(({ handle: _handle, ...rule }) => rule),
});

const tableOf = ({ chains, sets }: NftTable) => ({
  chains: Object.fromEntries(
    Object.values(chains)
      .filter((chain) => !isLeftOver(chain))
      .map((chain) => [chain.name, bodyOf(chain)]),
  ),
  sets: Object.fromEntries(
    Object.values(sets).map(({ handle: _handle, ...set }) => [set.name, set]),
  ),
});

/** What tables say and which jumps lead where, without the numbers and the order in which it all came about. */
export const nftWithoutHistory = ({ tables, hooks }: NftRuleset) => ({
  hooks,
  tables: Object.fromEntries(Object.entries(tables).map(([key, table]) => [key, tableOf(table)])),
});
