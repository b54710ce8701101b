import { SECOND } from '../../../base/clock.ts';
import type { Errno, ProgramEvent, SocketId, SystemCalls } from '../../../linux/program.ts';
import type { DnsMessage, DnsQuestion, ResponseCode } from '../../../packet/dns-message.ts';
import { flowFrom, recordDnsAnswer, recordDnsQuestion } from '../../application-steps.ts';
import { questionMessage } from './question-message.ts';
import type { ResolvConf } from './resolv-conf.ts';

/** What a process remembers between its look-ups (`struct __res_state`). Plain data. */
export interface ResolverContext {
  readonly config: ResolvConf;
  /** Switched on when a server answered only one of two questions in time. */
  singleRequest: ResolvConf['singleRequest'];
  /** Which server `rotate` begins with; drawn at the first look-up. */
  rotation?: number;
}

export const createContext = (config: ResolvConf): ResolverContext => ({
  config,
  singleRequest: config.singleRequest,
});

/** `first`, `second`: by arrival. An absent `first` was refused while the other question was answered. */
export type SendResult =
  | { readonly ok: true; readonly first?: DnsMessage; readonly second?: DnsMessage }
  /** `rcode`: what the last refusal left in the answer's buffer. */
  | { readonly ok: false; readonly errno: Errno; readonly rcode: ResponseCode };

/** One or two questions under way to one server after the other. Plain data; done when `result` is there. */
export interface GlibcSend {
  readonly questions: readonly DnsQuestion[];
  readonly offset: number;
  attempt: number;
  shift: number;
  circuit: 'udp' | 'tcp';
  hasHeard: boolean;
  heardBefore: boolean;
  ids: readonly number[];
  socket?: SocketId;
  sent: number;
  received: boolean[];
  first?: DnsMessage;
  second?: DnsMessage;
  rcode: ResponseCode;
  hasReset: boolean;
  errno: Errno;
  result?: SendResult;
}

/** The timer of every resolver; a program has one look-up at a time. */
export const RESOLVER_TIMER = 'resolver';

const EDNS_BUFFER_SIZE = 1232;

function serverIndex({ offset, shift }: GlibcSend, { config }: ResolverContext): number {
  return (offset + shift) % config.nameservers.length;
}

const serverOf = (send: GlibcSend, context: ResolverContext) => ({
  address: context.config.nameservers[serverIndex(send, context)] ?? '127.0.0.1',
  port: 53,
});

/** Seconds one server gets (`send_dg`): longer for later servers, shared by all of them. */
function patience(send: GlibcSend, context: ResolverContext): number {
  const { timeout, nameservers } = context.config;
  const index = serverIndex(send, context);
  const seconds = timeout * 2 ** index;
  return Math.max(1, index > 0 ? Math.floor(seconds / nameservers.length) : seconds);
}

function beginRotation(context: ResolverContext, calls: SystemCalls): number {
  const { rotate, nameservers } = context.config;
  if (!rotate || nameservers.length < 2) return 0;
  context.rotation =
    context.rotation === undefined ? Math.floor(calls.random() * 65_536) : context.rotation + 1;
  return context.rotation % nameservers.length;
}

/** `__res_context_send` (glibc 2.36, resolv/res_send.c). */
export function startSend(
  questions: readonly DnsQuestion[],
  context: ResolverContext,
  calls: SystemCalls,
): GlibcSend {
  const send: GlibcSend = {
    questions,
    offset: beginRotation(context, calls),
    attempt: 0,
    shift: 0,
    circuit: context.config.usesTcp ? 'tcp' : 'udp',
    hasHeard: false,
    heardBefore: false,
    ids: questions.map(() => Math.floor(calls.random() * 65_536)),
    sent: 0,
    received: [],
    rcode: 'NOERROR',
    hasReset: false,
    errno: 'ETIMEDOUT',
  };
  if (context.config.attempts <= 0) fail(send);
  else askServer(send, context, calls);
  return send;
}

function fail(send: GlibcSend): void {
  const errno = send.circuit === 'tcp' ? send.errno : send.hasHeard ? 'ETIMEDOUT' : 'ECONNREFUSED';
  send.result = { ok: false, errno, rcode: send.rcode };
}

function closeSocket(send: GlibcSend, calls: SystemCalls): void {
  calls.clearTimer(RESOLVER_TIMER);
  if (send.socket !== undefined) calls.close(send.socket);
  delete send.socket;
}

