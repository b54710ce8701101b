import type { Flow } from '../../base/flow.ts';
import { flowOf, type IpPacket } from '../../packet/packet.ts';
import type { NetfilterHook, NetfilterTable } from '../../trace/step.ts';
import { firstAddressOn } from '../addresses.ts';
import { confirmEntry, removeEntry, type ConntrackEntry } from '../conntrack.ts';
import { setUpNat, translateIcmpError, translatePacket, type NatHalf } from '../nat.ts';
import type { SocketBuffer } from '../socket-buffer.ts';
import { evaluateTable, type NatTarget, type TableVerdict } from './evaluate.ts';
import {
  ACCEPT,
  audienceOf,
  connectionOf,
  DROP,
  rulesetFor,
  subjectOf,
  type HookContext,
  type HookVerdict,
} from './hook-context.ts';
import { evaluateNft, hasNftAt, natChainsAt, runNft, seesPacket } from './nft-hook.ts';
import { recordNft } from './nft/record-nft.ts';
import { recordConntrack, recordTable, type TableOutcome } from './record-hook.ts';
import { natRangeOf } from './target/nat-range.ts';
import { trackPacket } from './track-packet.ts';

export type { HookContext, HookVerdict } from './hook-context.ts';

/** One thing that happens at a hook. Undefined: go on with the next. */
type Stage = (
  hook: NetfilterHook,
  skb: SocketBuffer,
  context: HookContext,
) => HookVerdict | undefined;

/** A table in which a rule may accept, drop or reject, and mark. A nat target there would be a bug of the parser. */
const filterIn =
  (name: NetfilterTable): Stage =>
  (hook, skb, context) => {
    const table = rulesetFor(context, skb.packet).tables[name];
    if (!table?.chains[hook]) return undefined;
    const audience = audienceOf(skb, context);
    const result = evaluateTable(table, hook, subjectOf(skb, context), audience);
    const { outcome } = result;
    if (audience === 'recorder') {
      const verdict = outcome.verdict === 'nat' ? 'accept' : outcome.verdict;
      const before = flowOf(skb.packet);
      recordTable({ hook, table: name, skb, before, result, outcome: verdict }, context);
    }
    return outcome.verdict === 'drop' || outcome.verdict === 'reject' ? outcome : undefined;
  };

/**
 * Tracking is at work in a namespace that has rules, as the kernel registers its hooks when something needs them.
 * Simplified: any table counts, not only nat and the conntrack matches.
 */
function isTracking({ packet }: SocketBuffer, context: HookContext): boolean {
  if (!isEmpty(rulesetFor(context, packet).tables)) return true;
  const { tables } = context.namespace.nftables;
  for (const name in tables) if (seesPacket(tables[name]!, packet)) return true;
  return false;
}

/** Asked for every packet at every hook: `Object.keys` would make a list each time. */
function isEmpty(tables: object): boolean {
  for (const _ in tables) return false;
  return true;
}

const track: Stage = (hook, skb, context) => {
  if (!isTracking(skb, context)) return undefined;
  if (trackPacket(skb, context.namespace, context.now) === 'full') return DROP;
  if (!context.recorder.isRecording(skb.tag)) return undefined;
  const entry = connectionOf(skb, context);
  const after = translated(skb, entry, 'destination');
  recordConntrack({ skb, entry, after }, context);
  return undefined;
};

/** The packet after what its connection has decided for this half. */
function translated(
  { packet, connectionDirection = 'original', connectionState }: SocketBuffer,
  entry: ConntrackEntry | undefined,
  half: NatHalf,
): IpPacket {
  if (!entry) return packet;
  // A reset that rejects a packet is related as well, but has no quotation.
  return connectionState === 'RELATED' && 'original' in packet.transport
    ? translateIcmpError(packet, entry, connectionDirection, half)
    : translatePacket(packet, entry, connectionDirection, half);
}

const VERDICTS = {
  DNAT: 'dnat',
  SNAT: 'snat',
  MASQUERADE: 'masquerade',
  REDIRECT: 'redirect',
} as const satisfies Record<NatTarget['target'], TableOutcome>;

