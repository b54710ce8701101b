import type {
  NftBase,
  NftElementBody,
  NftRuleBody,
  NftSetBody,
} from '../../../linux/netfilter/nft/model.ts';

export interface DesiredChain {
  readonly base?: NftBase;
  readonly rules: readonly NftRuleBody[];
}

export interface DesiredSet {
  readonly body: NftSetBody;
  readonly elements: readonly NftElementBody[];
}

/** What the table of policies shall say on a node, for one family of addresses. */
export interface DesiredTable {
  readonly chains: ReadonlyMap<string, DesiredChain>;
  readonly sets: ReadonlyMap<string, DesiredSet>;
}
