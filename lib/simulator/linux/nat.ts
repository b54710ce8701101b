import type { Micros } from '../base/clock.ts';
import type { Flow, SocketAddress } from '../base/flow.ts';
import { nextInt, type RandomState } from '../base/random.ts';
import { changedPacket, type IpPacket, type TcpSegment, type Transport } from '../packet/packet.ts';
import {
  invertFlow,
  isDestinationTranslated,
  isReplyTupleTaken,
  isSourceTranslated,
  type ConntrackDirection,
  type ConntrackEntry,
  type ConntrackTable,
} from './conntrack.ts';

/** Which end of a connection a rule rewrites: DNAT and REDIRECT the destination, SNAT and MASQUERADE the source. */
export type NatHalf = 'destination' | 'source';

/** What a connection's end may become (struct nf_nat_range2). */
export interface NatRange {
  readonly address: string;
  /** First and last port; absent: the port is kept when it is free. */
  readonly ports?: readonly [first: number, last: number];
  /** `--random-fully`: any port, even when the old one is free. */
  readonly randomFully?: true;
}

export interface NatContext {
  readonly table: ConntrackTable;
  readonly now: Micros;
  readonly random: RandomState;
}

/** How many ports the kernel tries from one starting point (NF_NAT_MAX_ATTEMPTS). */
const MOST_ATTEMPTS = 128;

const isIcmp = ({ protocol }: Flow) => protocol === 'icmp' || protocol === 'icmpv6';

function withEnd(flow: Flow, half: NatHalf, end: SocketAddress): Flow {
  // The identifier of an echo is one number, which stands for both ports.
  if (isIcmp(flow)) {
    const other = { ...(half === 'source' ? flow.destination : flow.source), port: end.port };
    return half === 'source'
      ? { ...flow, source: end, destination: other }
      : { ...flow, source: other, destination: end };
  }
  const { protocol, source, destination } = flow;
  return half === 'source'
    ? { protocol, source: end, destination }
    : { protocol, source, destination: end };
}

/** The ports among which a source port is chosen when the rule names none: privileged ones stay privileged. */
function defaultPorts(flow: Flow): readonly [number, number] {
  if (isIcmp(flow)) return [0, 65_535];
  const { port } = flow.source;
  if (port >= 1024) return [1024, 65_535];
  return port < 512 ? [1, 511] : [600, 1023];
}

/** nf_nat_l4proto_unique_tuple: from a random port upwards, fewer tries each round. The last candidate when all are taken. */
function searchPort(
  flow: Flow,
  ports: readonly [number, number],
  isTaken: (flow: Flow) => boolean,
  random: RandomState,
): Flow {
  const [first, last] = ports;
  const size = last - first + 1;
  let candidate = flow;
  for (let attempts = Math.min(size, MOST_ATTEMPTS); ; attempts = Math.floor(attempts / 2)) {
    const start = nextInt(random, 65_536);
    for (let i = 0; i < attempts; i++) {
      candidate = withEnd(flow, 'source', {
        address: flow.source.address,
        port: first + ((start + i) % size),
      });
      if (!isTaken(candidate)) return candidate;
    }
    if (attempts >= size || attempts < 16) return candidate;
  }
}

/** Nothing to choose: a rule names one port, or the port stays. */
function chooseDestination(current: Flow, { address, ports }: NatRange): Flow {
  const { port } = current.destination;
  const [first, last] = isIcmp(current) ? [port, port] : (ports ?? [port, port]);
  return withEnd(current, 'destination', {
    address,
    port: port >= first && port <= last ? port : first,
  });
}

/** get_unique_tuple of nf_nat_core.c: the tuple with which the packet leaves, such that no two answers look alike. */
function chooseSource(
  current: Flow,
  range: NatRange,
  isTaken: (flow: Flow) => boolean,
  random: RandomState,
): Flow {
  const { port } = current.source;
  const ports = isIcmp(current) ? undefined : range.ports;
  const [first, last] = ports ?? [0, 65_535];
  const kept = withEnd(current, 'source', { address: range.address, port });
  const mayKeep = !range.randomFully && port >= first && port <= last;
  if (mayKeep && (first === last || !isTaken(kept))) return kept;
  return searchPort(kept, ports ?? defaultPorts(kept), isTaken, random);
}