function redirectAddress(skb: SocketBuffer, { namespace }: HookContext): string {
  const { version } = skb.packet;
  const own = firstAddressOn(namespace.links[skb.inDevice ?? ''], version);
  return own ?? (version === 4 ? '127.0.0.1' : '::1');
}

/** Applies what a nat chain said (or none did) to a connection. False: there is no address to translate to. */
function decideNat(
  half: NatHalf,
  entry: ConntrackEntry,
  skb: SocketBuffer,
  outcome: TableVerdict,
  context: HookContext,
): boolean {
  const nat = { table: context.namespace.conntrack, now: context.now, random: context.random };
  if (outcome.verdict !== 'nat') {
    setUpNat(entry, half, undefined, nat);
    return true;
  }
  const range = natRangeOf(outcome.target, skb.packet, {
    redirectAddress: () => redirectAddress(skb, context),
    masqueradeAddress: (packet) => context.masqueradeAddress(skb.outDevice ?? '', packet),
  });
  if (range) setUpNat(entry, half, range, nat);
  return range !== undefined;
}

/** A nat chain that was asked: what it says, and how to write it down once that is done. */
interface NatAnswer {
  readonly outcome: TableVerdict;
  record(outcome: TableOutcome, before: Flow): void;
}

interface PlacedSource {
  readonly priority: number;
  readonly ask: () => NatAnswer | undefined;
}

/** The nat chains at a hook in the order of priorities: the table of iptables stands at -100 or 100 (nf_nat_core.c). */
function natSources(
  half: NatHalf,
  hook: NetfilterHook,
  skb: SocketBuffer,
  context: HookContext,
): PlacedSource[] {
  const table = rulesetFor(context, skb.packet).tables.nat;
  const own: PlacedSource[] = table?.chains[hook]
    ? [
        {
          priority: half === 'destination' ? -100 : 100,
          ask: () => {
            const audience = audienceOf(skb, context);
            const result = evaluateTable(table, hook, subjectOf(skb, context), audience);
            return {
              outcome: result.outcome,
              record: (outcome, before) => {
                recordTable({ hook, table: 'nat', skb, before, result, outcome }, context);
              },
            };
          },
        },
      ]
    : [];
  if (!hasNftAt(hook, context)) return own;
  const nft = natChainsAt(hook, skb, context).map((place) => ({
    priority: place.entry.priority,
    ask: () => {
      const result = evaluateNft(place, skb, context);
      return (
        result && {
          outcome: result.outcome,
          record: (outcome: TableOutcome, before: Flow) => {
            recordNft({ hook, ...place, skb, before, result, outcome }, context);
          },
        }
      );
    },
  }));
  return [...own, ...nft].sort((a, b) => a.priority - b.priority);
}

/**
 * The first packet of a connection asks the nat chains, once for each half (nf_nat_inet_fn): the first that translates
 * has the word, and when none does the connection stays as it is.
 */
function consultNat(
  half: NatHalf,
  hook: NetfilterHook,
  skb: SocketBuffer,
  entry: ConntrackEntry,
  context: HookContext,
): HookVerdict | undefined {
  const sources = natSources(half, hook, skb, context);
  for (const source of sources) {
    const answer = source.ask();
    const before = flowOf(skb.packet);
    const outcome = answer?.outcome ?? { verdict: 'accept' };
    const isLast = source === sources.at(-1);
    if (outcome.verdict === 'accept' && !isLast) {
      answer?.record('accept', before);
      continue;
    }
    const isAllowed =
      outcome.verdict !== 'drop' &&
      outcome.verdict !== 'reject' &&
      decideNat(half, entry, skb, outcome, context);
    if (isAllowed) skb.packet = translated(skb, entry, half);
    const verdict = !isAllowed
      ? 'drop'
      : outcome.verdict === 'nat'
        ? VERDICTS[outcome.target.target]
        : 'accept';
    answer?.record(verdict, before);
    return isAllowed ? undefined : DROP;
  }
  return undefined;
}

