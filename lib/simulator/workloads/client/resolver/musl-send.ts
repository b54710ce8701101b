import { SECOND, type Micros } from '../../../base/clock.ts';
import type { ProgramEvent, SocketId, SystemCalls } from '../../../linux/program.ts';
import type { DnsMessage, DnsQuestion } from '../../../packet/dns-message.ts';
import { flowFrom, recordDnsAnswer, recordDnsQuestion } from '../../application-steps.ts';
import { RESOLVER_TIMER } from './glibc-send.ts';
import type { MuslConf } from './musl-conf.ts';
import { questionMessage } from './question-message.ts';

/** Questions that are with all servers at once (musl 1.2.5, src/network/res_msend.c). Plain data. */
export interface MuslSend {
  readonly questions: readonly DnsQuestion[];
  readonly ids: readonly number[];
  readonly startedAt: Micros;
  socket?: SocketId;
  /** Questions whose answer was cut off go to the same server over TCP. */
  readonly streams: Record<SocketId, number>;
  readonly answers: Record<number, DnsMessage>;
  /** How many answers of "server failure" are answered by asking at once again. */
  retries: number;
  isDone: boolean;
}

const interval = ({ timeout, attempts }: MuslConf) => Math.floor((timeout * SECOND) / attempts);

export function startMuslSend(
  questions: readonly DnsQuestion[],
  conf: MuslConf,
  calls: SystemCalls,
): MuslSend {
  const send: MuslSend = {
    questions,
    ids: questions.map(() => Math.floor(calls.random() * 65_536)),
    startedAt: calls.now,
    streams: {},
    answers: {},
    retries: 0,
    isDone: false,
  };
  const opened = calls.openUdp();
  if (!opened.ok) {
    send.isDone = true;
    return send;
  }
  send.socket = opened.socket;
  askEverybody(send, conf, calls);
  return send;
}

const messageAt = ({ questions, ids }: MuslSend, index: number) => {
  const { name, type } = questions[index]!;
  return questionMessage(name, type, ids[index] ?? 0);
};

function askOne(send: MuslSend, index: number, address: string, calls: SystemCalls): void {
  if (send.socket === undefined) return;
  const server = { address, port: 53 };
  const message = messageAt(send, index);
  calls.sendTo(send.socket, server, { kind: 'dns', message });
  const { name, type } = message.question;
  recordDnsQuestion(calls, flowFrom(calls, send.socket, server, 'udp'), name, type);
}

const isAsked = ({ streams }: MuslSend, index: number) => Object.values(streams).includes(index);

function askEverybody(send: MuslSend, conf: MuslConf, calls: SystemCalls): void {
  for (const index of send.questions.keys()) {
    if (send.answers[index] || isAsked(send, index)) continue;
    for (const address of conf.nameservers) askOne(send, index, address, calls);
  }
  send.retries = 2 * send.questions.length;
  calls.setTimer(RESOLVER_TIMER, interval(conf));
}

function finish(send: MuslSend, calls: SystemCalls): void {
  calls.clearTimer(RESOLVER_TIMER);
  if (send.socket !== undefined) calls.close(send.socket);
  for (const socket of Object.keys(send.streams)) calls.close(Number(socket));
  delete send.socket;
  send.isDone = true;
}

function keep(send: MuslSend, index: number, message: DnsMessage, calls: SystemCalls): void {
  send.answers[index] = message;
  if (send.questions.every((_, i) => send.answers[i])) finish(send, calls);
}

function hear(
  send: MuslSend,
  event: Extract<ProgramEvent, { type: 'datagram' }>,
  conf: MuslConf,
  calls: SystemCalls,
): void {
  if (event.payload.kind !== 'dns' || !conf.nameservers.includes(event.from.address)) return;
  const { message } = event.payload;
  const index = send.ids.findIndex((id, i) => id === message.id && !send.answers[i]);
  if (index < 0 || isAsked(send, index)) return;
  recordDnsAnswer(calls, flowFrom(calls, event.socket, event.from, 'udp'), message);
  switch (message.responseCode) {
    case 'NOERROR':
    case 'NXDOMAIN':
      break;
    case 'SERVFAIL':
      if (send.retries > 0) {
        send.retries -= 1;
        askOne(send, index, event.from.address, calls);
      }
      return;
    case 'FORMERR':
    case 'NOTIMP':
    case 'REFUSED':
      return;
  }
  if (!message.isTruncated) {
    keep(send, index, message, calls);
    return;
  }
  const opened = calls.connect({ address: event.from.address, port: 53 });
  if (opened.ok) send.streams[opened.socket] = index;
}

function hearStream(
  send: MuslSend,
  event: Exclude<ProgramEvent, { type: 'timer' | 'signal' }> & { socket: SocketId },
  calls: SystemCalls,
): void {
  const index = send.streams[event.socket];
  if (index === undefined) return;
  if (event.type === 'connected') {
    const message = messageAt(send, index);
    calls.send(event.socket, { kind: 'dns', message });
    const { name, type } = message.question;
    recordDnsQuestion(calls, flowFrom(calls, event.socket, undefined, 'tcp'), name, type);
  } else if (event.type === 'data' && event.payload.kind === 'dns') {
    recordDnsAnswer(calls, flowFrom(calls, event.socket, undefined, 'tcp'), event.payload.message);
    keep(send, index, event.payload.message, calls);
  }
}

/** Hands an event over. True when it was meant for these questions; look at `isDone` then. */
export function advanceMuslSend(
  send: MuslSend,
  event: ProgramEvent,
  conf: MuslConf,
  calls: SystemCalls,
): boolean {
  if (send.isDone) return false;
  if (event.type === 'timer') {
    if (event.name !== RESOLVER_TIMER) return false;
    if (calls.now - send.startedAt >= conf.timeout * SECOND) finish(send, calls);
    else askEverybody(send, conf, calls);
    return true;
  }
  if (event.type === 'signal' || !('socket' in event)) return false;
  if (send.streams[event.socket] !== undefined) {
    hearStream(send, event, calls);
    return true;
  }
  if (event.socket !== send.socket) return false;
  // The socket is not connected: a refusal by ICMP is not seen, the time runs out.
  if (event.type === 'datagram') hear(send, event, conf, calls);
  return true;
}
