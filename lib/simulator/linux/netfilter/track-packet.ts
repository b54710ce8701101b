import { SECOND, type Micros } from '../../base/clock.ts';
import { flowOf, type IpPacket, type TcpSegment } from '../../packet/packet.ts';
import {
  addEntry,
  findTuple,
  invertFlow,
  removeEntry,
  tupleKey,
  type ConntrackDirection,
  type ConntrackEntry,
  type ConntrackHit,
} from '../conntrack.ts';
import type { NetworkNamespace } from '../network.ts';
import type { SocketBuffer } from '../socket-buffer.ts';
import { conntrackTimeout, sctpTimeout, tcpTimeout } from './conntrack-timeout.ts';
import { nextSctpState, updateSctp } from './sctp-state.ts';
import { nextTcpState } from './tcp-state.ts';

type Namespace = Pick<NetworkNamespace, 'conntrack' | 'sysctls'>;

/** Echo replies alone are named as the reply direction names them; see `tupleKey`. */
const roleOf = ({ transport }: IpPacket): ConntrackDirection =>
  (transport.protocol === 'icmp' || transport.protocol === 'icmpv6') &&
  transport.type !== 'echo-request'
    ? 'reply'
    : 'original';

const opposite = (direction: ConntrackDirection): ConntrackDirection =>
  direction === 'original' ? 'reply' : 'original';

function mark(
  skb: SocketBuffer,
  state: 'NEW' | 'ESTABLISHED' | 'RELATED',
  hit: ConntrackHit,
): void {
  skb.connection = hit.entry.id;
  skb.connectionState = state;
  skb.connectionDirection = hit.direction;
}

function markInvalid(skb: SocketBuffer): void {
  skb.connection = undefined;
  skb.connectionDirection = undefined;
  skb.connectionState = 'INVALID';
}

/**
 * nf_conntrack_inet_error: an ICMP error belongs to the connection of the packet that it quotes. That packet was seen
 * after our translation, so its inverse is one of our tuples; the error goes the way of that tuple, and must be
 * addressed to its destination.
 */
function trackIcmpError(
  skb: SocketBuffer,
  quoted: IpPacket,
  { conntrack }: Namespace,
  now: Micros,
): void {
  const inverse = invertFlow(flowOf(quoted));
  const hit = findTuple(conntrack, tupleKey(inverse, opposite(roleOf(quoted))), now);
  if (!hit) return markInvalid(skb);
  const tuple = hit.direction === 'original' ? hit.entry.original : hit.entry.reply;
  if (tuple.destination.address !== skb.packet.destination) return markInvalid(skb);
  mark(skb, 'RELATED', hit);
}

/**
 * The connection of a packet that came over the loopback device. There the kernel still has the connection noted at the
 * packet from when it left, and does not look again. We find it by its tuple, or, when it was translated on the way, by
 * the inverse, which is what the other direction has.
 */
function findLooped(
  { packet }: SocketBuffer,
  { conntrack }: Namespace,
  now: Micros,
): ConntrackHit | undefined {
  const direct = findTuple(conntrack, tupleKey(flowOf(packet), roleOf(packet)), now);
  if (direct) return direct;
  const hit = findTuple(
    conntrack,
    tupleKey(invertFlow(flowOf(packet)), opposite(roleOf(packet))),
    now,
  );
  return hit && { entry: hit.entry, direction: opposite(hit.direction) };
}

function updateTcp(
  entry: ConntrackEntry,
  direction: ConntrackDirection,
  { flags }: TcpSegment,
  namespace: Namespace,
  now: Micros,
): 'ok' | 'invalid' {
  const next = nextTcpState(entry.tcpState, direction, flags);
  if (next === 'invalid') return 'invalid';
  if (next === 'ignore') return 'ok';
  if (flags.rst && !entry.isReplied) {
    // The only answer is a reset: the connection is forgotten, though this packet is still translated (nf_ct_kill).
    entry.expiresAt = now;
    return 'ok';
  }
  if (
    entry.isReplied &&
    next === 'ESTABLISHED' &&
    (entry.tcpState === 'SYN_RECV' || entry.tcpState === 'ESTABLISHED')
  ) {
    entry.isAssured = true;
  }
  entry.tcpState = next;
  entry.expiresAt = now + tcpTimeout(namespace.sysctls, next);
  return 'ok';
}

/** nf_conntrack_udp_packet: a stream after two seconds of both directions. */
function updateUdp(entry: ConntrackEntry, { sysctls }: Namespace, now: Micros): void {
  const isStream = entry.isReplied && now > entry.startedAt + 2 * SECOND;
  if (isStream) entry.isAssured = true;
  entry.expiresAt =
    now + conntrackTimeout(sysctls, isStream ? 'udp_timeout_stream' : 'udp_timeout');
}