const translate =
  (half: NatHalf): Stage =>
  (hook, skb, context) => {
    const entry = connectionOf(skb, context);
    if (!entry) return undefined;
    if (skb.connectionState === 'NEW' && !entry.nat[half])
      return consultNat(half, hook, skb, entry, context);
    const after = translated(skb, entry, half);
    // What happens to the destination was told when the packet was tracked.
    if (half === 'source' && after !== skb.packet) recordConntrack({ skb, entry, after }, context);
    skb.packet = after;
    return undefined;
  };

const confirm: Stage = (_hook, skb, context) => {
  const entry = connectionOf(skb, context);
  if (!entry || entry.isConfirmed) return undefined;
  if (skb.connectionDirection === 'reply') {
    // The answer to a packet that was rejected, or failed, before its connection was real (see attachAnswer).
    removeEntry(context.namespace.conntrack, entry);
    return undefined;
  }
  const confirmed = confirmEntry(context.namespace.conntrack, entry, context.now);
  if (confirmed === 'clash') return DROP;
  skb.connection = confirmed.id;
  return undefined;
};

/** One thing at a hook, where it stands. */
interface PlacedStage {
  readonly priority: number;
  readonly run: Stage;
}

const raw: PlacedStage = { priority: -300, run: filterIn('raw') };
const tracking: PlacedStage = { priority: -200, run: track };
const mangle: PlacedStage = { priority: -150, run: filterIn('mangle') };
const destinationNat: PlacedStage = { priority: -100, run: translate('destination') };
const filter: PlacedStage = { priority: 0, run: filterIn('filter') };
const sourceNat: PlacedStage = { priority: 100, run: translate('source') };
const confirmation: PlacedStage = { priority: Number.MAX_SAFE_INTEGER, run: confirm };

/** The kernel's priorities (enum nf_ip_hook_priorities). Base chains of nftables are asked between these. */
const STAGES: Readonly<Record<NetfilterHook, readonly PlacedStage[]>> = {
  PREROUTING: [raw, tracking, mangle, destinationNat],
  INPUT: [mangle, filter, sourceNat, confirmation],
  FORWARD: [mangle, filter],
  OUTPUT: [raw, tracking, mangle, destinationNat, filter],
  POSTROUTING: [mangle, sourceNat, confirmation],
};

/** A connection whose first packet ends here never was; one that is rejected is needed for the answer. */
function forgetUnconfirmed(skb: SocketBuffer, context: HookContext): void {
  const entry = connectionOf(skb, context);
  if (entry && !entry.isConfirmed) removeEntry(context.namespace.conntrack, entry);
}

function refuse(verdict: HookVerdict, skb: SocketBuffer, context: HookContext): HookVerdict {
  if (verdict.verdict === 'drop') forgetUnconfirmed(skb, context);
  return verdict;
}

/** Whether nothing in the namespace has ever asked netfilter for anything. */
function isUntouched({ packet, connection }: SocketBuffer, context: HookContext): boolean {
  return (
    connection === undefined &&
    isEmpty(rulesetFor(context, packet).tables) &&
    isEmpty(context.namespace.nftables.tables)
  );
}

/**
 * Runs everything that netfilter has at `hook` over the packet, in the kernel's priority order. May rewrite `skb.packet`
 * and its mark, and notes the connection at `skb`. Each table that compared a rule is recorded as a step, and what
 * connection tracking found; the caller records that a packet was dropped, and sends what a rejection asks for.
 */
export function runHook(hook: NetfilterHook, skb: SocketBuffer, context: HookContext): HookVerdict {
  if (context.namespace.isDormant) context.wake?.();
  if (isUntouched(skb, context)) return ACCEPT;
  const hasNft = hasNftAt(hook, context);
  let from = Number.NEGATIVE_INFINITY;
  for (const { priority, run } of STAGES[hook]) {
    const between = hasNft ? runNft(hook, skb, context, { from, before: priority }) : undefined;
    const verdict = between ?? run(hook, skb, context);
    from = priority;
    if (verdict && verdict.verdict !== 'accept') return refuse(verdict, skb, context);
  }
  if (!hasNft) return ACCEPT;
  const last = runNft(hook, skb, context, { from, before: Number.POSITIVE_INFINITY });
  return last ? refuse(last, skb, context) : ACCEPT;
}
