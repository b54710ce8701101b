import { MILLISECOND, type Micros } from '../../base/clock.ts';
import { ipVersion } from '../../base/ip.ts';
import type { Errno, ProgramEvent, SocketId, SystemCalls } from '../../linux/program.ts';
import type { HttpRequest, HttpResponse } from '../../packet/http-message.ts';
import { flowFrom, recordHttp } from '../application-steps.ts';
import { statusLine } from '../http-server.ts';
import {
  advanceResolver,
  startResolver,
  type AddressType,
  type ResolutionError,
  type ResolverState,
} from './resolver/resolver.ts';
import type { HttpUrl } from './url.ts';

/** How one HTTP request ended. */
export type FetchOutcome =
  | { readonly type: 'response'; readonly response: HttpResponse }
  | { readonly type: 'unresolved'; readonly error: ResolutionError }
  | { readonly type: 'not-connected'; readonly error: Errno }
  /** The server ended the connection without a word. */
  | { readonly type: 'empty' }
  | { readonly type: 'reset'; readonly error: Errno }
  /** Something answered that is no HTTP (or, for https, no TLS). */
  | { readonly type: 'not-http'; readonly text: string };

/** What a verbose client tells on the way. */
export type FetchNotice =
  | { readonly type: 'resolved'; readonly addresses: readonly string[] }
  | { readonly type: 'trying'; readonly address: string }
  | { readonly type: 'refused'; readonly address: string; readonly error: Errno }
  | { readonly type: 'connected'; readonly address: string };

/** Addresses (by their place in `addresses`) that are tried one after the other. */
interface Attempt {
  readonly places: readonly number[];
  next: number;
  hasBegun: boolean;
  socket?: SocketId;
}

/** One request under way: resolve, connect to each address in turn, ask, hear. Plain data. */
export interface FetchState {
  readonly url: HttpUrl;
  readonly request: HttpRequest;
  phase: 'resolving' | 'connecting' | 'waiting' | 'done';
  resolver?: ResolverState;
  addresses: readonly string[];
  /** The address that is connected to, or was tried last. */
  address: number;
  attempts: Attempt[];
  readonly order: 'in-turn' | 'families-race';
  readonly source?: string;
  socket?: SocketId;
  readonly startedAt: Micros;
  resolvedAt?: Micros;
  connectedAt?: Micros;
  outcome?: FetchOutcome;
}

export interface FetchSetup {
  readonly url: HttpUrl;
  readonly request: HttpRequest;
  readonly types: readonly AddressType[];
  /** An address to use instead of asking. */
  readonly pinned?: string;
  /** An own address to send from. */
  readonly source?: string;
  /** `families-race`: the other family begins when the first one has had its head start (RFC 8305). */
  readonly order?: 'in-turn' | 'families-race';
}

/** CURL_HET_DEFAULT. */
const HEAD_START = 200 * MILLISECOND;
const HEAD_START_TIMER = 'happy-eyeballs';

type Tell = (notice: FetchNotice) => void;

function settle(state: FetchState, outcome: FetchOutcome): void {
  state.phase = 'done';
  state.outcome = outcome;
}

/** Connects to the next address of an attempt; when it has none left, the other family's turn comes at once. */
function connectNext(
  state: FetchState,
  attempt: Attempt,
  lastError: Errno,
  calls: SystemCalls,
  tell: Tell,
): void {
  delete attempt.socket;
  attempt.hasBegun = true;
  let error = lastError;
  for (;;) {
    const place = attempt.places[attempt.next];
    const address = place === undefined ? undefined : state.addresses[place];
    if (place === undefined || address === undefined) {
      const waiting = state.attempts.find(({ hasBegun }) => !hasBegun);
      if (waiting) connectNext(state, waiting, error, calls, tell);
      else if (state.attempts.every(({ socket }) => socket === undefined)) {
        settle(state, { type: 'not-connected', error });
      }
      return;
    }
    state.address = place;
    tell({ type: 'trying', address });
    const options = state.source === undefined ? {} : { source: state.source };
    const opened = calls.connect({ address, port: state.url.port }, options);
    if (opened.ok) {
      attempt.socket = opened.socket;
      return;
    }
    error = opened.error;
    tell({ type: 'refused', address, error });
    attempt.next += 1;
  }
}

