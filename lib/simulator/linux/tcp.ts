import { MILLISECOND, SECOND, type Micros } from '../base/clock.ts';
import { nextUint32 } from '../base/random.ts';
import type { IpPacket, TcpFlags } from '../packet/packet.ts';
import type { Payload } from '../packet/payload.ts';
import type { TraceTag } from '../trace/recorder.ts';
import type { SentSegment, Socket } from './network.ts';
import type { Errno } from './program.ts';
import { socketBuffer } from './socket-buffer.ts';
import { notify, ownerOf, removeSocket } from './sockets.ts';
import { learnedPathMtu, learnPathMtu } from './path-mtu.ts';
import { recordStep, type Stack } from './stack.ts';
import { findRoute, isLocalAddress } from './routes.ts';
import { sequenceLength, tcpHeaderLength, tcpPacket } from './tcp-segment.ts';
import { scheduleNetworkEvent } from './transmit.ts';

/**
 * TCP_TIMEOUT_INIT: the first SYN is sent again after one second, four times more each a second later
 * (tcp_syn_linear_timeouts, since Linux 6.5), then the wait doubles.
 */
const SYN_TIMEOUT: Micros = SECOND;
const SYN_LINEAR_TIMEOUTS = 4;
/** tcp_syn_retries, besides those: connect() gives up 131 s after the first SYN. */
const SYN_RETRIES = 6;
/** Simplified: the wait for an acknowledgement starts at TCP_RTO_MIN, the round trip is not measured. */
const DATA_TIMEOUT: Micros = 200 * MILLISECOND;
/** tcp_synack_retries. */
const SYN_ACK_RETRIES = 5;
/** tcp_fin_timeout: how long a closed connection waits for the other side's FIN. */
const FIN_TIMEOUT: Micros = 60 * SECOND;
/** TCP_TIMEWAIT_LEN. */
const TIME_WAIT: Micros = 60 * SECOND;
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
export function sendSegment(
  stack: Stack,
  socket: Socket,
  flags: TcpFlags,
  payload?: Payload,
): void {
  const segment: SentSegment = {
    sequence: socket.sendSequence,
    length: sequenceLength(flags, payload),
    flags,
    payload,
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
    maximumSegment: segment.flags.syn ? own : undefined,
    limit: Math.min(own, socket.peerMaximumSegment ?? own),
    sequence: segment.sequence,
    acknowledgement: segment.flags.ack ? socket.receiveSequence : 0,
    ttl: socket.ttl,
    payload: segment.payload,
  });
  recordSent(stack, socket, packet, tag);
  const skb = socketBuffer(packet, tag, { out: socket.device });
  skb.uid = ownerOf(stack, socket);
  stack.kernel.sendFromHere(stack, skb);
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

export const acknowledge = (stack: Stack, socket: Socket) =>
  emit(stack, socket, { sequence: socket.sendSequence, flags: { ack: true } });

const sysctlNumber = ({ namespace }: Stack, name: string, usual: number): number => {
  const set = Number(namespace.sysctls[`ipv4.${name}`] ?? usual);
  return Number.isInteger(set) ? set : usual;
};

const linearTimeouts = (stack: Stack, { state }: Socket) =>
  state === 'SYN-SENT' ? sysctlNumber(stack, 'tcp_syn_linear_timeouts', SYN_LINEAR_TIMEOUTS) : 0;

/** Starts the timer for the oldest segment that was not acknowledged, after `count` retransmissions of it. */
export function startTimer(stack: Stack, socket: Socket, count: number): void {
  const isHandshake = socket.state === 'SYN-SENT' || socket.state === 'SYN-RECV';
  const base = isHandshake ? SYN_TIMEOUT : DATA_TIMEOUT;
  const doublings = Math.max(0, count - linearTimeouts(stack, socket));
  schedule(stack, socket, count, Math.min(base * 2 ** doublings, TIMEOUT_MAX));
}

function schedule(stack: Stack, socket: Socket, count: number, delay: Micros): void {
  socket.retransmit = { count, token: socket.retransmit.token + 1 };
  scheduleNetworkEvent(stack, delay, {
    type: 'retransmit',
    namespace: stack.namespace.id,
    socket: socket.id,
    token: socket.retransmit.token,
  });
}

/** tcp_write_timeout. */
function retryLimit(stack: Stack, socket: Socket): number {
  if (socket.state === 'SYN-SENT') {
    return sysctlNumber(stack, 'tcp_syn_retries', SYN_RETRIES) + linearTimeouts(stack, socket);
  }
  return socket.state === 'SYN-RECV'
    ? sysctlNumber(stack, 'tcp_synack_retries', SYN_ACK_RETRIES)
    : sysctlNumber(stack, 'tcp_retries2', DATA_RETRIES);
}

/** A process that has gone does not wait for ever. */
export const waitForFin = (stack: Stack, socket: Socket): void =>
  schedule(stack, socket, 0, FIN_TIMEOUT);

/** The side that closed first keeps the addresses and ports for a minute (tcp_time_wait): no process has the socket any more. */
export function beginTimeWait(stack: Stack, socket: Socket): void {
  socket.state = 'TIME-WAIT';
  socket.isOrphan = true;
  schedule(stack, socket, 0, TIME_WAIT);
}

/** inet_csk_listen_stop: connections that nobody has accepted are reset, handshakes forgotten. */
function resetWaiting(stack: Stack, listener: Socket): void {
  for (const child of Object.values(stack.namespace.sockets)) {
    if (child.listener !== listener.id) continue;
    if (child.isQueued) {
      emit(stack, child, { sequence: child.sendSequence, flags: { rst: true, ack: true } });
    }
    if (child.isQueued || child.state === 'SYN-RECV') removeSocket(stack, child.id);
  }
}

/** The oldest segment was not acknowledged in time: send it again, or give up (ETIMEDOUT). */
export function handleRetransmit(stack: Stack, event: { socket: number; token: number }): void {
  const socket = stack.namespace.sockets[event.socket];
  if (!socket || socket.retransmit.token !== event.token) return;
  const oldest = socket.unacknowledged[0];
  if (!oldest) {
    const isOver = socket.state === 'FIN-WAIT-2' || socket.state === 'TIME-WAIT';
    if (isOver) removeSocket(stack, socket.id);
    return;
  }
  const count = socket.retransmit.count + 1;
  if (count > retryLimit(stack, socket)) {
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
    case 'CLOSING':
    case 'LAST-ACK':
    case 'TIME-WAIT':
      return;
    case 'LISTEN':
      resetWaiting(stack, socket);
      removeSocket(stack, socket.id);
      return;
    case 'SYN-SENT':
    case 'SYN-RECV':
    case undefined:
      removeSocket(stack, socket.id);
  }
}