function askServer(send: GlibcSend, context: ResolverContext, calls: SystemCalls): void {
  delete send.first;
  delete send.second;
  send.heardBefore = send.hasHeard;
  if (send.circuit === 'tcp') {
    connectToServer(send, context, calls);
    return;
  }
  const opened = calls.openUdp();
  if (!opened.ok) {
    nextServer(send, context, calls);
    return;
  }
  send.socket = opened.socket;
  sendRound(send, context, calls);
}

/** Both questions at once, or the first alone. The time for the server begins anew. */
function sendRound(send: GlibcSend, context: ResolverContext, calls: SystemCalls): void {
  send.received = send.questions.map(() => false);
  send.sent = 0;
  calls.setTimer(RESOLVER_TIMER, patience(send, context) * SECOND);
  const atOnce = context.singleRequest === 'no' ? send.questions.length : 1;
  while (send.sent < atOnce) sendNext(send, context, calls);
}

function messageAt(send: GlibcSend, index: number, context: ResolverContext): DnsMessage {
  const { name, type } = send.questions[index]!;
  return questionMessage(
    name,
    type,
    send.ids[index] ?? 0,
    context.config.usesEdns ? EDNS_BUFFER_SIZE : undefined,
  );
}

function sendNext(send: GlibcSend, context: ResolverContext, calls: SystemCalls): void {
  const server = serverOf(send, context);
  const message = messageAt(send, send.sent, context);
  const { name, type } = message.question;
  send.sent += 1;
  if (send.socket === undefined) return;
  calls.sendTo(send.socket, server, { kind: 'dns', message });
  recordDnsQuestion(calls, flowFrom(calls, send.socket, server, 'udp'), name, type);
}

/** TCP gets one attempt a server, whatever `attempts` says; the connection is waited for as long as the kernel tries. */
function connectToServer(send: GlibcSend, context: ResolverContext, calls: SystemCalls): void {
  send.attempt = context.config.attempts;
  send.received = send.questions.map(() => false);
  const opened = calls.connect(serverOf(send, context));
  if (opened.ok) send.socket = opened.socket;
  else {
    send.errno = opened.error;
    nextServer(send, context, calls);
  }
}

/** Silence or a refusal: the next server, after the last one the next attempt, after the last attempt the end. */
function nextServer(send: GlibcSend, context: ResolverContext, calls: SystemCalls): void {
  closeSocket(send, calls);
  send.shift += 1;
  if (send.shift >= context.config.nameservers.length) {
    send.shift = 0;
    send.attempt += 1;
  }
  if (send.attempt < context.config.attempts || (send.circuit === 'tcp' && send.shift > 0))
    askServer(send, context, calls);
  else fail(send);
}

function finish(send: GlibcSend, calls: SystemCalls): void {
  closeSocket(send, calls);
  const { first, second } = send;
  send.result = { ok: true, ...(first && { first }), ...(second && { second }) };
}

const hasReceivedAny = ({ received }: GlibcSend) => received.some((one) => one);

/** Which question a message answers; -1 for one that is not awaited. */
function questionOf(send: GlibcSend, message: DnsMessage): number {
  return send.questions.findIndex(
    ({ name, type }, i) =>
      !send.received[i] &&
      send.ids[i] === message.id &&
      message.isResponse &&
      message.question.type === type &&
      message.question.name.toLowerCase() === name.toLowerCase(),
  );
}

function keep(send: GlibcSend, message: DnsMessage): void {
  if (hasReceivedAny(send)) send.second = message;
  else {
    send.first = message;
    send.rcode = message.responseCode;
  }
}

const isRejection = ({ responseCode }: DnsMessage) =>
  responseCode === 'SERVFAIL' || responseCode === 'NOTIMP' || responseCode === 'REFUSED';

/** An empty answer of a server that neither knows nor asks others. */
const isReferral = (message: DnsMessage) =>
  message.responseCode === 'NOERROR' &&
  message.answers.length === 0 &&
  !message.isAuthoritative &&
  !message.recursionAvailable &&
  message.additional.length === 0 &&
  message.edns === undefined;

function hearRejection(
  send: GlibcSend,
  index: number,
  context: ResolverContext,
  calls: SystemCalls,
): void {
  if (hasReceivedAny(send)) {
    delete send.second;
    if (send.first) finish(send, calls);
    else nextServer(send, context, calls);
    return;
  }
  if (send.questions.length < 2) {
    nextServer(send, context, calls);
    return;
  }
  // No data from the first reply; the second may still come. With single-request it is never even asked for.
  delete send.first;
  send.received[index] = true;
}

