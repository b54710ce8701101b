import type { SctpChunk, SctpCookie, SctpPacket } from '../packet/sctp.ts';
import type { IpPacket } from '../packet/packet.ts';
import { isBacklogFull } from './listener.ts';
import type { Socket } from './network.ts';
import { answerTo, sendOwn } from './icmp-error.ts';
import { attachAnswer } from './netfilter/attach-answer.ts';
import type { SocketBuffer } from './socket-buffer.ts';
import {
  drawTag,
  failAssociation,
  sctpPacket,
  sendChunk,
  sendMessage,
  sendReliably,
  settle,
  shutDownWhenDone,
} from './sctp.ts';
import type { SctpAssociation } from './sctp-association.ts';
import { createSocket, findSocket, formatLocal, notify, removeSocket } from './sockets.ts';
import { recordStep, type Stack } from './stack.ts';

/** A packet that came in, with what everybody here needs of it. */
interface Arrival {
  readonly stack: Stack;
  readonly skb: SocketBuffer;
  readonly sctp: SctpPacket;
}

const sourceOf = ({ skb, sctp }: Arrival) => ({
  address: skb.packet.source,
  port: sctp.sourcePort,
});
const destinationOf = ({ skb, sctp }: Arrival) => ({
  address: skb.packet.destination,
  port: sctp.destinationPort,
});

/** An SCTP packet for this namespace (sctp_rcv). */
export function receiveSctp(stack: Stack, skb: SocketBuffer, sctp: SctpPacket): void {
  const arrival: Arrival = { stack, skb, sctp };
  const from = sourceOf(arrival);
  const to = destinationOf(arrival);
  const socket = findSocket(stack.namespace, 'sctp', from, to);
  if (!socket) outOfTheBlue(arrival);
  else if (socket.association) receiveOnAssociation(arrival, socket, socket.association);
  else receiveOnListener(arrival, socket);
}

function drop({ stack, skb }: Arrival, reason: 'no-socket' | 'invalid-state' | 'backlog-full') {
  recordStep(stack, skb.tag, skb.packet, skb.inDevice, () => ({ kind: 'dropped', reason }));
}

function recordDelivered({ stack, skb }: Arrival, socket: Socket): void {
  recordStep(stack, skb.tag, skb.packet, skb.inDevice, () => ({
    kind: 'delivered',
    process: stack.network.processes[socket.pid]?.program ?? 'kernel',
    socket: formatLocal(socket),
  }));
}

/** A packet of the kernel's own, back to where one came from. */
function answer({ stack, skb, sctp }: Arrival, tag: number, chunk: SctpChunk): void {
  const packet: IpPacket = sctpPacket({
    from: destinationOf({ stack, skb, sctp }),
    to: sourceOf({ stack, skb, sctp }),
    tag,
    chunk,
  });
  const reply = answerTo(stack, skb, packet);
  attachAnswer(reply, skb);
  sendOwn(stack, reply);
}

/** RFC 9260 section 8.4: what belongs to no association is answered with ABORT, unless that could go on for ever. */
function outOfTheBlue(arrival: Arrival): void {
  const { stack, skb, sctp } = arrival;
  const { chunk, verificationTag } = sctp;
  switch (chunk.type) {
    case 'ABORT':
    case 'SHUTDOWN COMPLETE':
    case 'COOKIE ACK':
    case 'ERROR':
      drop(arrival, 'no-socket');
      return;
    case 'SHUTDOWN ACK':
      drop(arrival, 'no-socket');
      answer(arrival, verificationTag, { type: 'SHUTDOWN COMPLETE', isReflected: true });
      return;
    case 'INIT':
    case 'INIT ACK':
    case 'COOKIE ECHO':
    case 'DATA':
    case 'SACK':
    case 'SHUTDOWN':
    case 'HEARTBEAT':
    case 'HEARTBEAT ACK':
      recordStep(stack, skb.tag, skb.packet, skb.inDevice, () => ({
        kind: 'refused',
        by: 'no-socket',
        answer: 'sctp-abort',
      }));
      if (chunk.type === 'INIT') answer(arrival, chunk.tag, { type: 'ABORT' });
      else answer(arrival, verificationTag, { type: 'ABORT', isReflected: true });
  }
}

