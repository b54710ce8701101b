import type { Flow } from '../../../base/flow.ts';
import { flowOf } from '../../../packet/packet.ts';
import type { EvaluatedRule, NetfilterHook, NetfilterTable } from '../../../trace/step.ts';
import { writeHeaders } from '../../headers-in-step.ts';
import type { SocketBuffer } from '../../socket-buffer.ts';
import type { RecordingContext, TableOutcome } from '../record-hook.ts';
import type { NftResult, SeenNftRule } from './evaluate.ts';
import type { NftChainType, NftHookEntry, NftRule, NftTable } from './model.ts';
import { printNftRule } from './print/print-rule.ts';

/** The iptables table that does what a type of chain does. */
const LIKE: Readonly<Record<NftChainType, NetfilterTable>> = {
  filter: 'filter',
  nat: 'nat',
  route: 'mangle',
};

/** Longer lists are cut to the rules that matched and the last one. */
const LONGEST_LIST = 40;

const texts = new WeakMap<NftRule, string>();

/** Of a rule nothing changes but what it has counted: without that it is printed once. */
function textOf(rule: NftRule): string {
  if (rule.counts) return printNftRule(rule);
  const known = texts.get(rule);
  if (known !== undefined) return known;
  const text = printNftRule(rule);
  texts.set(rule, text);
  return text;
}

function evaluatedRules(seen: readonly SeenNftRule[]): EvaluatedRule[] {
  const kept =
    seen.length <= LONGEST_LIST
      ? seen
      : seen.filter(({ matched }, index) => matched || index === seen.length - 1);
  return kept.map(({ chain, number, rule, matched, lookup, because }) => ({
    chain,
    number,
    text: textOf(rule),
    matched,
    ...(because && { because }),
    ...(lookup && { lookup }),
  }));
}

/** What a base chain did to a packet. One that compared no rule and accepts is not worth a step. */
export function recordNft(
  told: {
    hook: NetfilterHook;
    entry: NftHookEntry;
    table: NftTable;
    skb: SocketBuffer;
    before: Flow;
    result: NftResult;
    outcome: TableOutcome;
  },
  { place, recorder }: RecordingContext,
): void {
  const { hook, entry, table, skb, before, result, outcome } = told;
  if (result.compared === 0 && outcome === 'accept') return;
  const { packet } = skb;
  recorder.record(skb.tag, () => {
    const step = writeHeaders(
      {
        kind: 'netfilter' as const,
        place,
        hook,
        table: LIKE[entry.type],
        nft: {
          family: table.family,
          table: table.name,
          chain: entry.chain,
          priority: entry.priority,
        },
        rules: evaluatedRules(result.seen),
        compared: result.compared,
        verdict: outcome,
        after: flowOf(packet),
        ...(result.because && { because: result.because }),
      },
      packet,
    );
    step.flow = before;
    return step;
  });
}