function hearDatagram(
  send: GlibcSend,
  message: DnsMessage,
  context: ResolverContext,
  calls: SystemCalls,
): void {
  const index = questionOf(send, message);
  if (index < 0) return;
  recordDnsAnswer(calls, flowFrom(calls, send.socket!, serverOf(send, context), 'udp'), message);
  send.hasHeard = true;
  keep(send, message);
  if (message.responseCode === 'FORMERR' && context.config.usesEdns)
    nextServer(send, context, calls);
  else if (isRejection(message)) hearRejection(send, index, context, calls);
  else if (isReferral(message)) nextServer(send, context, calls);
  else if (message.isTruncated) {
    closeSocket(send, calls);
    send.circuit = 'tcp';
    askServer(send, context, calls);
  } else {
    send.received[index] = true;
    if (send.received.every((one) => one)) finish(send, calls);
    else if (send.sent < send.questions.length) sendSecond(send, context, calls);
  }
}

function sendSecond(send: GlibcSend, context: ResolverContext, calls: SystemCalls): void {
  if (context.singleRequest === 'reopen') {
    if (send.socket !== undefined) calls.close(send.socket);
    const opened = calls.openUdp();
    if (opened.ok) send.socket = opened.socket;
  }
  sendNext(send, context, calls);
}

/** One of two questions answered in time: ask again, one after the other; then over a new socket; then live with it. */
function timeOut(send: GlibcSend, context: ResolverContext, calls: SystemCalls): void {
  if (send.first && hasReceivedAny(send)) {
    if (context.singleRequest === 'no') {
      context.singleRequest = 'yes';
      send.hasHeard = send.heardBefore;
      sendRound(send, context, calls);
    } else if (context.singleRequest === 'yes') {
      context.singleRequest = 'reopen';
      send.hasHeard = send.heardBefore;
      closeSocket(send, calls);
      askServer(send, context, calls);
    } else finish(send, calls);
    return;
  }
  send.hasHeard = true;
  nextServer(send, context, calls);
}

function hearStream(send: GlibcSend, message: DnsMessage, calls: SystemCalls): void {
  const index = questionOf(send, message);
  if (index < 0) return;
  recordDnsAnswer(calls, flowFrom(calls, send.socket!, undefined, 'tcp'), message);
  keep(send, message);
  send.received[index] = true;
  if (send.received.every((one) => one)) finish(send, calls);
}

function hasConnected(send: GlibcSend, context: ResolverContext, calls: SystemCalls): void {
  if (send.socket === undefined) return;
  for (const [i, { name, type }] of send.questions.entries()) {
    calls.send(send.socket, { kind: 'dns', message: messageAt(send, i, context) });
    recordDnsQuestion(calls, flowFrom(calls, send.socket, undefined, 'tcp'), name, type);
  }
}

function hasFailed(
  send: GlibcSend,
  error: Errno,
  context: ResolverContext,
  calls: SystemCalls,
): void {
  if (send.circuit === 'tcp') {
    send.errno = error;
    if (error === 'ECONNRESET' && !send.hasReset) {
      send.hasReset = true;
      closeSocket(send, calls);
      askServer(send, context, calls);
      return;
    }
  }
  nextServer(send, context, calls);
}

/** Hands an event over. True when it was meant for these questions; look at `result` then. */
export function advanceSend(
  send: GlibcSend,
  event: ProgramEvent,
  context: ResolverContext,
  calls: SystemCalls,
): boolean {
  if (send.result) return false;
  if (event.type === 'timer') {
    if (event.name !== RESOLVER_TIMER) return false;
    timeOut(send, context, calls);
    return true;
  }
  if (!('socket' in event) || event.socket !== send.socket) return false;
  switch (event.type) {
    case 'datagram':
      if (event.payload.kind === 'dns') hearDatagram(send, event.payload.message, context, calls);
      return true;
    case 'connected':
      hasConnected(send, context, calls);
      return true;
    case 'data':
      if (event.payload.kind === 'dns') hearStream(send, event.payload.message, calls);
      return true;
    case 'ended':
      nextServer(send, context, calls);
      return true;
    case 'failed':
      hasFailed(send, event.error, context, calls);
      return true;
    case 'accepted':
    case 'redirected':
    case 'captured':
    case 'echo-reply':
      return true;
  }
}
