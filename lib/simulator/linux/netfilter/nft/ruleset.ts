import type { NftRuleset } from './model.ts';

/** A namespace's nftables when nobody has touched them. */
export function createNftRuleset(): NftRuleset {
  return { tables: {}, hooks: {}, nextHandle: 1 };
}
