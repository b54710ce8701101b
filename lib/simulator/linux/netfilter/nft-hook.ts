import { flowOf, type IpPacket } from '../../packet/packet.ts';
import type { NetfilterHook } from '../../trace/step.ts';
import type { SocketBuffer } from '../socket-buffer.ts';
import { audienceOf, connectionOf, type HookContext, type HookVerdict } from './hook-context.ts';
import { evaluateBaseChain, type NftResult } from './nft/evaluate.ts';
import type { NftHookEntry, NftTable } from './nft/model.ts';
import { recordNft } from './nft/record-nft.ts';

/** A base chain in its table. */
export interface NftPlace {
  readonly entry: NftHookEntry;
  readonly table: NftTable;
}

const NO_ENTRIES: readonly NftHookEntry[] = [];

const entriesAt = (hook: NetfilterHook, { namespace }: HookContext): readonly NftHookEntry[] =>
  namespace.nftables.hooks[hook] ?? NO_ENTRIES;

/** Whether nftables has anything at a hook. */
export const hasNftAt = (hook: NetfilterHook, context: HookContext): boolean =>
  entriesAt(hook, context).length > 0;

/** Whether a table of this family sees the packet. */
export const seesPacket = ({ family }: NftTable, { version }: IpPacket) =>
  family === 'inet' || family === (version === 4 ? 'ip' : 'ip6');

/** The nat base chains of nftables at a hook that see this packet, in the order of their priorities. */
export function natChainsAt(
  hook: NetfilterHook,
  { packet }: SocketBuffer,
  context: HookContext,
): NftPlace[] {
  const { tables } = context.namespace.nftables;
  return entriesAt(hook, context).flatMap((entry) => {
    const table = entry.type === 'nat' ? tables[entry.table] : undefined;
    return table && seesPacket(table, packet) ? [{ entry, table }] : [];
  });
}

const nowhere = () => undefined;

/** What a base chain says of a packet. */
export function evaluateNft(
  { entry, table }: NftPlace,
  skb: SocketBuffer,
  context: HookContext,
): NftResult | undefined {
  const chain = table.chains[entry.chain];
  if (!chain) return undefined;
  const { namespace } = context;
  return evaluateBaseChain(chain, {
    skb,
    table,
    audience: audienceOf(skb, context),
    connection: connectionOf(skb, context),
    ipsets: namespace.ipsets,
    now: context.now,
    random: context.random,
    drawLot: context.drawLot,
    namespace: namespace.id,
    isLocalAddress: context.isLocalAddress,
    routeDevice: context.routeDevice ?? nowhere,
  });
}

/** Base chains that filter, with priorities in [from, before): what iptables has no table for is asked between its tables. */
export function runNft(
  hook: NetfilterHook,
  skb: SocketBuffer,
  context: HookContext,
  range: { from: number; before: number },
): HookVerdict | undefined {
  const { tables } = context.namespace.nftables;
  for (const entry of entriesAt(hook, context)) {
    if (entry.type === 'nat' || entry.priority < range.from || entry.priority >= range.before)
      continue;
    const table = tables[entry.table];
    if (!table || !seesPacket(table, skb.packet)) continue;
    const place = { entry, table };
    const result = evaluateNft(place, skb, context);
    if (!result) continue;
    const { outcome } = result;
    const verdict = outcome.verdict === 'nat' ? 'accept' : outcome.verdict;
    if (context.recorder.isRecording(skb.tag)) {
      const before = flowOf(skb.packet);
      recordNft({ hook, ...place, skb, before, result, outcome: verdict }, context);
    }
    if (outcome.verdict === 'drop' || outcome.verdict === 'reject') return outcome;
  }
  return undefined;
}
