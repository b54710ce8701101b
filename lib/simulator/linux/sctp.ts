import { SECOND, type Micros } from '../base/clock.ts';
import type { SocketAddress } from '../base/flow.ts';
import { nextUint32 } from '../base/random.ts';
import type { IpPacket } from '../packet/packet.ts';
import type { Payload } from '../packet/payload.ts';
import { sctpLength, type SctpChunk } from '../packet/sctp.ts';
import type { TraceTag } from '../trace/recorder.ts';
import type { Socket } from './network.ts';
import type { Errno } from './program.ts';
import type { SctpAssociation } from './sctp-association.ts';
import { pathMtuTo } from './path-mtu.ts';
import { notify, ownerOf, payloadLength, removeSocket } from './sockets.ts';
import { socketBuffer } from './socket-buffer.ts';
import { recordStep, type Stack } from './stack.ts';
import { DEFAULT_TTL, ipHeaderLength } from './tcp-segment.ts';
import { scheduleNetworkEvent } from './transmit.ts';

/** net.sctp.rto_initial and rto_max. Simplified: the round trip is not measured, so data waits as long as the first INIT. */
const TIMEOUT: Micros = 3 * SECOND;
const TIMEOUT_MAX: Micros = 60 * SECOND;
/** net.sctp.max_init_retransmits, association_max_retrans. */
const INIT_RETRIES = 8;
const DATA_RETRIES = 10;

export interface SctpDraft {
  readonly from: SocketAddress;
  readonly to: SocketAddress;
  readonly tag: number;
  readonly chunk: SctpChunk;
  readonly ttl?: number;
  /** The most bytes that go on the wire at once. */
  readonly mtu?: number;
}

/**
 * An SCTP packet in its IP packet.
 * Simplified: one message is one packet however long it is; its length on the wire is capped at the path's MTU.
 */
export function sctpPacket({ from, to, tag, chunk, ttl, mtu }: SctpDraft): IpPacket {
  const size = chunk.type === 'DATA' ? payloadLength(chunk.payload) : 0;
  const length = ipHeaderLength(to.address) + sctpLength(chunk, size);
  return {
    version: to.address.includes(':') ? 6 : 4,
    source: from.address,
    destination: to.address,
    ttl: ttl ?? DEFAULT_TTL,
    dontFragment: true,
    length: Math.min(length, mtu ?? length),
    transport: {
      protocol: 'sctp',
      sourcePort: from.port,
      destinationPort: to.port,
      verificationTag: tag,
      chunk,
    },
  };
}

/** A tag or first TSN: any number but 0. */
export const drawTag = ({ environment }: Stack) => (nextUint32(environment.random) >>> 1) + 1;

/** connect() of an SCTP socket: sends INIT. The socket's addresses are set. */
export function startAssociation(stack: Stack, socket: Socket): void {
  const ownTag = drawTag(stack);
  const tsn = drawTag(stack);
  socket.association = {
    state: 'COOKIE-WAIT',
    ownTag,
    peerTag: 0,
    nextTsn: tsn,
    cumulativeTsn: 0,
    unacknowledged: [],
  };
  sendReliably(stack, socket, { type: 'INIT', tag: ownTag, tsn });
}

/** Sends one chunk to the peer. */
export function sendChunk(stack: Stack, socket: Socket, chunk: SctpChunk): void {
  const { peer, association } = socket;
  if (!peer || !association) return;
  const tag = stack.environment.recorder.nextPacket(socket.tag);
  const packet = sctpPacket({
    from: socket.local,
    to: peer,
    tag: association.peerTag,
    chunk,
    mtu: pathMtuTo(stack.namespace, peer.address, stack.environment.queue.now),
    ...(socket.ttl === undefined ? {} : { ttl: socket.ttl }),
  });
  const program = stack.network.processes[socket.pid]?.program;
  recordStep(stack, tag, packet, undefined, () => ({
    kind: 'sent',
    ...(program === undefined ? {} : { process: program }),
  }));
  const skb = socketBuffer(packet, tag, {});
  skb.uid = ownerOf(stack, socket);
  stack.kernel.sendFromHere(stack, skb);
}

/** Sends what must be answered: kept until it is. */
export function sendReliably(stack: Stack, socket: Socket, chunk: SctpChunk): void {
  const { association } = socket;
  if (!association) return;
  association.unacknowledged.push(chunk);
  sendChunk(stack, socket, chunk);
  if (association.unacknowledged.length === 1) startTimer(stack, socket, 0);
}