/**
 * nf_nat_setup_info: decides one half of a new connection, once. Without a range it stays as it is, except that a source
 * port which would make two connections look alike is replaced (nf_nat_alloc_null_binding).
 */
export function setUpNat(
  entry: ConntrackEntry,
  half: NatHalf,
  range: NatRange | undefined,
  context: NatContext,
): void {
  const current = invertFlow(entry.reply);
  const isTaken = (flow: Flow) =>
    isReplyTupleTaken(context.table, invertFlow(flow), context.now, entry.id);
  const wanted = range ?? { address: current[half].address };
  const chosen =
    half === 'destination'
      ? chooseDestination(current, wanted)
      : chooseSource(current, wanted, isTaken, context.random);
  entry.reply = invertFlow(chosen);
  entry.nat[half] = true;
}

/** Written out as `changedPacket` is: most of what is translated is TCP. */
const segmentWithPort = (segment: TcpSegment, half: NatHalf, port: number): TcpSegment => ({
  protocol: 'tcp',
  sourcePort: half === 'source' ? port : segment.sourcePort,
  destinationPort: half === 'destination' ? port : segment.destinationPort,
  flags: segment.flags,
  sequence: segment.sequence,
  acknowledgement: segment.acknowledgement,
  maximumSegment: segment.maximumSegment,
  payload: segment.payload,
});

function withPort(transport: Transport, half: NatHalf, port: number): Transport {
  switch (transport.protocol) {
    case 'tcp':
      return segmentWithPort(transport, half, port);
    case 'udp':
    case 'sctp':
      return half === 'source'
        ? { ...transport, sourcePort: port }
        : { ...transport, destinationPort: port };
    case 'icmp':
    case 'icmpv6':
      return transport.identifier === undefined ? transport : { ...transport, identifier: port };
  }
}

/** nf_nat_manip_pkt: one end of a packet rewritten. */
function rewrite(packet: IpPacket, half: NatHalf, end: SocketAddress): IpPacket {
  const transport = withPort(packet.transport, half, end.port);
  return half === 'source'
    ? changedPacket(packet, { source: end.address, transport })
    : changedPacket(packet, { destination: end.address, transport });
}

/** Whether the packet's `half` is translated: going back, the source takes the place of the destination. */
function isTranslated(
  entry: ConntrackEntry,
  direction: ConntrackDirection,
  half: NatHalf,
): boolean {
  const isSource = (half === 'source') === (direction === 'original');
  return isSource ? isSourceTranslated(entry) : isDestinationTranslated(entry);
}

/** The packet after the translation that its connection has for this half; the same object when there is none. */
export function translatePacket(
  packet: IpPacket,
  entry: ConntrackEntry,
  direction: ConntrackDirection,
  half: NatHalf,
): IpPacket {
  if (!isTranslated(entry, direction, half)) return packet;
  // The packet looks as the answer to what the other direction has: its ends change places.
  const answer = direction === 'original' ? entry.reply : entry.original;
  const end = half === 'source' ? answer.destination : answer.source;
  const address = half === 'source' ? packet.source : packet.destination;
  return address === end.address && portOf(packet, half) === end.port
    ? packet
    : rewrite(packet, half, end);
}

function portOf({ transport }: IpPacket, half: NatHalf): number | undefined {
  if (!('sourcePort' in transport)) return transport.identifier;
  return half === 'source' ? transport.sourcePort : transport.destinationPort;
}

/**
 * nf_nat_icmp_reply_translation: an error about a translated packet. The quoted packet is made to look as its sender
 * sent it, and the error as if it came from whom that sender addressed.
 */
export function translateIcmpError(
  packet: IpPacket,
  entry: ConntrackEntry,
  direction: ConntrackDirection,
  half: NatHalf,
): IpPacket {
  const { transport } = packet;
  if (!('original' in transport) || !transport.original || !isTranslated(entry, direction, half))
    return packet;
  const tuple = direction === 'reply' ? entry.original : entry.reply;
  const innerHalf: NatHalf = half === 'source' ? 'destination' : 'source';
  const original = rewrite(transport.original, innerHalf, tuple[innerHalf]);
  return { ...packet, [half]: tuple[innerHalf].address, transport: { ...transport, original } };
}