/** All addresses in turn, or one attempt for each family, that of the first address first. */
function attemptsOf({ addresses, order }: FetchState): Attempt[] {
  const all = addresses.map((_, place) => place);
  const isOfFirst = (place: number) =>
    ipVersion(addresses[place] ?? '') === ipVersion(addresses[0] ?? '');
  const groups =
    order === 'in-turn' ? [all] : [all.filter(isOfFirst), all.filter((place) => !isOfFirst(place))];
  return groups
    .filter((places) => places.length > 0)
    .map((places) => ({ places, next: 0, hasBegun: false }));
}

function connect(state: FetchState, calls: SystemCalls, tell: Tell): void {
  state.phase = 'connecting';
  state.attempts = attemptsOf(state);
  const [first, second] = state.attempts;
  if (second) calls.setTimer(HEAD_START_TIMER, HEAD_START);
  if (first) connectNext(state, first, 'ECONNREFUSED', calls, tell);
  else settle(state, { type: 'not-connected', error: 'ECONNREFUSED' });
}

/** The head start is over. */
function beginSecond(state: FetchState, calls: SystemCalls, tell: Tell): void {
  const waiting = state.attempts.find(({ hasBegun }) => !hasBegun);
  if (state.phase === 'connecting' && waiting) {
    connectNext(state, waiting, 'ECONNREFUSED', calls, tell);
  }
}

/** One attempt has won: the others are given up. */
function winner(state: FetchState, attempt: Attempt, calls: SystemCalls): void {
  calls.clearTimer(HEAD_START_TIMER);
  for (const other of state.attempts) {
    if (other !== attempt && other.socket !== undefined) calls.close(other.socket);
  }
  state.address = attempt.places[attempt.next] ?? state.address;
  if (attempt.socket !== undefined) state.socket = attempt.socket;
}

function afterResolving(state: FetchState, calls: SystemCalls, tell: Tell): void {
  const result = state.resolver?.result;
  if (!result) return;
  state.resolvedAt = calls.now;
  if (!result.ok) {
    settle(state, { type: 'unresolved', error: result.error });
    return;
  }
  state.addresses = result.addresses;
  if (ipVersion(state.url.host) === undefined)
    tell({ type: 'resolved', addresses: result.addresses });
  connect(state, calls, tell);
}

/** Begins a request. It may be over at once: look at `outcome`. */
export function startFetch(setup: FetchSetup, calls: SystemCalls, tell: Tell): FetchState {
  const state: FetchState = {
    url: setup.url,
    request: setup.request,
    phase: 'resolving',
    addresses: [],
    address: 0,
    attempts: [],
    order: setup.order ?? 'in-turn',
    ...(setup.source === undefined ? {} : { source: setup.source }),
    startedAt: calls.now,
  };
  state.resolver = startResolver(setup.pinned ?? setup.url.host, setup.types, calls);
  afterResolving(state, calls, tell);
  return state;
}

function hasConnected(state: FetchState, calls: SystemCalls, tell: Tell): void {
  const { request, socket, url } = state;
  state.phase = 'waiting';
  state.connectedAt = calls.now;
  tell({ type: 'connected', address: state.addresses[state.address] ?? '' });
  if (socket === undefined) return;
  if (url.scheme === 'https') {
    // Simplified: there is no TLS; a server sees bytes that are no HTTP, and says so.
    calls.send(socket, { kind: 'bytes', text: '\u0016\u0003\u0001' });
    return;
  }
  recordHttp(
    calls,
    flowFrom(calls, socket, undefined, 'tcp'),
    'asks',
    `${request.method} ${request.target} HTTP/${request.version}`,
  );
  calls.send(socket, { kind: 'http-request', request });
}

