import { MILLISECOND } from '../../base/clock.ts';
import { formatSocketAddress, type SocketAddress } from '../../base/flow.ts';
import type { Errno, Program, ProgramEvent, SocketId, SystemCalls } from '../../linux/program.ts';
import { headerOf, type HttpHeaders, type HttpResponse } from '../../packet/http-message.ts';

type ProbeType = 'http' | 'tcp' | 'grpc' | 'hook';

const TYPES: readonly ProbeType[] = ['http', 'tcp', 'grpc', 'hook'];

/** The method that a gRPC probe calls (grpc.health.v1). */
export const GRPC_HEALTH_CHECK = '/grpc.health.v1.Health/Check';

/** What one attempt of a probe asks for. Travels as the arguments of the process (`probeArguments`). */
export interface ProbeRequest {
  /** `hook`: an httpGet of a lifecycle hook, which any answer satisfies. */
  readonly type: ProbeType;
  readonly to: SocketAddress;
  /** Milliseconds until the attempt counts as failed. */
  readonly timeout: number;
  /** Of a gRPC probe: the service that is asked about. */
  readonly path: string;
  readonly scheme: 'http' | 'https';
  readonly headers: HttpHeaders;
}

interface ProbeState {
  readonly request: ProbeRequest;
  socket?: SocketId;
  isConnected: boolean;
}

/** The arguments that carry a request to the program. */
export function probeArguments(request: ProbeRequest): readonly string[] {
  const { type, to, timeout, path, scheme, headers } = request;
  const headerLines = headers.map(([name, value]) => `${name}: ${value}`);
  return [type, to.address, String(to.port), String(timeout), scheme, path, ...headerLines];
}