/** A listener remembers nothing of an INIT: all that it needs is in the cookie, which comes back. */
function receiveOnListener(arrival: Arrival, listener: Socket): void {
  const { stack, sctp } = arrival;
  const { chunk } = sctp;
  if (chunk.type !== 'INIT' && chunk.type !== 'COOKIE ECHO') {
    outOfTheBlue(arrival);
    return;
  }
  if (isBacklogFull(stack.namespace, listener)) {
    drop(arrival, 'backlog-full');
    return;
  }
  recordDelivered(arrival, listener);
  if (chunk.type === 'INIT') answerInit(arrival, chunk);
  else acceptCookie(arrival, listener, chunk.cookie);
}

function answerInit(arrival: Arrival, { tag, tsn }: Extract<SctpChunk, { type: 'INIT' }>): void {
  const { stack } = arrival;
  const cookie: SctpCookie = {
    peerTag: tag,
    peerTsn: tsn,
    ownTag: drawTag(stack),
    ownTsn: drawTag(stack),
  };
  answer(arrival, tag, { type: 'INIT ACK', tag: cookie.ownTag, tsn: cookie.ownTsn, cookie });
}

const associationOf = ({ ownTag, ownTsn, peerTag, peerTsn }: SctpCookie): SctpAssociation => ({
  state: 'ESTABLISHED',
  ownTag,
  peerTag,
  nextTsn: ownTsn,
  cumulativeTsn: peerTsn - 1,
  unacknowledged: [],
});

/** Simplified: a cookie has no signature and does not grow old. */
function acceptCookie(arrival: Arrival, listener: Socket, cookie: SctpCookie): void {
  const { stack, skb } = arrival;
  const peer = sourceOf(arrival);
  const socket = createSocket(stack.network, stack.namespace, {
    protocol: 'sctp',
    pid: listener.pid,
    local: destinationOf(arrival),
    peer,
    state: 'ESTAB',
    listener: listener.id,
    association: associationOf(cookie),
    ...(skb.tag ? { tag: skb.tag } : {}),
  });
  sendChunk(stack, socket, { type: 'COOKIE ACK' });
  if (listener.acceptsWhenAsked) {
    socket.isQueued = true;
    notify(stack, listener, { type: 'connection-waiting', listener: listener.id }, skb.tag);
    return;
  }
  const accepted = { type: 'accepted', listener: listener.id, socket: socket.id } as const;
  notify(stack, socket, { ...accepted, from: peer }, skb.tag);
}

/** Whether the tag is the one that this side chose; INIT has none, and a reflected one is the other side's. */
function isTagRight({ sctp: { verificationTag, chunk } }: Arrival, association: SctpAssociation) {
  if (chunk.type === 'INIT') return verificationTag === 0;
  const isReflected = 'isReflected' in chunk && chunk.isReflected === true;
  // A restarted peer brings back a cookie that this side made after the association.
  if (chunk.type === 'COOKIE ECHO') return verificationTag === chunk.cookie.ownTag;
  return verificationTag === (isReflected ? association.peerTag : association.ownTag);
}

function receiveOnAssociation(
  arrival: Arrival,
  socket: Socket,
  association: SctpAssociation,
): void {
  const { stack, skb, sctp } = arrival;
  if (!isTagRight(arrival, association)) {
    drop(arrival, 'invalid-state');
    return;
  }
  recordDelivered(arrival, socket);
  if (skb.tag) socket.tag = skb.tag;
  const { chunk } = sctp;
  switch (chunk.type) {
    case 'INIT':
      return answerInit(arrival, chunk);
    case 'INIT ACK':
      return receiveInitAck(stack, socket, association, chunk);
    case 'COOKIE ECHO':
      Object.assign(association, associationOf(chunk.cookie));
      return sendChunk(stack, socket, { type: 'COOKIE ACK' });
    case 'COOKIE ACK':
      return receiveCookieAck(stack, skb, socket, association);
    case 'DATA':
      return receiveData(stack, skb, socket, association, chunk);
    case 'SACK':
      settle(stack, socket, (sent) => sent.type === 'DATA' && sent.tsn <= chunk.cumulativeTsn);
      return shutDownWhenDone(stack, socket);
    case 'HEARTBEAT':
      return sendChunk(stack, socket, { type: 'HEARTBEAT ACK' });
    case 'HEARTBEAT ACK':
    case 'ERROR':
      return undefined;
    case 'SHUTDOWN':
    case 'SHUTDOWN ACK':
    case 'SHUTDOWN COMPLETE':
      return receiveShutdown(stack, skb, socket, association, chunk);
    case 'ABORT': {
      const isNew = association.state === 'COOKIE-WAIT' || association.state === 'COOKIE-ECHOED';
      return failAssociation(stack, socket, isNew ? 'ECONNREFUSED' : 'ECONNRESET', skb.tag);
    }
  }
}

