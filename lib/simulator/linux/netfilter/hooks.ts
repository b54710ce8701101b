import type { Micros } from '../../base/clock.ts';
import type { RandomState } from '../../base/random.ts';
import type { Flow } from '../../base/flow.ts';
import { flowOf, type IpPacket } from '../../packet/packet.ts';
import type { Recorder } from '../../trace/recorder.ts';
import type { NetfilterHook, NetfilterTable, Place } from '../../trace/step.ts';
import { firstAddressOn } from '../addresses.ts';
import { confirmEntry, removeEntry, type ConntrackEntry } from '../conntrack.ts';
import { setUpNat, translateIcmpError, translatePacket, type NatHalf } from '../nat.ts';
import type { NetworkNamespace } from '../network.ts';
import type { SocketBuffer } from '../socket-buffer.ts';
import { evaluateTable, type NatTarget, type TableVerdict } from './evaluate.ts';
import type { MatchSubject } from './match/subject.ts';
import { evaluateBaseChain } from './nft/evaluate.ts';
import type { NftHookEntry, NftTable } from './nft/model.ts';
import { recordNft } from './nft/record-nft.ts';
import { recordConntrack, recordTable, type TableOutcome } from './record-hook.ts';
import type { RejectWith } from './rule.ts';
import type { DrawLot } from './lots.ts';
import { natRangeOf } from './target/nat-range.ts';
import { trackPacket } from './track-packet.ts';

/** What a hook decides. After `reject` the caller sends the answer and drops the packet. */
export type HookVerdict =
  | { readonly verdict: 'accept' }
  | { readonly verdict: 'drop' }
  | { readonly verdict: 'reject'; readonly with: RejectWith };

/** What the hooks need to know of the machine. */
export interface HookContext {
  readonly namespace: NetworkNamespace;
  readonly place: Place;
  readonly now: Micros;
  readonly random: RandomState;
  readonly drawLot?: DrawLot;
  readonly recorder: Recorder;
  /** Whether the address belongs to this namespace (RTN_LOCAL): its interfaces, 127.0.0.0/8. */
  isLocalAddress(address: string): boolean;
  /** The device by which routing sends to an address. */
  routeDevice?(address: string): string | undefined;
  /** The source that MASQUERADE takes: the address of `outDevice` that a route to the packet's destination prefers. */
  masqueradeAddress(outDevice: string, packet: IpPacket): string | undefined;
}

const ACCEPT: HookVerdict = { verdict: 'accept' };
const DROP: HookVerdict = { verdict: 'drop' };

/** One thing that happens at a hook. Undefined: go on with the next. */
type Stage = (
  hook: NetfilterHook,
  skb: SocketBuffer,
  context: HookContext,
) => HookVerdict | undefined;

function connectionOf(skb: SocketBuffer, { namespace }: HookContext): ConntrackEntry | undefined {
  return skb.connection === undefined ? undefined : namespace.conntrack.entries[skb.connection];
}

/** iptables and ip6tables have rules of their own. */
const rulesetFor = ({ namespace }: HookContext, { version }: IpPacket) =>
  version === 4 ? namespace.ruleset : namespace.ruleset6;

function surroundingsOf(skb: SocketBuffer, context: HookContext) {
  const connection = connectionOf(skb, context);
  return {
    skb,
    ...(connection && { connection }),
    now: context.now,
    random: context.random,
    ...(context.drawLot && { drawLot: context.drawLot }),
    namespace: context.namespace.id,
    ipsets: context.namespace.ipsets,
    isLocalAddress: (address: string) => context.isLocalAddress(address),
  };
}

const subjectOf = (skb: SocketBuffer, context: HookContext): MatchSubject => ({
  ...surroundingsOf(skb, context),
  ruleset: rulesetFor(context, skb.packet),
});

/** A table in which a rule may accept, drop or reject, and mark. A nat target there would be a bug of the parser. */
const filterIn =
  (name: NetfilterTable): Stage =>
  (hook, skb, context) => {
    const table = rulesetFor(context, skb.packet).tables[name];
    if (!table?.chains[hook]) return undefined;
    const result = evaluateTable(table, hook, subjectOf(skb, context));
    const { outcome } = result;
    const verdict = outcome.verdict === 'nat' ? 'accept' : outcome.verdict;
    const flow = flowOf(skb.packet);
    recordTable({ hook, table: name, skb, before: flow, result, outcome: verdict }, context);
    return outcome.verdict === 'drop' || outcome.verdict === 'reject' ? outcome : undefined;
  };

/** Whether a table of this family sees the packet. */
const seesPacket = ({ family }: NftTable, { version }: IpPacket) =>
  family === 'inet' || family === (version === 4 ? 'ip' : 'ip6');

