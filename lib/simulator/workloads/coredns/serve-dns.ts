import type { Store } from '../../apiserver/store.ts';
import { SECOND, type Micros } from '../../base/clock.ts';
import type { SocketAddress } from '../../base/flow.ts';
import type { ObjectRef } from '../../base/object-ref.ts';
import type { Errno, SocketId, SystemCalls } from '../../linux/program.ts';
import {
  type DnsMessage,
  type DnsQuestion,
  type ResourceRecord,
} from '../../packet/dns-message.ts';
import { flowFrom, recordDnsAnswer } from '../application-steps.ts';
import { answerQuery } from './answer-query.ts';
import { keepAnswer, keptAnswer } from './cache.ts';
import type { CorednsState } from './coredns-state.ts';
import type { ServerConfig } from './server-config.ts';
import { answerFromHosts } from './hosts-plugin.ts';
import { isInZone } from './parse-name.ts';
import { restoreReply, rewriteQuestion } from './rewrite.ts';
import {
  askUpstream,
  orderUpstreams,
  upstreamError,
  upstreamTimer,
  type ForwardedQuery,
} from './upstream.ts';
import { zoneDataOfStore } from './zone-data-of-store.ts';
import { replyTo, type Client, sendReply } from './send-reply.ts';

/** The loop plug-in gives up when it meets its own question more often than this. */
const LOOP_LIMIT = 2;

/** Whether a server block listens where the question came in. */
function listensAt({ bind, port }: ServerConfig, local: SocketAddress, calls: SystemCalls) {
  if (port !== local.port) return false;
  if (bind.length === 0 || bind.includes(local.address)) return true;
  const device = calls
    .interfaces()
    .find(({ addresses }) => addresses.some(({ address }) => address === local.address));
  return device !== undefined && bind.includes(device.name);
}

/** The server block with the longest zone that holds the name, on the address and port that were asked. */
export function serverFor(
  state: CorednsState,
  name: string,
  local: SocketAddress,
  calls: SystemCalls,
): number | undefined {
  let best: { index: number; length: number } | undefined;
  state.servers.forEach((server, index) => {
    if (!listensAt(server, local, calls)) return;
    for (const zone of server.zones) {
      if (isInZone(name, zone) && zone.length > (best?.length ?? -1)) {
        best = { index, length: zone.length };
      }
    }
  });
  return best?.index;
}

function fail(
  state: CorednsState,
  client: Client,
  text: string,
  calls: SystemCalls,
  responseCode: 'SERVFAIL' | 'REFUSED' = 'SERVFAIL',
): void {
  const { name, type } = client.query.question;
  if (state.servers[client.server]?.logsErrors) {
    calls.print(`[ERROR] plugin/errors: 2 ${name} ${type}: ${text}\n`);
  }
  const reply = replyTo(client.query, { responseCode, isAuthoritative: false });
  sendReply(state, client, reply, undefined, calls);
}

function finish(
  state: CorednsState,
  client: Client,
  reply: DnsMessage,
  because: ObjectRef | undefined,
  calls: SystemCalls,
): void {
  const cache = state.caches[client.server];
  const config = state.servers[client.server]?.cache;
  // The cache stands before rewrite: it keeps what the client asked and got.
  const { rewritten } = client;
  const kept = rewritten ? restoreReply(reply, rewritten) : reply;
  if (cache && config) keepAnswer(cache, config, kept, calls.now);
  sendReply(state, client, reply, because, calls);
}

function forward(
  state: CorednsState,
  client: Client,
  question: DnsQuestion,
  aliases: readonly ResourceRecord[],
  calls: SystemCalls,
): void {
  const config = state.servers[client.server]?.forward;
  const isExcluded = config?.except.some((zone) => isInZone(question.name, zone)) ?? false;
  if (!config || isExcluded || !isInZone(question.name, config.from)) {
    if (aliases.length > 0)
      finish(state, client, replyTo(client.query, { answers: aliases }), undefined, calls);
    else fail(state, client, 'plugin/forward: no next plugin found', calls);
    return;
  }
  const { maxConcurrent, transport } = config;
  if (maxConcurrent > 0 && Object.keys(state.forwarded).length >= maxConcurrent) {
    const text = `concurrent queries exceeded maximum ${maxConcurrent}`;
    fail(state, client, text, calls, 'REFUSED');
    return;
  }
  const remaining = orderUpstreams(config, state.forwardCount++, calls);
  const asked = transport === 'client' ? (client.origin.via === 'tcp' ? 'tcp' : 'udp') : transport;
  const query = { ...client, question, aliases, remaining, transport: asked };
  tryUpstream(state, query, 'no upstream host', calls);
}

