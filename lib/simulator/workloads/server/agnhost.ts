import { formatSocketAddress } from '../../base/flow.ts';
import type { Program, ProgramEvent, SocketId, SystemCalls } from '../../linux/program.ts';
import { headerOf, type HttpResponse } from '../../packet/http-message.ts';
import { formatDateTime } from '../calendar.ts';
import { flagOf } from '../go-flags.ts';
import { httpResponse, serveHttp, type HttpExchange } from '../http-server.ts';
import { plain, PRINTING_MODES, SERVER_MODES, type ModeState } from './agnhost-modes.ts';

const VERSION = '2.53';

interface AgnhostState extends ModeState {
  readonly mode: string;
  /** Of `connect`: how far it is. */
  connecting?: unknown;
  readonly udpSockets: SocketId[];
  /** Associations of the SCTP server. */
  readonly sctpSockets: SocketId[];
  sctpListener?: SocketId;
  /** Exit code that /shutdown asked for. */
  exitCode: number;
}

/** Value of a query parameter, with `+` and percent signs decoded. */
function parameterOf(target: string, name: string): string | undefined {
  for (const pair of (target.split('?')[1] ?? '').split('&')) {
    const [key = '', value = ''] = pair.split('=');
    if (key === name) {
      return value
        .replaceAll('+', ' ')
        .replaceAll(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
          String.fromCharCode(parseInt(hex, 16)),
        );
    }
  }
  return undefined;
}

function shutDown(state: AgnhostState, target: string, calls: SystemCalls): HttpResponse {
  state.exitCode = Number(parameterOf(target, 'code') ?? 0);
  calls.setTimer('exit', 0);
  return plain(200, '', calls);
}

/** Paths of `netexec` (test/images/agnhost/netexec/netexec.go). Simplified: no /shell, /upload and /dial. */
function answerNetexec(
  exchange: HttpExchange,
  state: AgnhostState,
  calls: SystemCalls,
): HttpResponse {
  const { request, client } = exchange;
  const path = (request.target.split('?')[0] ?? '/').toLowerCase();
  calls.print(`${request.method} ${path}\n`);
  switch (path) {
    case '/':
      return plain(200, `NOW: ${formatDateTime(calls.now)} +0000 UTC`, calls);
    case '/clientip':
      return plain(200, formatSocketAddress(client), calls);
    case '/hostname':
      return plain(200, calls.hostname, calls);
    case '/echo': {
      const code = Number(parameterOf(request.target, 'code') ?? 200);
      const message = parameterOf(request.target, 'msg') ?? request.body;
      return plain(Number.isInteger(code) ? code : 200, message, calls);
    }
    case '/header':
      return plain(
        200,
        headerOf(request.headers, parameterOf(request.target, 'key') ?? '') ?? '',
        calls,
      );
    case '/healthz':
      return plain(200, '', calls);
    case '/redirect': {
      const location = parameterOf(request.target, 'location') ?? '/';
      const code = Number(parameterOf(request.target, 'code') ?? 302);
      return httpResponse(code, [['Location', location]], '');
    }
    case '/shutdown':
    case '/exit':
      return shutDown(state, request.target, calls);
    default:
      return plain(404, '404 page not found\n', calls);
  }
}

/** Messages of `netexec --sctp-port`: `hostname` and `echo TEXT`. */
function hearMessage(
  { socket, payload }: Extract<ProgramEvent, { type: 'data' }>,
  calls: SystemCalls,
): void {
  if (payload.kind !== 'bytes') return;
  const text = payload.text.trim().toLowerCase();
  const reply =
    text === 'hostname' ? calls.hostname : text.startsWith('echo ') ? text.slice(5) : undefined;
  if (reply !== undefined) calls.send(socket, { kind: 'bytes', text: reply });
}

/** Datagrams of `netexec`: `hostname`, `echo TEXT`, `clientip`. */
function hearDatagram(
  event: Extract<ProgramEvent, { type: 'datagram' }>,
  calls: SystemCalls,
): void {
  if (event.payload.kind !== 'bytes') return;
  const [command = '', ...rest] = event.payload.text.trim().split(' ');
  const reply = {
    hostname: calls.hostname,
    echo: rest.join(' '),
    clientip: formatSocketAddress(event.from),
  }[command.toLowerCase()];
  if (reply === undefined) return;
  calls.sendTo(event.socket, event.from, { kind: 'bytes', text: reply });
}

function hearSctp(
  state: AgnhostState,
  event: Extract<ProgramEvent, { type: 'data' | 'ended' }>,
  calls: SystemCalls,
): void {
  if (event.type === 'data') {
    hearMessage(event, calls);
    return;
  }
  state.sctpSockets.splice(state.sctpSockets.indexOf(event.socket), 1);
  calls.close(event.socket);
}

