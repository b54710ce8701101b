import { MILLISECOND, SECOND, type Micros } from '../base/clock.ts';
import type { SocketAddress } from '../base/flow.ts';
import { isLinkLocal6 } from '../base/ipv6-address.ts';
import { nextUint32 } from '../base/random.ts';
import type { IpPacket, TcpFlags, TcpSegment } from '../packet/packet.ts';
import type { Payload } from '../packet/payload.ts';
import type { TraceTag } from '../trace/recorder.ts';
import type { SentSegment, Socket } from './network.ts';
import type { Errno } from './program.ts';
import type { SocketBuffer } from './socket-buffer.ts';
import { createSocket, findSocket, formatLocal, notify, removeSocket } from './sockets.ts';
import { learnedPathMtu, learnPathMtu } from './path-mtu.ts';
import { recordStep, type Stack } from './stack.ts';
import { findRoute, isLocalAddress } from './routes.ts';
import { sequenceLength, tcpHeaderLength, tcpPacket } from './tcp-segment.ts';
import { sendReset } from './icmp-error.ts';
import { scheduleNetworkEvent } from './transmit.ts';

/** TCP_TIMEOUT_INIT: the first SYN is sent again after one second, then the wait doubles. */
const SYN_TIMEOUT: Micros = SECOND;
/** tcp_syn_retries: connect() gives up 127 s after the first SYN. */
const SYN_RETRIES = 6;
/** Simplified: the wait for an acknowledgement starts at TCP_RTO_MIN, the round trip is not measured. */
const DATA_TIMEOUT: Micros = 200 * MILLISECOND;
/** tcp_synack_retries. */
const SYN_ACK_RETRIES = 5;
/** tcp_fin_timeout: how long a closed connection waits for the other side's FIN. */
const FIN_TIMEOUT: Micros = 60 * SECOND;
const ETHERNET_MTU = 1500;
/** tcp_retries2: about 15 minutes. */
const DATA_RETRIES = 15;
const TIMEOUT_MAX: Micros = 120 * SECOND;

/** connect(): sends the SYN. The socket's addresses are set. */
export function startConnection(stack: Stack, socket: Socket): void {
  socket.state = 'SYN-SENT';
  socket.sendSequence = nextUint32(stack.environment.random) >>> 1;
  sendSegment(stack, socket, { syn: true });
}

/** Sends what takes sequence numbers: kept until it is acknowledged. */
function sendSegment(stack: Stack, socket: Socket, flags: TcpFlags, payload?: Payload): void {
  const segment: SentSegment = {
    sequence: socket.sendSequence,
    length: sequenceLength(flags, payload),
    flags,
    ...(payload ? { payload } : {}),
  };
  socket.sendSequence += segment.length;
  socket.unacknowledged.push(segment);
  emit(stack, socket, segment);
  if (socket.unacknowledged.length === 1) startTimer(stack, socket, 0);
}

function emit(stack: Stack, socket: Socket, segment: Omit<SentSegment, 'length'>): void {
  const { peer } = socket;
  if (!peer) return;
  const tag = stack.environment.recorder.nextPacket(socket.tag);
  const own = maximumSegmentTo(stack, socket, peer.address);
  const packet = tcpPacket({
    from: socket.local,
    to: peer,
    flags: segment.flags,
    ...(segment.flags.syn ? { maximumSegment: own } : {}),
    limit: Math.min(own, socket.peerMaximumSegment ?? own),
    sequence: segment.sequence,
    acknowledgement: segment.flags.ack ? socket.receiveSequence : 0,
    ...(socket.ttl === undefined ? {} : { ttl: socket.ttl }),
    ...(segment.payload ? { payload: segment.payload } : {}),
  });
  recordSent(stack, socket, packet, tag);
  stack.kernel.sendFromHere(stack, {
    packet,
    mark: 0,
    ...(socket.device === undefined ? {} : { outDevice: socket.device }),
    ...(tag ? { tag } : {}),
  });
}

/** What fits into one packet on the way out: the device's MTU, or less where a router said so. */
function maximumSegmentTo(
  { namespace, environment }: Stack,
  socket: Socket,
  address: string,
): number {
  const device = isLocalAddress(namespace, address) ? 'lo' : findRoute(namespace, address)?.device;
  const mtu = namespace.links[device ?? '']?.mtu ?? ETHERNET_MTU;
  const learned = learnedPathMtu(namespace, address, environment.queue.now) ?? mtu;
  return Math.min(mtu, learned, socket.pathMtu ?? mtu) - tcpHeaderLength(address);
}

/** ICMP fragmentation needed: the oldest segment goes again, no larger than the router allows (tcp_v4_mtu_reduced). */
export function reduceMtu(stack: Stack, socket: Socket, mtu: number): void {
  socket.pathMtu = Math.min(mtu, socket.pathMtu ?? mtu);
  if (socket.peer) {
    learnPathMtu(stack.namespace, socket.peer.address, mtu, stack.environment.queue.now);
  }
  const oldest = socket.unacknowledged[0];
  if (oldest) emit(stack, socket, oldest);
}

function recordSent(
  stack: Stack,
  socket: Socket,
  packet: IpPacket,
  tag: TraceTag | undefined,
): void {
  const program = stack.network.processes[socket.pid]?.program;
  recordStep(stack, tag, packet, undefined, () => ({
    kind: 'sent',
    ...(program === undefined ? {} : { process: program }),
  }));
}