function tryUpstream(
  state: CorednsState,
  query: Omit<ForwardedQuery, 'upstream' | 'id'>,
  lastError: string,
  calls: SystemCalls,
): void {
  const asked = askUpstream(query, calls);
  if (asked) {
    state.forwarded[asked.socket] = asked.forwarded;
    return;
  }
  if (query.aliases.length > 0) {
    // Upstream.Lookup drops the error: the client gets the alias alone.
    sendReply(state, query, replyTo(query.query, { answers: query.aliases }), undefined, calls);
    return;
  }
  fail(state, query, lastError, calls);
}

function detectLoop(state: CorednsState, client: Client, calls: SystemCalls): 'loop' | 'fine' {
  const loop = state.loops[client.server];
  if (!loop || client.query.question.name !== loop.name) return 'fine';
  loop.seen += 1;
  if (loop.seen <= LOOP_LIMIT) return 'fine';
  const zone = state.servers[client.server]?.zones[0] ?? '.';
  const from = client.origin.via === 'udp' ? client.origin.from : undefined;
  calls.print(
    `[FATAL] plugin/loop: Loop (${from?.address ?? '127.0.0.1'}:${from?.port ?? 0} -> :53) detected for zone "${zone}", see https://coredns.io/plugins/loop#troubleshooting. Query: "HINFO ${loop.name}"\n`,
  );
  calls.exit(1);
  return 'loop';
}

function serialOf(state: CorednsState, store: Store, now: Micros): number {
  if (state.serial.version !== store.resourceVersion) {
    state.serial = { version: store.resourceVersion, seconds: Math.floor(now / SECOND) };
  }
  return state.serial.seconds;
}

/** Takes a question through the plug-ins in their order: loop, cache, rewrite, hosts, kubernetes, forward. */
export function handleQuery(
  state: CorednsState,
  client: Client,
  store: Store,
  calls: SystemCalls,
): void {
  const server = state.servers[client.server];
  if (!server) {
    const reply = replyTo(client.query, { responseCode: 'REFUSED', isAuthoritative: false });
    sendReply(state, client, reply, undefined, calls);
    return;
  }
  if (server.detectsLoops && detectLoop(state, client, calls) === 'loop') return;
  const { question } = client.query;
  const kept = server.cache && keptAnswer(state.caches[client.server]!, question, calls.now);
  if (kept) {
    const because: ObjectRef = {
      kind: 'ConfigMap',
      namespace: 'kube-system',
      name: state.configMap,
      detail: 'cache',
    };
    sendReply(state, client, kept, because, calls);
    return;
  }
  const rewrite = rewriteQuestion(question, server.rewrites);
  const inner: Client = rewrite
    ? {
        ...client,
        query: { ...client.query, question: rewrite.question },
        rewritten: rewrite.rewritten,
      }
    : client;
  if (askHosts(state, inner, calls) === 'next') askKubernetes(state, inner, store, calls);
}

function askHosts(state: CorednsState, client: Client, calls: SystemCalls): 'answered' | 'next' {
  const hosts = state.servers[client.server]?.hosts;
  if (!hosts) return 'next';
  const file = calls.readFile(hosts.file) ?? '';
  const answer = answerFromHosts(client.query.question, hosts, file);
  if (answer.type === 'next') return 'next';
  if (answer.type === 'failure') {
    const reply = replyTo(client.query, { responseCode: 'SERVFAIL', isAuthoritative: false });
    sendReply(state, client, reply, undefined, calls);
  } else {
    const { responseCode, answers } = answer;
    finish(state, client, replyTo(client.query, { responseCode, answers }), undefined, calls);
  }
  return 'answered';
}

function askKubernetes(
  state: CorednsState,
  client: Client,
  store: Store,
  calls: SystemCalls,
): void {
  const { question } = client.query;
  const kubernetes = state.servers[client.server]?.kubernetes;
  const answer = kubernetes
    ? answerQuery(
        question,
        zoneDataOfStore(store),
        { ...kubernetes, localIps: calls.localAddresses() },
        serialOf(state, store, calls.now),
      )
    : ({ type: 'next' } as const);
  if (answer.type === 'next') forward(state, client, question, [], calls);
  else if (answer.lookUp) followAlias(state, client, answer.lookUp, answer.answers, store, calls);
  else {
    const { responseCode, answers, authority, additional } = answer;
    const reply = replyTo(client.query, { responseCode, answers, authority, additional });
    finish(state, client, reply, answer.because, calls);
  }
}

