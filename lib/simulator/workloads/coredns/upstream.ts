import { formatSocketAddress, type SocketAddress } from '../../base/flow.ts';
import { SECOND } from '../../base/clock.ts';
import type { Errno, SocketId, SystemCalls } from '../../linux/program.ts';
import { isAnyAddress } from '../../linux/sockets.ts';
import type { DnsMessage, DnsQuestion, ResourceRecord } from '../../packet/dns-message.ts';
import { flowFrom, recordDnsQuestion } from '../application-steps.ts';
import type { Rewritten } from './rewrite.ts';
import type { ForwardConfig } from './server-config.ts';

/** Who waits for an answer. `self`: the loop plug-in's own question. */
export type Origin =
  | { readonly via: 'udp'; readonly socket: SocketId; readonly from: SocketAddress }
  | { readonly via: 'tcp'; readonly socket: SocketId }
  | { readonly via: 'self' };

/** A question that was handed to an upstream. Plain data, by the socket it went out on. */
export interface ForwardedQuery {
  readonly server: number;
  readonly origin: Origin;
  /** What the client sent, or what rewrite made of it. */
  readonly query: DnsMessage;
  readonly rewritten?: Rewritten;
  /** What the upstream is asked: another name when an alias led out of our zones. */
  readonly question: DnsQuestion;
  /** The alias that goes in front of the upstream's records. */
  readonly aliases: readonly ResourceRecord[];
  readonly upstream: SocketAddress;
  readonly transport: 'udp' | 'tcp';
  /** The id that the upstream is asked with. */
  readonly id: number;
  /** Upstreams that are still to be tried. */
  readonly remaining: readonly SocketAddress[];
}

/** plugin/pkg/proxy `readTimeout`. */
const READ_TIMEOUT = 2 * SECOND;
const TIMER = 'upstream:';

export const upstreamTimer = (socket: SocketId) => `${TIMER}${socket}`;

/** The socket whose upstream was too slow, when the timer is one of ours. */
export function socketOfTimer(name: string): SocketId | undefined {
  return name.startsWith(TIMER) ? Number(name.slice(TIMER.length)) : undefined;
}

/** Upstreams in the order they will be tried (plugin/forward/policy.go). */
export function orderUpstreams(
  { upstreams, policy }: ForwardConfig,
  count: number,
  calls: SystemCalls,
): readonly SocketAddress[] {
  if (policy === 'sequential' || upstreams.length < 2) return upstreams;
  const start =
    policy === 'round_robin'
      ? count % upstreams.length
      : Math.floor(calls.random() * upstreams.length);
  return [...upstreams.slice(start), ...upstreams.slice(0, start)];
}

/** What goes to an upstream: the client's message with another id, and perhaps another question. */
const messageTo = ({ query, question, id }: Pick<ForwardedQuery, 'query' | 'question' | 'id'>) =>
  ({ ...query, question, isResponse: false, id }) satisfies DnsMessage;

type Draft = Omit<ForwardedQuery, 'upstream' | 'id'>;

/** Asks the first of `remaining` over a socket of its own. Undefined when no socket could be opened. */
export function askUpstream(
  query: Draft,
  calls: SystemCalls,
): { readonly socket: SocketId; readonly forwarded: ForwardedQuery } | undefined {
  const [upstream, ...remaining] = query.remaining;
  if (!upstream) return undefined;
  const opened = query.transport === 'udp' ? calls.openUdp() : calls.connect(upstream);
  if (!opened.ok) return askUpstream({ ...query, remaining }, calls);
  const { socket } = opened;
  const id = Math.floor(calls.random() * 65_536);
  const forwarded: ForwardedQuery = { ...query, upstream, remaining, id };
  calls.setTimer(upstreamTimer(socket), READ_TIMEOUT);
  if (query.transport === 'udp') {
    calls.sendTo(socket, upstream, { kind: 'dns', message: messageTo(forwarded) });
    record(forwarded, socket, calls);
  }
  return { socket, forwarded };
}

function record(query: ForwardedQuery, socket: SocketId, calls: SystemCalls): void {
  const { name, type } = query.question;
  recordDnsQuestion(calls, flowFrom(calls, socket, query.upstream, query.transport), name, type);
}

/** The connection to an upstream stands: now the question can go. */
export function sendToUpstream(query: ForwardedQuery, socket: SocketId, calls: SystemCalls): void {
  calls.send(socket, { kind: 'dns', message: messageTo(query) });
  record(query, socket, calls);
}

const REASONS: Partial<Record<Errno, string>> = {
  ECONNREFUSED: 'read: connection refused',
  EHOSTUNREACH: 'read: no route to host',
  ENETUNREACH: 'write: network is unreachable',
};

const TCP_REASONS: Partial<Record<Errno, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
};

/** `read udp 10.244.0.2:33567->10.0.0.1:53: i/o timeout`, as Go's net package words it. */
export function upstreamError(
  { upstream, transport }: ForwardedQuery,
  socket: SocketId,
  error: Errno,
  calls: SystemCalls,
): string {
  const bound = calls.localAddress(socket);
  // The real one connects its socket and so knows the address that the kernel chose.
  const local = bound && {
    ...bound,
    address: isAnyAddress(bound.address)
      ? (calls.localAddresses()[0] ?? bound.address)
      : bound.address,
  };
  const from = local ? `${formatSocketAddress(local)}->` : '';
  const to = formatSocketAddress(upstream);
  if (transport === 'tcp') return `dial tcp ${to}: ${TCP_REASONS[error] ?? 'i/o timeout'}`;
  return `read udp ${from}${to}: ${REASONS[error] ?? 'i/o timeout'}`;
}