const acknowledge = (stack: Stack, socket: Socket) =>
  emit(stack, socket, { sequence: socket.sendSequence, flags: { ack: true } });

function startTimer(stack: Stack, socket: Socket, count: number): void {
  const isHandshake = socket.state === 'SYN-SENT' || socket.state === 'SYN-RECV';
  const base = isHandshake ? SYN_TIMEOUT : DATA_TIMEOUT;
  socket.retransmit = { count, token: socket.retransmit.token + 1 };
  scheduleNetworkEvent(stack, Math.min(base * 2 ** count, TIMEOUT_MAX), {
    type: 'retransmit',
    namespace: stack.namespace.id,
    socket: socket.id,
    token: socket.retransmit.token,
  });
}

function retryLimit(state: Socket['state']): number {
  if (state === 'SYN-SENT') return SYN_RETRIES;
  return state === 'SYN-RECV' ? SYN_ACK_RETRIES : DATA_RETRIES;
}

/** The oldest segment was not acknowledged in time: send it again, or give up (ETIMEDOUT). */
export function handleRetransmit(stack: Stack, event: { socket: number; token: number }): void {
  const socket = stack.namespace.sockets[event.socket];
  if (!socket || socket.retransmit.token !== event.token) return;
  const oldest = socket.unacknowledged[0];
  if (!oldest) {
    if (socket.state === 'FIN-WAIT-2') removeSocket(stack, socket.id);
    return;
  }
  const count = socket.retransmit.count + 1;
  if (count > retryLimit(socket.state)) {
    fail(stack, socket, 'ETIMEDOUT', socket.tag);
    return;
  }
  emit(stack, socket, oldest);
  startTimer(stack, socket, count);
}

/** The connection is over for this side; the process hears why. */
export function fail(stack: Stack, socket: Socket, error: Errno, tag: TraceTag | undefined): void {
  removeSocket(stack, socket.id);
  // Nobody has accepted it yet, or everybody has closed it.
  if (socket.state === 'SYN-RECV' || socket.state === 'LAST-ACK') return;
  notify(stack, socket, { type: 'failed', socket: socket.id, error }, tag);
}

/** send(): data goes out at once when the connection stands, else after the handshake. */
export function sendData(stack: Stack, socket: Socket, payload: Payload): void {
  if (socket.state === 'ESTAB' || socket.state === 'CLOSE-WAIT') {
    sendSegment(stack, socket, { psh: true, ack: true }, payload);
  } else if (socket.state === 'SYN-SENT') socket.sendQueue.push(payload);
}

/** close(): FIN after what was sent. A listener, or a connection that never stood, just goes. */
export function closeConnection(stack: Stack, socket: Socket): void {
  switch (socket.state) {
    case 'ESTAB':
      socket.state = 'FIN-WAIT-1';
      sendSegment(stack, socket, { fin: true, ack: true });
      return;
    case 'CLOSE-WAIT':
      socket.state = 'LAST-ACK';
      sendSegment(stack, socket, { fin: true, ack: true });
      return;
    case 'FIN-WAIT-1':
    case 'FIN-WAIT-2':
    case 'LAST-ACK':
      return;
    case 'SYN-SENT':
    case 'SYN-RECV':
    case 'LISTEN':
    case 'TIME-WAIT':
    case undefined:
      removeSocket(stack, socket.id);
  }
}

/** A segment for this namespace (tcp_v4_rcv). */
export function receiveSegment(stack: Stack, skb: SocketBuffer, segment: TcpSegment): void {
  const from = { address: skb.packet.source, port: segment.sourcePort };
  const to = { address: skb.packet.destination, port: segment.destinationPort };
  const socket = findSocket(stack.namespace, 'tcp', from, to);
  if (!socket) {
    refuse(stack, skb, segment);
    return;
  }
  recordDelivered(stack, skb, socket);
  if (skb.tag) socket.tag = skb.tag;
  if (socket.state === 'LISTEN') acceptSyn(stack, skb, socket, segment, from, to);
  else receiveOnConnection(stack, skb, socket, segment);
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
    process: stack.network.processes[socket.pid]?.program ?? 'kernel',
    socket: formatLocal(socket.local),
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
  } else if (socket.state === 'LAST-ACK') removeSocket(stack, socket.id);
}

/** A process that has gone does not wait for ever. */
function waitForFin(stack: Stack, socket: Socket): void {
  scheduleNetworkEvent(stack, FIN_TIMEOUT, {
    type: 'retransmit',
    namespace: stack.namespace.id,
    socket: socket.id,
    token: socket.retransmit.token,
  });
}

function establish(stack: Stack, skb: SocketBuffer, socket: Socket): void {
  socket.state = 'ESTAB';
  if (socket.listener === undefined || !socket.peer) return;
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
  if (segment.payload) {
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
    case 'FIN-WAIT-2':
      // Simplified: TIME-WAIT is over at once; conntrack keeps its own.
      removeSocket(stack, socket.id);
      notify(stack, socket, { type: 'ended', socket: socket.id }, skb.tag);
      return;
    case 'CLOSE-WAIT':
    case 'LAST-ACK':
    case 'LISTEN':
    case 'SYN-SENT':
    case 'SYN-RECV':
    case 'TIME-WAIT':
    case undefined:
  }
}
