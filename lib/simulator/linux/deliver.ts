import type { IcmpMessage, UdpDatagram } from '../packet/packet.ts';
import type { SocketBuffer } from './socket-buffer.ts';
import { sendEchoReply, sendIcmpError } from './icmp-error.ts';
import { isNdp, receiveNdp } from './receive-ndp.ts';
import { receiveSctp } from './sctp-receive.ts';
import { findSocket, formatLocal, notify, socketsOf } from './sockets.ts';
import { recordStep, type Stack } from './stack.ts';
import { receiveSegment } from './tcp-receive.ts';
import { KERNEL_PID } from './vxlan-link.ts';

/** ip_local_deliver_finish: a packet for this namespace meets its protocol. */
export function deliverLocally(stack: Stack, skb: SocketBuffer): void {
  const { transport } = skb.packet;
  switch (transport.protocol) {
    case 'tcp':
      receiveSegment(stack, skb, transport);
      return;
    case 'udp':
      receiveDatagram(stack, skb, transport);
      return;
    case 'sctp':
      receiveSctp(stack, skb, transport);
      return;
    case 'icmp':
    case 'icmpv6':
      receiveIcmp(stack, skb, transport);
  }
}

function receiveDatagram(stack: Stack, skb: SocketBuffer, datagram: UdpDatagram): void {
  const from = { address: skb.packet.source, port: datagram.sourcePort };
  const to = { address: skb.packet.destination, port: datagram.destinationPort };
  const socket = findSocket(stack.namespace, 'udp', from, to);
  if (!socket) {
    recordStep(stack, skb.tag, skb.packet, skb.inDevice, () => ({
      kind: 'refused',
      by: 'no-socket',
      answer: 'port-unreachable',
    }));
    sendIcmpError(stack, skb, 'port-unreachable');
    return;
  }
  const { payload } = datagram;
  if (socket.pid === KERNEL_PID) {
    if (payload.kind === 'vxlan') stack.kernel.decapsulate(stack, skb, payload, to.port);
    else dropUnread(stack, skb);
    return;
  }
  recordStep(stack, skb.tag, skb.packet, skb.inDevice, () => ({
    kind: 'delivered',
    process: stack.network.processes[socket.pid]?.program ?? 'kernel',
    socket: formatLocal(socket),
  }));
  // Simplified: a process that listens where a tunnel ends gets nothing to read.
  if (payload.kind === 'vxlan') return;
  notify(stack, socket, { type: 'datagram', socket: socket.id, from, to, payload }, skb.tag);
}

/** A tunnel's port got what has no tunnel header (SKB_DROP_REASON_VXLAN_INVALID_HDR). */
function dropUnread(stack: Stack, skb: SocketBuffer): void {
  const reason = 'no-socket';
  recordStep(stack, skb.tag, skb.packet, skb.inDevice, () => ({ kind: 'dropped', reason }));
}

function receiveIcmp(stack: Stack, skb: SocketBuffer, message: IcmpMessage): void {
  if (isNdp(message)) {
    receiveNdp(stack, skb, message);
    return;
  }
  recordStep(stack, skb.tag, skb.packet, skb.inDevice, () => ({
    kind: 'delivered',
    process: 'kernel',
    socket: 'icmp',
  }));
  if (message.type === 'echo-request') sendEchoReply(stack, skb, message);
  else if (message.type === 'echo-reply') receiveEchoReply(stack, skb, message);
  else stack.kernel.reportIcmpError(stack, message, skb.packet, skb.tag);
}

function receiveEchoReply(stack: Stack, skb: SocketBuffer, message: IcmpMessage): void {
  const socket = socketsOf(stack.namespace).find(
    ({ protocol, local }) => protocol === 'icmp' && local.port === message.identifier,
  );
  if (!socket) return;
  notify(
    stack,
    socket,
    {
      type: 'echo-reply',
      socket: socket.id,
      from: skb.packet.source,
      sequence: message.sequence ?? 0,
      ttl: skb.packet.ttl,
    },
    skb.tag,
  );
}