function updateEntry(
  skb: SocketBuffer,
  { entry, direction }: ConntrackHit,
  namespace: Namespace,
  now: Micros,
): 'ok' | 'invalid' {
  const { transport } = skb.packet;
  switch (transport.protocol) {
    case 'tcp':
      if (updateTcp(entry, direction, transport, namespace, now) === 'invalid') return 'invalid';
      break;
    case 'sctp':
      if (updateSctp(entry, direction, transport) === 'invalid') return 'invalid';
      entry.expiresAt = now + sctpTimeout(namespace.sysctls, entry.sctpState ?? 'CLOSED');
      break;
    case 'udp':
      updateUdp(entry, namespace, now);
      break;
    case 'icmp':
    case 'icmpv6':
      entry.expiresAt = now + conntrackTimeout(namespace.sysctls, 'icmp_timeout');
      break;
  }
  return 'ok';
}

/** Whether a packet may begin a connection (tcp_new, sctp_new, icmp_new). */
function mayBegin({ transport }: IpPacket): boolean {
  switch (transport.protocol) {
    case 'tcp':
      return nextTcpState(undefined, 'original', transport.flags) !== 'invalid';
    case 'sctp':
      return nextSctpState(undefined, 'original', transport.chunk.type) !== undefined;
    case 'udp':
      return true;
    case 'icmp':
    case 'icmpv6':
      return transport.type === 'echo-request';
  }
}

/** A SYN on a connection that is over begins another one (`-NF_REPEAT` in tcp_packet). */
const isReopened = ({ entry, direction }: ConntrackHit, { transport }: IpPacket) =>
  transport.protocol === 'tcp' &&
  (entry.tcpState === 'TIME_WAIT' || entry.tcpState === 'CLOSE') &&
  nextTcpState(entry.tcpState, direction, transport.flags) === 'SYN_SENT';

/** The connection that the packet belongs to or begins; undefined when it may not begin one. */
function findOrBegin(
  skb: SocketBuffer,
  namespace: Namespace,
  now: Micros,
): ConntrackHit | 'full' | undefined {
  const { conntrack } = namespace;
  const flow = flowOf(skb.packet);
  const hit = findTuple(conntrack, tupleKey(flow, roleOf(skb.packet)), now);
  if (hit && !isReopened(hit, skb.packet)) return hit;
  if (hit) removeEntry(conntrack, hit.entry);
  if (!mayBegin(skb.packet)) return undefined;
  const entry = addEntry(conntrack, flow, now, limitOf(namespace));
  return entry ? { entry, direction: 'original' } : 'full';
}

function limitOf({ conntrack, sysctls }: Namespace): number {
  const set = Number(sysctls['netfilter.nf_conntrack_max']);
  return Number.isInteger(set) && set > 0 ? set : conntrack.limit;
}

const stateOf = ({ entry, direction }: ConntrackHit) =>
  direction === 'reply' || entry.isReplied ? 'ESTABLISHED' : 'NEW';

/** The connection goes on with this packet, unless its state says that the packet cannot be. */
function advance(skb: SocketBuffer, hit: ConntrackHit, namespace: Namespace, now: Micros): void {
  // As it was before the packet: the answer to the first packet makes the connection replied for those after it.
  const state = stateOf(hit);
  if (updateEntry(skb, hit, namespace, now) === 'invalid') return markInvalid(skb);
  mark(skb, state, hit);
  if (hit.direction === 'reply') hit.entry.isReplied = true;
}

/**
 * nf_conntrack_in: finds or begins the packet's connection and notes it at the packet. `full` means that the table has no
 * room, and the packet must be dropped.
 */
export function trackPacket(
  skb: SocketBuffer,
  namespace: Namespace,
  now: Micros,
): 'tracked' | 'full' {
  if (skb.connectionState === 'UNTRACKED' || skb.connection !== undefined) return 'tracked';
  const { transport } = skb.packet;
  if ('neighbour' in transport) {
    // nf_conntrack_icmpv6_error: neighbour discovery is never tracked.
    skb.connectionState = 'UNTRACKED';
    return 'tracked';
  }
  if ('original' in transport && transport.original) {
    trackIcmpError(skb, transport.original, namespace, now);
    return 'tracked';
  }
  const looped = skb.inDevice === 'lo' ? findLooped(skb, namespace, now) : undefined;
  if (looped) {
    mark(skb, stateOf(looped), looped);
    return 'tracked';
  }
  const hit = findOrBegin(skb, namespace, now);
  if (hit === 'full') return 'full';
  if (hit) advance(skb, hit, namespace, now);
  else markInvalid(skb);
  return 'tracked';
}