/** The base chains of nftables at a hook that see this packet, in the order of their priorities. */
function nftEntriesAt(
  hook: NetfilterHook,
  { packet }: SocketBuffer,
  { namespace }: HookContext,
): { entry: NftHookEntry; table: NftTable }[] {
  const { hooks, tables } = namespace.nftables;
  return (hooks[hook] ?? []).flatMap((entry) => {
    const table = tables[entry.table];
    return table && seesPacket(table, packet) ? [{ entry, table }] : [];
  });
}

function evaluateNft(
  { entry, table }: { entry: NftHookEntry; table: NftTable },
  skb: SocketBuffer,
  context: HookContext,
) {
  const chain = table.chains[entry.chain];
  return (
    chain &&
    evaluateBaseChain(chain, {
      ...surroundingsOf(skb, context),
      table,
      routeDevice: (address) => context.routeDevice?.(address),
    })
  );
}

/** Base chains that filter, with priorities in [from, before): what iptables has no table for is asked between its tables. */
function runNft(
  hook: NetfilterHook,
  skb: SocketBuffer,
  context: HookContext,
  range: { from: number; before: number },
): HookVerdict | undefined {
  const { hooks, tables } = context.namespace.nftables;
  for (const entry of hooks[hook] ?? []) {
    if (entry.type === 'nat' || entry.priority < range.from || entry.priority >= range.before)
      continue;
    const table = tables[entry.table];
    if (!table || !seesPacket(table, skb.packet)) continue;
    const place = { entry, table };
    const result = evaluateNft(place, skb, context);
    if (!result) continue;
    const { outcome } = result;
    const verdict = outcome.verdict === 'nat' ? 'accept' : outcome.verdict;
    const before = flowOf(skb.packet);
    recordNft({ hook, ...place, skb, before, result, outcome: verdict }, context);
    if (outcome.verdict === 'drop' || outcome.verdict === 'reject') return outcome;
  }
  return undefined;
}

/**
 * Tracking is at work in a namespace that has rules, as the kernel registers its hooks when something needs them.
 * Simplified: any table counts, not only nat and the conntrack matches.
 */
function isTracking({ packet }: SocketBuffer, context: HookContext): boolean {
  if (Object.keys(rulesetFor(context, packet).tables).length > 0) return true;
  return Object.values(context.namespace.nftables.tables).some((table) =>
    seesPacket(table, packet),
  );
}

const track: Stage = (hook, skb, context) => {
  if (!isTracking(skb, context)) return undefined;
  if (trackPacket(skb, context.namespace, context.now) === 'full') return DROP;
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

type NatSource = () => NatAnswer | undefined;

/** The nat chains at a hook in the order of priorities: the table of iptables stands at -100 or 100 (nf_nat_core.c). */
function natSources(
  half: NatHalf,
  hook: NetfilterHook,
  skb: SocketBuffer,
  context: HookContext,
): NatSource[] {
  const table = rulesetFor(context, skb.packet).tables.nat;
  const own: { priority: number; ask: NatSource }[] = table?.chains[hook]
    ? [
        {
          priority: half === 'destination' ? -100 : 100,
          ask: () => {
            const result = evaluateTable(table, hook, subjectOf(skb, context));
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
  const nft = nftEntriesAt(hook, skb, context)
    .filter(({ entry }) => entry.type === 'nat')
    .map((place) => ({
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
  return [...own, ...nft].sort((a, b) => a.priority - b.priority).map(({ ask }) => ask);
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
  for (const [i, ask] of sources.entries()) {
    const answer = ask();
    const before = flowOf(skb.packet);
    const outcome = answer?.outcome ?? { verdict: 'accept' };
    const isLast = i === sources.length - 1;
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
    Object.keys(rulesetFor(context, packet).tables).length === 0 &&
    Object.keys(context.namespace.nftables.tables).length === 0
  );
}

/**
 * Runs everything that netfilter has at `hook` over the packet, in the kernel's priority order. May rewrite `skb.packet`
 * and its mark, and notes the connection at `skb`. Each table that compared a rule is recorded as a step, and what
 * connection tracking found; the caller records that a packet was dropped, and sends what a rejection asks for.
 */
export function runHook(hook: NetfilterHook, skb: SocketBuffer, context: HookContext): HookVerdict {
  if (isUntouched(skb, context)) return ACCEPT;
  let from = Number.NEGATIVE_INFINITY;
  for (const { priority, run } of STAGES[hook]) {
    const verdict =
      runNft(hook, skb, context, { from, before: priority }) ?? run(hook, skb, context);
    from = priority;
    if (verdict && verdict.verdict !== 'accept') return refuse(verdict, skb, context);
  }
  const last = runNft(hook, skb, context, { from, before: Number.POSITIVE_INFINITY });
  return last ? refuse(last, skb, context) : ACCEPT;
}
