import type { Micros } from '../../base/clock.ts';
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

/** One request under way: resolve, connect to each address in turn, ask, hear. Plain data. */
export interface FetchState {
  readonly url: HttpUrl;
  readonly request: HttpRequest;
  phase: 'resolving' | 'connecting' | 'waiting' | 'done';
  resolver?: ResolverState;
  addresses: readonly string[];
  address: number;
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
}

type Tell = (notice: FetchNotice) => void;

function settle(state: FetchState, outcome: FetchOutcome): void {
  state.phase = 'done';
  state.outcome = outcome;
}

function connectNext(state: FetchState, lastError: Errno, calls: SystemCalls, tell: Tell): void {
  delete state.socket;
  let error = lastError;
  for (;;) {
    const address = state.addresses[state.address];
    if (address === undefined) {
      settle(state, { type: 'not-connected', error });
      return;
    }
    tell({ type: 'trying', address });
    const opened = calls.connect({ address, port: state.url.port });
    if (opened.ok) {
      state.socket = opened.socket;
      return;
    }
    error = opened.error;
    tell({ type: 'refused', address, error });
    state.address += 1;
  }
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
  state.phase = 'connecting';
  if (ipVersion(state.url.host) === undefined)
    tell({ type: 'resolved', addresses: result.addresses });
  connectNext(state, 'ECONNREFUSED', calls, tell);
}

/** Begins a request. It may be over at once: look at `outcome`. */
export function startFetch(setup: FetchSetup, calls: SystemCalls, tell: Tell): FetchState {
  const state: FetchState = {
    url: setup.url,
    request: setup.request,
    phase: 'resolving',
    addresses: [],
    address: 0,
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

function hasFailed(state: FetchState, error: Errno, calls: SystemCalls, tell: Tell): void {
  if (state.phase === 'waiting') {
    settle(state, { type: 'reset', error });
    return;
  }
  tell({ type: 'refused', address: state.addresses[state.address] ?? '', error });
  state.address += 1;
  connectNext(state, error, calls, tell);
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
  if (!('socket' in event) || event.socket !== state.socket) return;
  switch (event.type) {
    case 'connected':
      hasConnected(state, calls, tell);
      return;
    case 'data':
      hear(state, event, calls);
      return;
    case 'ended':
      calls.close(event.socket);
      settle(state, { type: 'empty' });
      return;
    case 'failed':
      hasFailed(state, event.error, calls, tell);
      return;
    case 'accepted':
    case 'datagram':
    case 'echo-reply':
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