function hear(
  state: FetchState,
  event: Extract<ProgramEvent, { type: 'data' }>,
  calls: SystemCalls,
): void {
  const { payload, socket } = event;
  if (state.url.scheme === 'https') settle(state, { type: 'not-http', text: '' });
  else if (payload.kind === 'http-response') {
    const { source, destination, protocol } = flowFrom(calls, socket, undefined, 'tcp');
    const line = statusLine(payload.response);
    recordHttp(calls, { protocol, source: destination, destination: source }, 'hears', line);
    settle(state, { type: 'response', response: payload.response });
  } else settle(state, { type: 'not-http', text: payload.kind === 'bytes' ? payload.text : '' });
  calls.close(socket);
}

function hasFailed(
  state: FetchState,
  attempt: Attempt,
  error: Errno,
  calls: SystemCalls,
  tell: Tell,
): void {
  const place = attempt.places[attempt.next] ?? state.address;
  tell({ type: 'refused', address: state.addresses[place] ?? '', error });
  attempt.next += 1;
  connectNext(state, attempt, error, calls, tell);
}

/** While no address has answered yet. */
function advanceConnecting(
  state: FetchState,
  event: ProgramEvent,
  calls: SystemCalls,
  tell: Tell,
): void {
  if (event.type === 'timer' && event.name === HEAD_START_TIMER) beginSecond(state, calls, tell);
  if (event.type !== 'connected' && event.type !== 'failed') return;
  const attempt = state.attempts.find(({ socket }) => socket === event.socket);
  if (!attempt) return;
  if (event.type === 'failed') {
    hasFailed(state, attempt, event.error, calls, tell);
    return;
  }
  winner(state, attempt, calls);
  hasConnected(state, calls, tell);
}

/** Gives the request up, whatever it waits for. */
export function abandonFetch({ attempts, socket }: FetchState, calls: SystemCalls): void {
  for (const attempt of attempts) if (attempt.socket !== undefined) calls.close(attempt.socket);
  if (socket !== undefined) calls.close(socket);
}

/** Hands an event to the request. */
export function advanceFetch(
  state: FetchState,
  event: ProgramEvent,
  calls: SystemCalls,
  tell: Tell,
): void {
  if (state.outcome) return;
  if (state.phase === 'resolving') {
    if (state.resolver && advanceResolver(state.resolver, event, calls))
      afterResolving(state, calls, tell);
    return;
  }
  if (state.phase === 'connecting') {
    advanceConnecting(state, event, calls, tell);
    return;
  }
  if (!('socket' in event) || event.socket !== state.socket) return;
  switch (event.type) {
    case 'data':
      hear(state, event, calls);
      return;
    case 'ended':
      calls.close(event.socket);
      settle(state, { type: 'empty' });
      return;
    case 'failed':
      settle(state, { type: 'reset', error: event.error });
      return;
    case 'connected':
    case 'accepted':
    case 'datagram':
    case 'echo-reply':
    case 'redirected':
    case 'captured':
      return;
  }
}

/** strerror(3). */
export function errorText(error: Errno): string {
  switch (error) {
    case 'ECONNREFUSED':
      return 'Connection refused';
    case 'ETIMEDOUT':
      return 'Connection timed out';
    case 'EHOSTUNREACH':
      return 'No route to host';
    case 'ENETUNREACH':
      return 'Network is unreachable';
    case 'ECONNRESET':
      return 'Connection reset by peer';
    case 'EADDRINUSE':
      return 'Address already in use';
    case 'EADDRNOTAVAIL':
      return 'Cannot assign requested address';
    case 'EACCES':
      return 'Permission denied';
    case 'EMSGSIZE':
      return 'Message too long';
    case 'EINVAL':
      return 'Invalid argument';
    case 'EBADF':
      return 'Bad file descriptor';
    case 'ENODEV':
      return 'No such device';
  }
}
