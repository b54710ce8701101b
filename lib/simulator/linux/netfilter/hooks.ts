import type { Micros } from '../../base/clock.ts';
import type { RandomState } from '../../base/random.ts';
import { flowOf, type IpPacket } from '../../packet/packet.ts';
import type { Recorder } from '../../trace/recorder.ts';
import type { NetfilterHook, NetfilterTable, Place } from '../../trace/step.ts';
import { firstAddressOn } from '../addresses.ts';
import { confirmEntry, removeEntry, type ConntrackEntry } from '../conntrack.ts';
import { setUpNat, translateIcmpError, translatePacket, type NatHalf } from '../nat.ts';
import type { NetworkNamespace } from '../network.ts';
import type { SocketBuffer } from '../socket-buffer.ts';
import { evaluateTable, type NatTarget, type TableResult } from './evaluate.ts';
import type { MatchSubject } from './match/subject.ts';
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

function subjectOf(skb: SocketBuffer, context: HookContext): MatchSubject {
  const connection = connectionOf(skb, context);
  return {
    skb,
    ruleset: rulesetFor(context, skb.packet),
    ...(connection && { connection }),
    now: context.now,
    random: context.random,
    ...(context.drawLot && { drawLot: context.drawLot }),
    namespace: context.namespace.id,
    isLocalAddress: (address) => context.isLocalAddress(address),
  };
}

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

/**
 * Tracking is at work in a namespace that has rules, as the kernel registers its hooks when something needs them.
 * Simplified: any table counts, not only nat and the conntrack matches.
 */
const isTracking = (skb: SocketBuffer, context: HookContext) =>
  Object.keys(rulesetFor(context, skb.packet).tables).length > 0;

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

/** Applies what the nat table said (or did not say) to a connection. False: there is no address to translate to. */
function decideNat(
  half: NatHalf,
  entry: ConntrackEntry,
  skb: SocketBuffer,
  result: TableResult,
  context: HookContext,
): boolean {
  const nat = { table: context.namespace.conntrack, now: context.now, random: context.random };
  if (result.outcome.verdict !== 'nat') {
    setUpNat(entry, half, undefined, nat);
    return true;
  }
  const range = natRangeOf(result.outcome.target, skb.packet, {
    redirectAddress: () => redirectAddress(skb, context),
    masqueradeAddress: (packet) => context.masqueradeAddress(skb.outDevice ?? '', packet),
  });
  if (range) setUpNat(entry, half, range, nat);
  return range !== undefined;
}

/** The first packet of a connection asks the nat table, once for each half (nf_nat_inet_fn). */
function consultNat(
  half: NatHalf,
  hook: NetfilterHook,
  skb: SocketBuffer,
  entry: ConntrackEntry,
  context: HookContext,
): HookVerdict | undefined {
  const table = rulesetFor(context, skb.packet).tables.nat;
  if (!table?.chains[hook]) return undefined;
  const before = flowOf(skb.packet);
  const result = evaluateTable(table, hook, subjectOf(skb, context));
  const { outcome } = result;
  const isAllowed =
    outcome.verdict !== 'drop' &&
    outcome.verdict !== 'reject' &&
    decideNat(half, entry, skb, result, context);
  if (isAllowed) skb.packet = translated(skb, entry, half);
  const verdict = !isAllowed
    ? 'drop'
    : outcome.verdict === 'nat'
      ? VERDICTS[outcome.target.target]
      : 'accept';
  recordTable({ hook, table: 'nat', skb, before, result, outcome: verdict }, context);
  return isAllowed ? undefined : DROP;
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

/** The kernel's priorities (enum nf_ip_hook_priorities): raw -300, conntrack -200, mangle -150, dnat -100, filter 0, snat 100. */
const STAGES: Readonly<Record<NetfilterHook, readonly Stage[]>> = {
  PREROUTING: [filterIn('raw'), track, filterIn('mangle'), translate('destination')],
  INPUT: [filterIn('mangle'), filterIn('filter'), translate('source'), confirm],
  FORWARD: [filterIn('mangle'), filterIn('filter')],
  OUTPUT: [
    filterIn('raw'),
    track,
    filterIn('mangle'),
    translate('destination'),
    filterIn('filter'),
  ],
  POSTROUTING: [filterIn('mangle'), translate('source'), confirm],
};

/** A connection whose first packet ends here never was; one that is rejected is needed for the answer. */
function forgetUnconfirmed(skb: SocketBuffer, context: HookContext): void {
  const entry = connectionOf(skb, context);
  if (entry && !entry.isConfirmed) removeEntry(context.namespace.conntrack, entry);
}

/**
 * Runs everything that netfilter has at `hook` over the packet, in the kernel's priority order. May rewrite `skb.packet`
 * and its mark, and notes the connection at `skb`. Each table that compared a rule is recorded as a step, and what
 * connection tracking found; the caller records that a packet was dropped, and sends what a rejection asks for.
 */
export function runHook(hook: NetfilterHook, skb: SocketBuffer, context: HookContext): HookVerdict {
  for (const stage of STAGES[hook]) {
    const verdict = stage(hook, skb, context);
    if (!verdict || verdict.verdict === 'accept') continue;
    if (verdict.verdict === 'drop') forgetUnconfirmed(skb, context);
    return verdict;
  }
  return ACCEPT;
}