function receiveInitAck(
  stack: Stack,
  socket: Socket,
  association: SctpAssociation,
  { tag, tsn, cookie }: Extract<SctpChunk, { type: 'INIT ACK' }>,
): void {
  if (association.state !== 'COOKIE-WAIT') return;
  association.state = 'COOKIE-ECHOED';
  association.peerTag = tag;
  association.cumulativeTsn = tsn - 1;
  settle(stack, socket, ({ type }) => type === 'INIT');
  sendReliably(stack, socket, { type: 'COOKIE ECHO', cookie });
}

function receiveCookieAck(
  stack: Stack,
  skb: SocketBuffer,
  socket: Socket,
  association: SctpAssociation,
): void {
  if (association.state !== 'COOKIE-ECHOED') return;
  association.state = 'ESTABLISHED';
  socket.state = 'ESTAB';
  settle(stack, socket, ({ type }) => type === 'COOKIE ECHO');
  notify(stack, socket, { type: 'connected', socket: socket.id }, skb.tag);
  for (const payload of socket.sendQueue.splice(0)) sendMessage(stack, socket, payload);
}

/** Simplified: every DATA is acknowledged at once, out of order none is kept. */
function receiveData(
  stack: Stack,
  skb: SocketBuffer,
  socket: Socket,
  association: SctpAssociation,
  { tsn, payload }: Extract<SctpChunk, { type: 'DATA' }>,
): void {
  const isNext = tsn === association.cumulativeTsn + 1;
  if (isNext) association.cumulativeTsn = tsn;
  sendChunk(stack, socket, { type: 'SACK', cumulativeTsn: association.cumulativeTsn });
  if (!isNext) return;
  if (socket.isQueued) (socket.unread ??= []).push(payload);
  else notify(stack, socket, { type: 'data', socket: socket.id, payload }, skb.tag);
}

function receiveShutdown(
  stack: Stack,
  skb: SocketBuffer,
  socket: Socket,
  association: SctpAssociation,
  { type }: SctpChunk,
): void {
  const { state } = association;
  if (type === 'SHUTDOWN') {
    // Once more, because our answer was lost: the timer sees to it.
    if (state === 'SHUTDOWN-RECEIVED' || state === 'SHUTDOWN-ACK-SENT') return;
    association.state = 'SHUTDOWN-RECEIVED';
    settle(stack, socket, (sent) => sent.type === 'SHUTDOWN');
    notify(stack, socket, { type: 'ended', socket: socket.id }, skb.tag);
    shutDownWhenDone(stack, socket);
  } else if (type === 'SHUTDOWN ACK') {
    if (state !== 'SHUTDOWN-SENT' && state !== 'SHUTDOWN-ACK-SENT') return;
    sendChunk(stack, socket, { type: 'SHUTDOWN COMPLETE' });
    end(stack, socket, association);
  } else if (state === 'SHUTDOWN-ACK-SENT') end(stack, socket, association);
}

/** The association is over; the socket stays until its process closes it. */
function end(stack: Stack, socket: Socket, association: SctpAssociation): void {
  settle(stack, socket, () => true);
  association.state = 'CLOSED';
  if (socket.isOrphan) removeSocket(stack, socket.id);
}
