import type { SocketAddress } from '../base/flow.ts';
import { isLinkLocal6 } from '../base/ipv6-address.ts';
import { nextUint32 } from '../base/random.ts';
import type { TcpSegment } from '../packet/packet.ts';
import { sendReset } from './icmp-error.ts';
import { isBacklogFull } from './listener.ts';
import type { Socket } from './network.ts';
import type { SocketBuffer } from './socket-buffer.ts';
import { createSocket, findSocket, formatLocal, notify, removeSocket } from './sockets.ts';
import { recordStep, type Stack } from './stack.ts';
import {
  acknowledge,
  beginTimeWait,
  fail,
  sendData,
  sendSegment,
  startTimer,
  waitForFin,
} from './tcp.ts';
import { sequenceLength } from './tcp-segment.ts';

/** A segment for this namespace (tcp_v4_rcv). */
export function receiveSegment(stack: Stack, skb: SocketBuffer, segment: TcpSegment): void {
  const from = { address: skb.packet.source, port: segment.sourcePort };
  const to = { address: skb.packet.destination, port: segment.destinationPort };
  const socket = findSocket(stack.namespace, 'tcp', from, to);
  if (!socket) {
    refuse(stack, skb, segment);
    return;
  }
  if (isOverflow(stack, socket, segment)) {
    recordStep(stack, skb.tag, skb.packet, skb.inDevice, () => ({
      kind: 'dropped',
      reason: 'backlog-full',
    }));
    return;
  }
  if (socket.state === 'TIME-WAIT') {
    receiveInTimeWait(stack, skb, socket, segment);
    return;
  }
  recordDelivered(stack, skb, socket);
  if (skb.tag) socket.tag = skb.tag;
  if (socket.state === 'LISTEN') acceptSyn(stack, skb, socket, segment, from, to);
  else receiveOnConnection(stack, skb, socket, segment);
}

/**
 * A listener whose queue is full takes no SYN (tcp_conn_request), and no last acknowledgement of a handshake either
 * (tcp_v4_syn_recv_sock, unless tcp_abort_on_overflow): the client believes that it is connected.
 */
function isOverflow({ namespace }: Stack, socket: Socket, { flags }: TcpSegment): boolean {
  if (flags.rst) return false;
  if (socket.state === 'LISTEN') {
    return flags.syn === true && !flags.ack && isBacklogFull(namespace, socket);
  }
  if (socket.state !== 'SYN-RECV' || flags.syn || socket.listener === undefined) return false;
  const listener = namespace.sockets[socket.listener];
  return listener !== undefined && isBacklogFull(namespace, listener);
}

/**
 * tcp_timewait_state_process: a reset ends the wait, a SYN begins another connection, what comes again is acknowledged again.
 * Simplified: a SYN always counts as newer, as with TCP timestamps.
 */
function receiveInTimeWait(
  stack: Stack,
  skb: SocketBuffer,
  socket: Socket,
  segment: TcpSegment,
): void {
  const { flags, payload } = segment;
  if (flags.rst || (flags.syn && !flags.ack)) {
    removeSocket(stack, socket.id);
    if (flags.syn) receiveSegment(stack, skb, segment);
    return;
  }
  recordDelivered(stack, skb, socket);
  if (skb.tag) socket.tag = skb.tag;
  if (!flags.fin && !flags.syn && !payload) return;
  acknowledge(stack, socket);
  if (flags.fin) beginTimeWait(stack, socket);
}

function refuse(stack: Stack, skb: SocketBuffer, segment: TcpSegment): void {
  if (segment.flags.rst) {
    recordStep(stack, skb.tag, skb.packet, skb.inDevice, () => ({
      kind: 'dropped',
      reason: 'no-socket',
    }));
    return;
  }
  recordStep(stack, skb.tag, skb.packet, skb.inDevice, () => ({
    kind: 'refused',
    by: 'no-socket',
    answer: 'tcp-reset',
  }));
  sendReset(stack, skb);
}

function recordDelivered(stack: Stack, skb: SocketBuffer, socket: Socket): void {
  recordStep(stack, skb.tag, skb.packet, skb.inDevice, () => ({
    kind: 'delivered',
    process:
      socket.state === 'TIME-WAIT'
        ? 'kernel'
        : (stack.network.processes[socket.pid]?.program ?? 'kernel'),
    socket: formatLocal(socket),
  }));
}

const peerLimit = ({ maximumSegment }: TcpSegment) =>
  maximumSegment === undefined ? {} : { peerMaximumSegment: maximumSegment };

/** A link-local peer lives on the device that its packet came in on. */
const zoneOf = ({ packet, inDevice }: SocketBuffer) =>
  isLinkLocal6(packet.source) && inDevice !== undefined ? { device: inDevice } : {};

function acceptSyn(
  stack: Stack,
  skb: SocketBuffer,
  listener: Socket,
  segment: TcpSegment,
  from: SocketAddress,
  to: SocketAddress,
): void {
  if (!segment.flags.syn || segment.flags.ack) {
    if (!segment.flags.rst) sendReset(stack, skb);
    return;
  }
  const socket = createSocket(stack.network, stack.namespace, {
    protocol: 'tcp',
    pid: listener.pid,
    local: to,
    peer: from,
    state: 'SYN-RECV',
    listener: listener.id,
    receiveSequence: segment.sequence + 1,
    ...peerLimit(segment),
    ...zoneOf(skb),
    sendSequence: nextUint32(stack.environment.random) >>> 1,
    ...(skb.tag ? { tag: skb.tag } : {}),
  });
  sendSegment(stack, socket, { syn: true, ack: true });
}

