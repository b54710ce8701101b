import { SECOND } from '../base/clock.ts';
import type { IpPacket } from '../packet/packet.ts';
import type { TraceTag } from '../trace/recorder.ts';
import type { FragmentQueue, NetworkNamespace } from './network.ts';
import type { SocketBuffer } from './socket-buffer.ts';
import { recordStep, type Stack } from './stack.ts';
import { scheduleNetworkEvent } from './transmit.ts';

/** net.ipv4.ipfrag_time: how long the first pieces wait for the others. */
const PATIENCE = 30 * SECOND;
const IPV4_HEADER = 20;
/** IPv6 header and fragment header. */
const IPV6_HEADERS = 48;
const IPV6_HEADER = 40;
/** Fragment offsets count in units of eight bytes. */
const UNIT = 8;

const headerOf = ({ version, fragment }: IpPacket): number => {
  if (version === 4) return IPV4_HEADER;
  return fragment ? IPV6_HEADERS : IPV6_HEADER;
};

/**
 * ip_do_fragment: a packet in pieces of at most `mtu` bytes, each with its own header; the packet itself when it fits. A
 * piece of a packet is cut further. RFC 791 section 3.2, RFC 8200 section 4.5.
 *
 * @param identification what the pieces have in common, where the packet has none yet
 */
export function cutPacket(packet: IpPacket, mtu: number, identification: number): IpPacket[] {
  if (packet.length <= mtu) return [packet];
  const header = packet.version === 4 ? IPV4_HEADER : IPV6_HEADERS;
  const size = Math.max(UNIT, Math.floor((mtu - header) / UNIT) * UNIT);
  const total = packet.length - headerOf(packet);
  const {
    offset: start,
    hasMore,
    identification: id,
  } = packet.fragment ?? {
    offset: 0,
    hasMore: false,
    identification,
  };
  const pieces: IpPacket[] = [];
  for (let offset = 0; offset < total; offset += size) {
    const bytes = Math.min(size, total - offset);
    pieces.push({
      ...packet,
      length: header + bytes,
      fragment: {
        identification: id,
        offset: start + offset,
        hasMore: hasMore || offset + bytes < total,
      },
    });
  }
  return pieces;
}

/**
 * Whether connection tracking is at work, which looks at whole packets alone (nf_defrag_ipv4).
 * Simplified: any table counts.
 */
export function joinsAtOnce(
  { ruleset, ruleset6, nftables }: NetworkNamespace,
  { version }: IpPacket,
) {
  const { tables } = version === 4 ? ruleset : ruleset6;
  return Object.keys(tables).length > 0 || Object.keys(nftables.tables).length > 0;
}

/** What leaves by a device: the packet, or its pieces, which the trace tells. */
export function piecesFor(
  stack: Stack,
  skb: SocketBuffer,
  device: string,
  mtu: number,
): IpPacket[] {
  const limit = Math.min(mtu, skb.longestPiece ?? mtu);
  if (skb.packet.length <= limit) return [skb.packet];
  const { namespace } = stack;
  namespace.nextFragment = ((namespace.nextFragment ?? 0) + 1) % 0x10000;
  const pieces = cutPacket(skb.packet, limit, namespace.nextFragment);
  recordStep(stack, skb.tag, skb.packet, device, () => ({
    kind: 'fragmented',
    pieces: pieces.length,
    mtu: limit,
  }));
  return pieces;
}

const keyOf = ({ source, destination, transport, fragment }: IpPacket) =>
  `${source} ${destination} ${transport.protocol} ${String(fragment?.identification ?? 0)}`;

/** The length of the whole packet's payload, when every byte of it is there. */
function wholeLength({ pieces }: FragmentQueue): number | undefined {
  let end = 0;
  for (const { offset, bytes, hasMore } of [...pieces].sort((a, b) => a.offset - b.offset)) {
    if (offset > end) return undefined;
    end = Math.max(end, offset + bytes);
    if (!hasMore) return end;
  }
  return undefined;
}

function queueFor(stack: Stack, { packet, tag }: SocketBuffer): FragmentQueue {
  const queues = (stack.namespace.fragments ??= []);
  const key = keyOf(packet);
  const known = queues.find((queue) => queue.key === key);
  if (known) return known;
  const since = stack.environment.queue.now;
  const queue: FragmentQueue = { key, since, pieces: [], longest: 0, ...(tag ? { tag } : {}) };
  queues.push(queue);
  const { id: namespace } = stack.namespace;
  scheduleNetworkEvent(stack, PATIENCE, {
    type: 'fragment-timeout',
    namespace,
    key,
    since,
    packet,
    ...(tag ? { tag } : {}),
  });
  return queue;
}

function forget({ fragments }: NetworkNamespace, queue: FragmentQueue): void {
  fragments?.splice(fragments.indexOf(queue), 1);
}

/**
 * ip_defrag: a piece waits for the others; with the last one `skb` becomes the whole packet. What is no piece is whole.
 * Simplified: pieces that overlap are joined, where the kernel throws the packet away; there is no limit of memory.
 */
export function joinPieces(stack: Stack, skb: SocketBuffer): 'whole' | 'waiting' {
  const { packet } = skb;
  const { fragment } = packet;
  if (!fragment) return 'whole';
  const queue = queueFor(stack, skb);
  const { offset, hasMore } = fragment;
  queue.pieces.push({ offset, hasMore, bytes: packet.length - headerOf(packet) });
  queue.longest = Math.max(queue.longest, packet.length);
  const bytes = wholeLength(queue);
  if (bytes === undefined) return 'waiting';
  forget(stack.namespace, queue);
  const { fragment: _, ...whole } = packet;
  const header = packet.version === 4 ? IPV4_HEADER : IPV6_HEADER;
  skb.packet = { ...whole, length: header + bytes };
  skb.longestPiece = queue.longest;
  const { length: pieces } = queue.pieces;
  recordStep(stack, skb.tag, skb.packet, skb.inDevice, () => ({ kind: 'reassembled', pieces }));
  return 'whole';
}

/**
 * ip_expire: the others did not come in time. Simplified: nobody is told (ICMP time exceeded, code 1, goes to the sender of
 * a packet for this machine whose first piece came).
 */
export function handleFragmentTimeout(
  stack: Stack,
  event: { key: string; since: number; packet: IpPacket; tag?: TraceTag },
): void {
  const queue = stack.namespace.fragments?.find(
    ({ key, since }) => key === event.key && since === event.since,
  );
  if (!queue) return;
  forget(stack.namespace, queue);
  recordStep(stack, event.tag, event.packet, undefined, () => ({
    kind: 'dropped',
    reason: 'fragment-lost',
  }));
}
