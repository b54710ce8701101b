import { flowOf, type IcmpMessage, type IpPacket } from '../packet/packet.ts';
import type { TraceTag } from '../trace/recorder.ts';
import type { Socket } from './network.ts';
import type { Errno } from './program.ts';
import { findSocket, notify, removeSocket, socketsOf } from './sockets.ts';
import type { Stack } from './stack.ts';
import { learnPathMtu } from './path-mtu.ts';
import { followRedirect } from './redirects.ts';
import { reduceMtu } from './tcp.ts';

/** icmp_err_convert in net/ipv4/icmp.c, icmpv6_err_convert in net/ipv6/icmp.c. */
function errnoOf({ protocol, type }: IcmpMessage): Errno {
  if (protocol === 'icmpv6' && type === 'admin-prohibited') return 'EACCES';
  switch (type) {
    case 'net-unreachable':
      return 'ENETUNREACH';
    case 'port-unreachable':
      return 'ECONNREFUSED';
    case 'fragmentation-needed':
      return 'EMSGSIZE';
    case 'host-unreachable':
    case 'protocol-unreachable':
    case 'admin-prohibited':
    case 'ttl-exceeded':
    case 'redirect':
    case 'echo-request':
    case 'echo-reply':
    case 'neighbour-solicitation':
    case 'neighbour-advertisement':
      return 'EHOSTUNREACH';
  }
}

function socketOfPacket(stack: Stack, packet: IpPacket): Socket | undefined {
  const { protocol, source, destination } = flowOf(packet);
  if (protocol === 'icmp' || protocol === 'icmpv6') {
    return socketsOf(stack.namespace).find(
      (socket) => socket.protocol === 'icmp' && socket.local.port === source.port,
    );
  }
  return findSocket(stack.namespace, protocol, destination, source);
}

/** What the error queue of a socket says about it (IP_RECVERR). */
function describeError({ type, mtu, original }: IcmpMessage, { source, ttl }: IpPacket) {
  const transport = original?.transport;
  const sequence =
    transport?.protocol === 'icmp' || transport?.protocol === 'icmpv6'
      ? transport.sequence
      : undefined;
  return {
    type,
    from: source,
    ttl,
    ...(mtu === undefined ? {} : { mtu }),
    ...(sequence === undefined ? {} : { sequence }),
  };
}

/** icmp_err and udp_err tell routing of the MTU; of a datagram only while its socket is there. TCP sees to it itself. */
function learnFrom(
  { namespace, environment }: Stack,
  { mtu }: IcmpMessage,
  { transport, destination }: IpPacket,
  socket: Socket | undefined,
): void {
  const counts = socket?.protocol === 'udp' || transport.protocol.startsWith('icmp');
  if (mtu !== undefined && counts) {
    learnPathMtu(namespace, destination, mtu, environment.queue.now);
  }
}

/** A redirect is believed for the packets of a socket that is there, or of the kernel's own echo replies (icmp_err). */
function hearRedirect(
  stack: Stack,
  error: IcmpMessage,
  carrier: IpPacket,
  socket: Socket | undefined,
  tag: TraceTag | undefined,
): void {
  const quoted = error.original?.transport;
  const isOwnReply = quoted?.protocol === 'icmp' && quoted.type === 'echo-reply';
  const isInUse = socket && socket.state !== 'LISTEN' && socket.state !== 'TIME-WAIT';
  if (!isInUse && !isOwnReply) return;
  followRedirect(stack, error, carrier);
  if (socket?.protocol !== 'icmp') return;
  const gateway = error.gateway ?? '';
  const sequence = (quoted && 'sequence' in quoted ? quoted.sequence : undefined) ?? 0;
  notify(
    stack,
    socket,
    { type: 'redirected', socket: socket.id, from: carrier.source, gateway, sequence },
    tag ?? socket.tag,
  );
}

/** An ICMP error about something that was sent from here: the socket it belongs to hears of it. */
export function reportIcmpError(
  stack: Stack,
  error: IcmpMessage,
  carrier: IpPacket,
  tag: TraceTag | undefined,
): void {
  const { original } = error;
  const socket = original && socketOfPacket(stack, original);
  if (original) learnFrom(stack, error, original, socket);
  if (error.type === 'redirect') {
    hearRedirect(stack, error, carrier, socket, tag);
    return;
  }
  if (!socket || socket.state === 'LISTEN') return;
  // Simplified: sctp_v4_err tells the socket of protocol unreachable alone; here of nothing.
  if (socket.protocol === 'sctp') return;
  if (socket.protocol === 'tcp') {
    if (error.type === 'fragmentation-needed') {
      if (error.mtu !== undefined) reduceMtu(stack, socket, error.mtu);
      return;
    }
    // tcp_v4_err: any other error ends a connection that is being made, and none that stands (RFC 5461).
    if (socket.state !== 'SYN-SENT') return;
    removeSocket(stack, socket.id);
  }
  notify(
    stack,
    socket,
    {
      type: 'failed',
      socket: socket.id,
      error: errnoOf(error),
      icmp: describeError(error, carrier),
    },
    tag ?? socket.tag,
  );
}