function receiveOnConnection(
  stack: Stack,
  skb: SocketBuffer,
  socket: Socket,
  segment: TcpSegment,
): void {
  const { flags } = segment;
  if (flags.rst) {
    fail(stack, socket, socket.state === 'SYN-SENT' ? 'ECONNREFUSED' : 'ECONNRESET', skb.tag);
    return;
  }
  if (socket.state === 'SYN-SENT') {
    if (flags.syn && flags.ack) finishHandshake(stack, skb, socket, segment);
    return;
  }
  if (flags.syn) {
    // The other side did not hear our SYN-ACK, or asks again: it is sent once more by the timer.
    if (socket.state !== 'SYN-RECV') acknowledge(stack, socket);
    return;
  }
  if (flags.ack) receiveAcknowledgement(stack, skb, socket, segment.acknowledgement);
  if (!stack.namespace.sockets[socket.id]) return;
  receiveData(stack, skb, socket, segment);
}

function finishHandshake(
  stack: Stack,
  skb: SocketBuffer,
  socket: Socket,
  segment: TcpSegment,
): void {
  Object.assign(socket, peerLimit(segment), { receiveSequence: segment.sequence + 1 });
  socket.unacknowledged.shift();
  socket.state = 'ESTAB';
  socket.retransmit = { count: 0, token: socket.retransmit.token + 1 };
  acknowledge(stack, socket);
  notify(stack, socket, { type: 'connected', socket: socket.id }, skb.tag);
  for (const payload of socket.sendQueue.splice(0)) sendData(stack, socket, payload);
}

function receiveAcknowledgement(
  stack: Stack,
  skb: SocketBuffer,
  socket: Socket,
  acknowledgement: number,
): void {
  const before = socket.unacknowledged.length;
  for (
    let oldest = socket.unacknowledged[0];
    oldest && oldest.sequence + oldest.length <= acknowledgement;
    oldest = socket.unacknowledged[0]
  ) {
    socket.unacknowledged.shift();
  }
  if (socket.unacknowledged.length === before) return;
  if (socket.state === 'SYN-RECV') establish(stack, skb, socket);
  if (socket.unacknowledged.length > 0) startTimer(stack, socket, 0);
  else socket.retransmit = { count: 0, token: socket.retransmit.token + 1 };
  if (socket.unacknowledged.length > 0) return;
  if (socket.state === 'FIN-WAIT-1') {
    socket.state = 'FIN-WAIT-2';
    if (socket.isOrphan) waitForFin(stack, socket);
  } else if (socket.state === 'CLOSING') beginTimeWait(stack, socket);
  else if (socket.state === 'LAST-ACK') removeSocket(stack, socket.id);
}

function establish(stack: Stack, skb: SocketBuffer, socket: Socket): void {
  socket.state = 'ESTAB';
  const listener = stack.namespace.sockets[socket.listener ?? -1];
  if (socket.listener === undefined || !socket.peer) return;
  if (listener?.acceptsWhenAsked) {
    socket.isQueued = true;
    notify(stack, listener, { type: 'connection-waiting', listener: listener.id }, skb.tag);
    return;
  }
  notify(
    stack,
    socket,
    { type: 'accepted', listener: socket.listener, socket: socket.id, from: socket.peer },
    skb.tag,
  );
}

function receiveData(stack: Stack, skb: SocketBuffer, socket: Socket, segment: TcpSegment): void {
  const length = sequenceLength(segment.flags, segment.payload);
  if (length === 0) return;
  if (segment.sequence !== socket.receiveSequence) {
    // Sent twice, or something before it is missing: say what is expected.
    acknowledge(stack, socket);
    return;
  }
  if (segment.payload && socket.isOrphan) {
    removeSocket(stack, socket.id);
    sendReset(stack, skb);
    return;
  }
  socket.receiveSequence += length;
  acknowledge(stack, socket);
  if (segment.payload && socket.isQueued) (socket.unread ??= []).push(segment.payload);
  else if (segment.payload) {
    notify(stack, socket, { type: 'data', socket: socket.id, payload: segment.payload }, skb.tag);
  }
  if (segment.flags.fin) receiveFin(stack, skb, socket);
}

function receiveFin(stack: Stack, skb: SocketBuffer, socket: Socket): void {
  switch (socket.state) {
    case 'ESTAB':
      socket.state = 'CLOSE-WAIT';
      notify(stack, socket, { type: 'ended', socket: socket.id }, skb.tag);
      return;
    case 'FIN-WAIT-1':
      socket.state = 'CLOSING';
      notify(stack, socket, { type: 'ended', socket: socket.id }, skb.tag);
      return;
    case 'FIN-WAIT-2':
      notify(stack, socket, { type: 'ended', socket: socket.id }, skb.tag);
      beginTimeWait(stack, socket);
      return;
    case 'CLOSING':
    case 'CLOSE-WAIT':
    case 'LAST-ACK':
    case 'LISTEN':
    case 'SYN-SENT':
    case 'SYN-RECV':
    case 'TIME-WAIT':
    case undefined:
  }
}