function listen(state: AgnhostState, port: number, calls: SystemCalls): void {
  if (calls.listen(port).ok) return;
  calls.printError(`listen tcp :${port}: bind: address already in use\n`);
  calls.exit(1);
}

function startServer(state: AgnhostState, args: readonly string[], calls: SystemCalls): void {
  if (state.mode === 'pause') {
    calls.print('Paused\n');
    return;
  }
  const server = modeOf(SERVER_MODES, state.mode);
  if (server) {
    const ports = server.ports(args, calls);
    for (const port of ports) listen(state, port, calls);
    calls.print(server.greeting?.(ports) ?? '');
    return;
  }
  const httpPort = Number(flagOf(args, 'http-port') ?? 8080);
  const udpPort = Number(flagOf(args, 'udp-port') ?? 8081);
  listen(state, httpPort, calls);
  // A datagram's answer comes from the address that a socket is bound to; unbound, from the first one of the machine.
  const addresses = flagOf(args, 'udp-listen-addresses')?.split(',') ?? [undefined];
  for (const address of udpPort >= 0 ? addresses : []) {
    const opened = calls.openUdp(udpPort, address);
    if (opened.ok) state.udpSockets.push(opened.socket);
  }
  const sctpPort = Number(flagOf(args, 'sctp-port') ?? -1);
  if (sctpPort >= 0) {
    const opened = calls.listen(sctpPort, undefined, { protocol: 'sctp' });
    if (opened.ok) state.sctpListener = opened.socket;
    calls.print(`Started SCTP server on port  ${sctpPort}\n`);
  }
  calls.print(`Started HTTP server on port ${httpPort}\nStarted UDP server on port  ${udpPort}\n`);
}

const modeOf = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

/** The subcommand `connect`, a client. */
interface ConnectMode<T> {
  start(args: readonly string[], calls: SystemCalls): T | undefined;
  advance(state: T, event: ProgramEvent, calls: SystemCalls): void;
}

/** Begins a subcommand. False when agnhost has none of that name. */
function startMode<T>(
  state: AgnhostState,
  args: readonly string[],
  connect: ConnectMode<T>,
  calls: SystemCalls,
): boolean {
  const { mode } = state;
  const print = modeOf(PRINTING_MODES, mode);
  if (print) {
    calls.print(print(calls));
    calls.exit(0);
  } else if (mode === '--version') {
    calls.print(`agnhost version ${VERSION}\n`);
    calls.exit(0);
  } else if (mode === 'connect') {
    const connecting = connect.start(args, calls);
    if (connecting) state.connecting = connecting;
  } else if (mode === 'netexec' || mode === 'pause' || modeOf(SERVER_MODES, mode)) {
    startServer(state, args, calls);
  } else return false;
  return true;
}

/**
 * The test image of Kubernetes: `netexec`, `serve-hostname`, `pause`, `connect`, `liveness`, `porter`,
 * `grpc-health-checking`, `dns-suffix`, `dns-server-list`, `etc-hosts`.
 */
export const createAgnhost = <T>(connect: ConnectMode<T>): Program<AgnhostState> => ({
  name: 'agnhost',
  start(args, calls) {
    const [command = 'pause', ...rest] = args;
    const state: AgnhostState = {
      mode: command,
      udpSockets: [],
      sctpSockets: [],
      startedAt: calls.now,
      isServing: true,
      exitCode: 0,
    };
    if (!startMode(state, rest, connect, calls)) {
      calls.printError(
        `Error: unknown command "${command}" for "app"\nRun 'app --help' for usage.\n`,
      );
      calls.exit(1);
    }
    return state;
  },
  handle(state, event, calls) {
    if (state.connecting !== undefined) {
      connect.advance(state.connecting as T, event, calls);
      return;
    }
    switch (event.type) {
      case 'signal':
        calls.exit(0);
        return;
      case 'timer':
        if (event.name === 'exit') calls.exit(state.exitCode);
        return;
      case 'datagram':
        hearDatagram(event, calls);
        return;
      case 'accepted':
        if (event.listener === state.sctpListener) state.sctpSockets.push(event.socket);
        return;
      case 'redirected':
      case 'captured':
      case 'connection-waiting':
      case 'connected':
      case 'echo-reply':
      case 'failed':
        return;
      case 'data':
      case 'ended':
        if (state.sctpSockets.includes(event.socket)) {
          hearSctp(state, event, calls);
          return;
        }
        serveHttp(event, calls, (exchange) =>
          (modeOf(SERVER_MODES, state.mode)?.answer ?? answerNetexec)(exchange, state, calls),
        );
    }
  },
});
