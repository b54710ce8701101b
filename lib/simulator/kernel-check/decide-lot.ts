import { formatSocketAddress, type SocketAddress } from '../base/flow.ts';
import type { Lot } from '../linux/netfilter/lots.ts';
import type { NftExpression } from '../linux/netfilter/nft/expression.ts';
import type { NftRule, NftTable } from '../linux/netfilter/nft/model.ts';
import type { Rule, Table } from '../linux/netfilter/rule.ts';
import type { NetworkNamespace } from '../linux/network.ts';

/** One outcome of a lot: what to answer for it, and the endpoint that it leads to. */
export interface Side {
  readonly answer: number;
  readonly endpoint: string;
}

/** Where a packet goes that follows this rule's jump: the first translation there. */
function iptablesEndpoint({ chains }: Table, { target }: Rule): string | undefined {
  if (target.target !== 'JUMP') return undefined;
  const rules = chains[target.chain]?.rules ?? [];
  return rules.flatMap((rule) => (rule.target.target === 'DNAT' ? rule.target.to : []))[0];
}

/** The rules of a linear chain: the asked one matches for 0, for the highest number one of those behind it. */
function iptablesSides(table: Table, rule: Rule, sides: number): Side[] {
  const chain = Object.values(table.chains).find(({ rules }) => rules.includes(rule));
  // The asked rule first: with session affinity an earlier rule leads to the same endpoint.
  return [rule, ...(chain?.rules ?? [])].flatMap((each) => {
    const endpoint = iptablesEndpoint(table, each);
    return endpoint === undefined ? [] : [{ endpoint, answer: each === rule ? 0 : sides - 1 }];
  });
}

const textOf = (expression: NftExpression | undefined) =>
  expression?.expression === 'value' ? expression.value : '';

function nftEndpoint({ chains }: NftTable, chain: string): string | undefined {
  for (const { statements } of chains[chain]?.rules ?? []) {
    for (const statement of statements) {
      if (statement.statement !== 'nat' || statement.nat !== 'dnat') continue;
      const port = Number(textOf(statement.port));
      return formatSocketAddress({ address: textOf(statement.address), port });
    }
  }
  return undefined;
}

/** `numgen random mod 2 vmap { 0 : goto endpoint-..., 1 : goto endpoint-... }`. */
function nftSides(table: NftTable, { statements }: NftRule): Side[] {
  for (const statement of statements) {
    if (statement.statement !== 'vmap' || statement.map.map !== 'anonymous') continue;
    return statement.map.elements.flatMap(({ key, verdict }) => {
      const endpoint = 'chain' in verdict ? nftEndpoint(table, verdict.chain) : undefined;
      return endpoint === undefined ? [] : [{ endpoint, answer: Number(key) }];
    });
  }
  return [];
}

/** What a lot is about: every endpoint that it can fall on. */
export function sidesOf(namespace: NetworkNamespace, { packet, rule, sides }: Lot): Side[] {
  if ('statements' in rule) {
    const table = Object.values(namespace.nftables.tables).find(({ chains }) =>
      Object.values(chains).some(({ rules }) => rules.includes(rule)),
    );
    return table ? nftSides(table, rule) : [];
  }
  const { nat } = (packet.version === 6 ? namespace.ruleset6 : namespace.ruleset).tables;
  return nat ? iptablesSides(nat, rule, sides) : [];
}

/** The answer that leads to the endpoint. An endpoint that is not there cannot be hit: then chance decides. */
export function answerFor(sides: readonly Side[], pick: SocketAddress): number | undefined {
  return sides.find(({ endpoint }) => endpoint === formatSocketAddress(pick))?.answer;
}