/** Starts the timer of the oldest chunk without an answer, after `count` retransmissions of it. */
export function startTimer(stack: Stack, socket: Socket, count: number): void {
  socket.retransmit = { count, token: socket.retransmit.token + 1 };
  scheduleNetworkEvent(stack, Math.min(TIMEOUT * 2 ** count, TIMEOUT_MAX), {
    type: 'retransmit',
    namespace: stack.namespace.id,
    socket: socket.id,
    token: socket.retransmit.token,
  });
}

/** The chunks for which `isAnswered` holds need no more retransmission. */
export function settle(
  stack: Stack,
  socket: Socket,
  isAnswered: (chunk: SctpChunk) => boolean,
): void {
  const { association } = socket;
  if (!association) return;
  const left = association.unacknowledged.filter((chunk) => !isAnswered(chunk));
  if (left.length === association.unacknowledged.length) return;
  association.unacknowledged.splice(0, association.unacknowledged.length, ...left);
  if (left.length > 0) startTimer(stack, socket, 0);
  else socket.retransmit = { count: 0, token: socket.retransmit.token + 1 };
}

const isHandshake = ({ state }: SctpAssociation) =>
  state === 'COOKIE-WAIT' || state === 'COOKIE-ECHOED';

/** T1, T2 and T3: what was not answered in time is sent again, until the association is given up (ETIMEDOUT). */
export function handleSctpTimeout(
  stack: Stack,
  socket: Socket,
  { token }: { readonly token: number },
): void {
  const { association } = socket;
  const oldest = association?.unacknowledged[0];
  if (!association || !oldest || socket.retransmit.token !== token) return;
  const count = socket.retransmit.count + 1;
  if (count > (isHandshake(association) ? INIT_RETRIES : DATA_RETRIES)) {
    failAssociation(stack, socket, 'ETIMEDOUT', socket.tag);
    return;
  }
  sendChunk(stack, socket, oldest);
  startTimer(stack, socket, count);
}

/** The association is over for this side; the process hears why. */
export function failAssociation(
  stack: Stack,
  socket: Socket,
  error: Errno,
  tag: TraceTag | undefined,
): void {
  removeSocket(stack, socket.id);
  notify(stack, socket, { type: 'failed', socket: socket.id, error }, tag);
}

/** send(): a message goes out at once when the association stands, else after the handshake. Nothing follows a SHUTDOWN. */
export function sendMessage(stack: Stack, socket: Socket, payload: Payload): void {
  const { association } = socket;
  if (!association) return;
  if (isHandshake(association)) socket.sendQueue.push(payload);
  else if (association.state === 'ESTABLISHED') {
    sendReliably(stack, socket, { type: 'DATA', tsn: association.nextTsn++, payload });
  }
}

/** SHUTDOWN, once everything that was sent has been acknowledged. */
export function shutDownWhenDone(stack: Stack, socket: Socket): void {
  const { association } = socket;
  if (!association || association.unacknowledged.length > 0) return;
  if (association.state === 'SHUTDOWN-PENDING') {
    association.state = 'SHUTDOWN-SENT';
    const { cumulativeTsn } = association;
    sendReliably(stack, socket, { type: 'SHUTDOWN', cumulativeTsn });
  } else if (association.state === 'SHUTDOWN-RECEIVED') {
    association.state = 'SHUTDOWN-ACK-SENT';
    sendReliably(stack, socket, { type: 'SHUTDOWN ACK' });
  }
}

/** close(): SHUTDOWN after what was sent. A listener, or an association that never stood, just goes. */
export function closeAssociation(stack: Stack, socket: Socket): void {
  const { association } = socket;
  switch (association?.state) {
    case 'ESTABLISHED':
      association.state = 'SHUTDOWN-PENDING';
      socket.isOrphan = true;
      shutDownWhenDone(stack, socket);
      return;
    case 'SHUTDOWN-PENDING':
    case 'SHUTDOWN-SENT':
    case 'SHUTDOWN-RECEIVED':
    case 'SHUTDOWN-ACK-SENT':
      socket.isOrphan = true;
      return;
    case 'COOKIE-WAIT':
    case 'COOKIE-ECHOED':
    case 'CLOSED':
    case undefined:
      removeSocket(stack, socket.id);
  }
}