function parseArguments(args: readonly string[]): ProbeRequest {
  const [type, address = '', port, timeout, scheme, path = '/', ...headerLines] = args;
  return {
    type: TYPES.find((one) => one === type) ?? 'http',
    to: { address, port: Number(port) },
    timeout: Number(timeout),
    scheme: scheme === 'https' ? 'https' : 'http',
    path,
    headers: headerLines.map((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  };
}

/** How Go's net package words an error of connect(2). */
function dialError(error: Errno): string {
  switch (error) {
    case 'ECONNREFUSED':
      return 'connect: connection refused';
    case 'ETIMEDOUT':
      return 'i/o timeout';
    case 'EHOSTUNREACH':
      return 'connect: no route to host';
    case 'ENETUNREACH':
      return 'connect: network is unreachable';
    case 'ECONNRESET':
      return 'connect: connection reset by peer';
    case 'EADDRINUSE':
      return 'bind: address already in use';
    case 'EADDRNOTAVAIL':
      return 'connect: cannot assign requested address';
    case 'EACCES':
      return 'connect: permission denied';
    case 'EMSGSIZE':
      return 'connect: message too long';
    case 'EINVAL':
      return 'connect: invalid argument';
    case 'EBADF':
      return 'connect: bad file descriptor';
    case 'ENODEV':
      return 'bind: no such device';
  }
}

const urlOf = ({ scheme, to, path }: ProbeRequest) =>
  `${scheme}://${formatSocketAddress(to)}${path}`;

/** `Get "http://10.244.1.5:8080/healthz": ` for an HTTP probe, as net/http wraps an error; nothing for a TCP one. */
const context = (request: ProbeRequest) =>
  request.type !== 'tcp' ? `Get "${urlOf(request)}": ` : '';

function fail(calls: SystemCalls, message: string): void {
  calls.print(message);
  calls.exit(1);
}

function failWith(state: ProbeState, error: Errno, calls: SystemCalls): void {
  const { request } = state;
  // grpc-go goes on trying until the time is up.
  if (request.type === 'grpc') return;
  const peer = formatSocketAddress(request.to);
  const local = state.socket === undefined ? undefined : calls.localAddress(state.socket);
  const text =
    state.isConnected && error === 'ECONNRESET' && local
      ? `read tcp ${formatSocketAddress(local)}->${peer}: read: connection reset by peer`
      : `dial tcp ${peer}: ${dialError(error)}`;
  fail(calls, context(request) + text);
}

function timeOut({ request }: ProbeState, calls: SystemCalls): void {
  const peer = formatSocketAddress(request.to);
  switch (request.type) {
    case 'http':
    case 'hook':
      fail(
        calls,
        `${context(request)}context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
      );
      return;
    case 'tcp':
      fail(calls, `dial tcp ${peer}: i/o timeout`);
      return;
    case 'grpc':
      fail(
        calls,
        `timeout: failed to connect service "${peer}" within ${request.timeout / 1000}s: context deadline exceeded`,
      );
  }
}

const hasHeader = (headers: HttpHeaders, wanted: string) =>
  headers.some(([name]) => name.toLowerCase() === wanted);

function ask({ request }: ProbeState, socket: SocketId, calls: SystemCalls): void {
  const isGrpc = request.type === 'grpc';
  const client = request.type === 'hook' ? 'kube-lifecycle' : 'kube-probe';
  const own: HttpHeaders = [
    ['Host', formatSocketAddress(request.to)],
    ['User-Agent', `${client}/1.35`],
    ['Accept', '*/*'],
    ['Connection', 'close'],
    ...(isGrpc ? ([['Content-Type', 'application/grpc']] as const) : []),
  ];
  const headers = [
    ...own.filter(([name]) => !hasHeader(request.headers, name.toLowerCase())),
    ...request.headers,
  ];
  const [method, target] = isGrpc ? ['POST', GRPC_HEALTH_CHECK] : ['GET', request.path];
  const body = isGrpc ? request.path : '';
  calls.send(socket, {
    kind: 'http-request',
    request: { method, target, version: '1.1', headers, body },
  });
}

/** The answer of a gRPC server. One that speaks plain HTTP never gets as far as that: the time runs out. */
function hearGrpc({ headers, body }: HttpResponse, calls: SystemCalls): void {
  const status = headerOf(headers, 'grpc-status');
  if (status === undefined) return;
  const message = headerOf(headers, 'grpc-message') ?? '';
  if (status === '12') {
    fail(
      calls,
      `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${message}`,
    );
  } else if (status !== '0') {
    const code = status === '5' ? 'NotFound' : 'Unknown';
    fail(calls, `error: health rpc probe failed: rpc error: code = ${code} desc = ${message}`);
  } else if (body === 'SERVING') calls.exit(0);
  else fail(calls, `service unhealthy (responded with "${body}")`);
}

function hear(
  { request }: ProbeState,
  { payload }: Extract<ProgramEvent, { type: 'data' }>,
  calls: SystemCalls,
): void {
  if (request.type === 'tcp') return;
  if (payload.kind !== 'http-response') {
    if (request.type === 'grpc') return;
    fail(
      calls,
      `${context(request)}net/http: HTTP/1.x transport connection broken: malformed HTTP response`,
    );
    return;
  }
  if (request.type === 'grpc') {
    hearGrpc(payload.response, calls);
    return;
  }
  const { status } = payload.response;
  if (request.type === 'hook' || (status >= 200 && status < 400)) calls.exit(0);
  else fail(calls, `HTTP probe failed with statuscode: ${status}`);
}

/**
 * One attempt of an httpGet, tcpSocket or grpc probe, or an httpGet hook: a process in the node's own namespace, so that probes meet the same
 * routes and rules as in a real cluster. Ends with 0 (success) or 1 (failure; the message is its output, in the words
 * of Go's net/http). Source: kubernetes pkg/probe/http/request.go, pkg/probe/tcp/tcp.go,
 * pkg/probe/grpc/grpc.go.
 *
 * Simplified: an HTTPS probe sends its request without TLS; redirects are not followed (a 3xx counts as success); gRPC goes in
 * messages of HTTP/1.1.
 */
export const PROBE_PROGRAM: Program<ProbeState> = {
  name: 'kubelet-probe',
  start(args, calls) {
    const request = parseArguments(args);
    const state: ProbeState = { request, isConnected: false };
    const opened = calls.connect(request.to);
    if (!opened.ok) {
      failWith(state, opened.error, calls);
      return state;
    }
    state.socket = opened.socket;
    calls.setTimer('timeout', request.timeout * MILLISECOND);
    return state;
  },
  handle(state, event, calls) {
    switch (event.type) {
      case 'connected':
        state.isConnected = true;
        if (state.request.type === 'tcp') calls.exit(0);
        else ask(state, event.socket, calls);
        return;
      case 'data':
        hear(state, event, calls);
        return;
      case 'ended':
        if (state.request.type !== 'grpc') fail(calls, `${context(state.request)}EOF`);
        return;
      case 'failed':
        failWith(state, event.error, calls);
        return;
      case 'timer':
        timeOut(state, calls);
        return;
      case 'signal':
        calls.exit(1);
        return;
      case 'redirected':
      case 'captured':
      case 'connection-waiting':
      case 'accepted':
      case 'datagram':
      case 'echo-reply':
        return;
    }
  },
};