/** An alias that leads out of the zone: another zone of ours, or an upstream (plugin/pkg/upstream `Lookup`). */
function followAlias(
  state: CorednsState,
  client: Client,
  question: DnsQuestion,
  aliases: readonly ResourceRecord[],
  store: Store,
  calls: SystemCalls,
): void {
  const kubernetes = state.servers[client.server]?.kubernetes;
  const config = kubernetes && { ...kubernetes, localIps: calls.localAddresses() };
  const answer = config
    ? answerQuery(question, zoneDataOfStore(store), config, state.serial.seconds)
    : ({ type: 'next' } as const);
  if (answer.type === 'next') {
    forward(state, client, question, aliases, calls);
    return;
  }
  const reply = replyTo(client.query, { answers: [...aliases, ...answer.answers] });
  finish(state, client, reply, answer.because, calls);
}

/** prefer_udp and aliases: an answer that was cut off is asked for again over TCP. */
function askAgainOverTcp(
  state: CorednsState,
  query: ForwardedQuery,
  message: DnsMessage,
  calls: SystemCalls,
): 'asked' | 'fine' {
  const isPreferred = state.servers[query.server]?.forward?.transport === 'udp';
  if (!message.isTruncated || query.transport === 'tcp' || !isPreferred) return 'fine';
  const remaining = [query.upstream, ...query.remaining];
  tryUpstream(state, { ...query, remaining, transport: 'tcp' }, 'no upstream host', calls);
  return 'asked';
}

/** An upstream has answered. */
export function hearUpstream(
  state: CorednsState,
  socket: SocketId,
  message: DnsMessage,
  calls: SystemCalls,
): void {
  const query = state.forwarded[socket];
  if (!query) return;
  if (message.id !== query.id) return;
  recordDnsAnswer(calls, flowFrom(calls, socket, query.upstream, query.transport), message);
  delete state.forwarded[socket];
  calls.clearTimer(upstreamTimer(socket));
  calls.close(socket);
  if (askAgainOverTcp(state, query, message, calls) === 'asked') return;
  const isAlias = query.aliases.length > 0;
  const reply = replyTo(query.query, {
    responseCode: isAlias ? 'NOERROR' : message.responseCode,
    isAuthoritative: isAlias || message.isAuthoritative,
    recursionAvailable: !isAlias && message.recursionAvailable,
    isTruncated: message.isTruncated,
    answers: [...query.aliases, ...message.answers],
    authority: isAlias ? [] : message.authority,
    additional: isAlias ? [] : message.additional,
  });
  finish(state, query, reply, undefined, calls);
}

/** An upstream was silent or refused: the next one, or SERVFAIL. */
export function loseUpstream(
  state: CorednsState,
  socket: SocketId,
  error: Errno,
  calls: SystemCalls,
): void {
  const query = state.forwarded[socket];
  if (!query) return;
  const text = upstreamError(query, socket, error, calls);
  delete state.forwarded[socket];
  calls.clearTimer(upstreamTimer(socket));
  calls.close(socket);
  tryUpstream(state, query, text, calls);
}

/**
 * Asks itself a question that nobody knows, one in each zone; if it comes back by way of the upstream, there is a loop
 * (plugin/loop).
 */
export function probeForLoop(state: CorednsState, store: Store, calls: SystemCalls): void {
  const digits = () => String(Math.floor(calls.random() * 9e15));
  state.servers.forEach(({ detectsLoops, zones }, server) => {
    if (!detectsLoops) return;
    const [zone = '.'] = zones;
    const name = `${digits()}.${digits()}.${zone === '.' ? '' : zone}`;
    state.loops[server] = { name, seen: 0 };
    const query: DnsMessage = {
      id: 0,
      isResponse: false,
      question: { name, type: 'HINFO' },
      responseCode: 'NOERROR',
      isAuthoritative: false,
      isTruncated: false,
      recursionDesired: true,
      recursionAvailable: false,
      answers: [],
      authority: [],
      additional: [],
    };
    handleQuery(state, { server, query, origin: { via: 'self' } }, store, calls);
  });
}
