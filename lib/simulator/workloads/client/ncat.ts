import { MILLISECOND, SECOND } from '../../base/clock.ts';
import { formatSocketAddress } from '../../base/flow.ts';
import type { Errno, Program, ProgramEvent, SocketId, SystemCalls } from '../../linux/program.ts';
import { payloadLength } from '../../linux/sockets.ts';
import { errorText } from './fetch.ts';
import {
  advanceResolver,
  resolutionErrorText,
  startResolver,
  type ResolverState,
} from './resolver/resolver.ts';

interface NcatOptions {
  sctp?: true;
  zero?: true;
  verbose?: true;
  listen?: true;
  keep?: true;
  sendOnly?: true;
  receiveOnly?: true;
  /** Microseconds for a connection to be made. */
  wait?: number;
  /** What each connection of a listener is joined to. */
  exec?: 'cat' | 'hostname';
  family?: 4 | 6;
}

interface NcatState {
  readonly options: NcatOptions;
  readonly host: string;
  readonly port: number;
  readonly startedAt: number;
  resolver?: ResolverState;
  /** Addresses still to be tried, the present one first. */
  addresses: readonly string[];
  socket?: SocketId;
  isConnected?: true;
  sent: number;
  received: number;
}

/** EXIT_FAILURE of a connection, and of a command line (bye()). */
const FAILED = 1;
const MISUSED = 2;
const DEFAULT_PORT = 31_337;
const DEFAULT_WAIT = 10 * SECOND;
const CONNECTING = 'connecting';
const END_OF_INPUT = 'end-of-input';

const HINT =
  "Ncat: Try `--help' or man(1) ncat for more information, usage options and help. QUITTING.\n";

type Parsed =
  | { readonly ok: true; readonly options: NcatOptions; readonly words: readonly string[] }
  | { readonly ok: false; readonly problem: string };

/** `10`, `500ms`, `2s`, `1m`; undefined for anything else. */
function parseTime(text: string): number | undefined {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  if (number === undefined) return undefined;
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  return Number(number) * (units[unit] ?? 1) * MILLISECOND;
}

const FLAGS: Readonly<Record<string, Partial<NcatOptions>>> = {
  '--sctp': { sctp: true },
  '-z': { zero: true },
  '-v': { verbose: true },
  '--verbose': { verbose: true },
  '-l': { listen: true },
  '--listen': { listen: true },
  '-k': { keep: true },
  '--keep-open': { keep: true },
  '--send-only': { sendOnly: true },
  '--recv-only': { receiveOnly: true },
  '-4': { family: 4 },
  '-6': { family: 6 },
  '-n': {},
  '--nodns': {},
  '--no-shutdown': {},
};

/** An option with its value. The text is what ncat says of a wrong one. */
function takeValue(options: NcatOptions, name: string, value: string): string | undefined {
  if (name === '-w' || name === '--wait') {
    const wait = parseTime(value);
    if (wait === undefined || wait === 0) return `Ncat: Invalid -w timeout. QUITTING.\n`;
    options.wait = wait;
    return undefined;
  }
  const program = /^(?:\/(?:usr\/)?bin\/)?(cat|hostname)$/.exec(value)?.[1];
  // Simplified: a connection is joined to cat or hostname alone.
  if (program !== 'cat' && program !== 'hostname')
    return `Ncat: Cannot exec ${value}: No such file or directory\n`;
  options.exec = program;
  return undefined;
}

const WITH_VALUE: readonly string[] = ['-w', '--wait', '-e', '--exec', '-c', '--sh-exec'];

/** `-vl` stands for `-v -l`. */
const separate = (args: readonly string[]): string[] =>
  args.flatMap((arg) =>
    /^-[a-zA-Z0-9]{2,}$/.test(arg) ? [...arg.slice(1)].map((letter) => `-${letter}`) : [arg],
  );

function parseArguments(args: readonly string[]): Parsed {
  const options: NcatOptions = {};
  const words: string[] = [];
  const rest = separate(args);
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const flag = FLAGS[arg];
    if (flag) Object.assign(options, flag);
    else if (WITH_VALUE.includes(arg)) {
      const problem = takeValue(options, arg, rest.shift() ?? '');
      if (problem !== undefined) return { ok: false, problem };
    } else if (arg.startsWith('-') && arg !== '-') {
      const what = arg.startsWith('--')
        ? `unrecognized option '${arg}'`
        : `invalid option -- '${arg.slice(1)}'`;
      return { ok: false, problem: `ncat: ${what}\n${HINT}` };
    } else words.push(arg);
  }
  return { ok: true, options, words };
}

const parsePort = (text: string) => {
  const port = /^\d+$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
};

const say = (state: NcatState, text: string, calls: SystemCalls) => {
  if (state.options.verbose) calls.printError(`Ncat: ${text}\n`);
};

/** Simplified: ncat is TCP or SCTP here; UDP is what nc is for. */
const overProtocol = ({ options }: NcatState) =>
  options.sctp ? { protocol: 'sctp' as const } : {};

function tryAddress(state: NcatState, calls: SystemCalls): void {
  const [address = ''] = state.addresses;
  const opened = calls.connect({ address, port: state.port }, overProtocol(state));
  if (!opened.ok) {
    failed(state, errorText(opened.error), calls);
    return;
  }
  state.socket = opened.socket;
  calls.setTimer(CONNECTING, state.options.wait ?? DEFAULT_WAIT);
}

/** connect_handler: the next address of the name is tried, or that is it. */
function failed(state: NcatState, problem: string, calls: SystemCalls): void {
  calls.clearTimer(CONNECTING);
  const [tried = '', ...others] = state.addresses;
  state.addresses = others;
  if (state.socket !== undefined) calls.close(state.socket);
  delete state.socket;
  if (others.length > 0) {
    const end = formatSocketAddress({ address: tried, port: state.port });
    say(state, `Connection to ${end} failed: ${problem}.`, calls);
    say(state, 'Trying next address...', calls);
    tryAddress(state, calls);
    return;
  }
  if (!state.options.zero || state.options.verbose) calls.printError(`Ncat: ${problem}.\n`);
  calls.exit(FAILED);
}

function finish(state: NcatState, calls: SystemCalls): void {
  const seconds = ((calls.now - state.startedAt) / SECOND).toFixed(2);
  say(
    state,
    `${state.sent} bytes sent, ${state.received} bytes received in ${seconds} seconds.`,
    calls,
  );
  if (state.socket !== undefined) calls.close(state.socket);
  calls.exit(0);
}

/**
 * What was piped into it goes out at once. Simplified: the input ends a second later, as that of `(echo hi; sleep 1) | ncat`;
 * over SCTP ncat leaves as soon as it ends, and often misses the answer.
 */
function sendInput(state: NcatState, socket: SocketId, calls: SystemCalls): void {
  const text = state.options.receiveOnly ? undefined : calls.readFile('/dev/stdin');
  if (text === undefined || text === '') return;
  const payload = { kind: 'bytes', text } as const;
  calls.send(socket, payload);
  state.sent += payloadLength(payload);
  calls.setTimer(END_OF_INPUT, state.options.sendOnly ? 0 : SECOND);
}

function connected(state: NcatState, socket: SocketId, calls: SystemCalls): void {
  calls.clearTimer(CONNECTING);
  state.isConnected = true;
  const peer = calls.peerAddress(socket);
  if (peer) say(state, `Connected to ${peer.address}:${peer.port}.`, calls);
  if (state.options.zero) finish(state, calls);
  else sendInput(state, socket, calls);
}

function listen(state: NcatState, calls: SystemCalls): void {
  const opened = calls.listen(state.port, undefined, overProtocol(state));
  if (!opened.ok) {
    const text = errorText(opened.error);
    calls.printError(`Ncat: bind to :::${state.port}: ${text}. QUITTING.\n`);
    calls.exit(MISUSED);
    return;
  }
  say(state, `Listening on :::${state.port}`, calls);
  say(state, `Listening on 0.0.0.0:${state.port}`, calls);
}

function accepted(
  state: NcatState,
  { socket, from }: Extract<ProgramEvent, { type: 'accepted' }>,
  calls: SystemCalls,
): void {
  say(state, `Connection from ${from.address}.`, calls);
  say(state, `Connection from ${from.address}:${from.port}.`, calls);
  const { exec } = state.options;
  if (exec === 'hostname') {
    calls.send(socket, { kind: 'bytes', text: `${calls.hostname}\n` });
    calls.close(socket);
  } else if (exec === undefined) sendInput(state, socket, calls);
}

function hearData(
  state: NcatState,
  { socket, payload }: Extract<ProgramEvent, { type: 'data' }>,
  calls: SystemCalls,
): void {
  state.received += payloadLength(payload);
  if (state.options.exec === 'cat') calls.send(socket, payload);
  else if (payload.kind === 'bytes' && !state.options.sendOnly) calls.print(payload.text);
}

function hear(state: NcatState, event: ProgramEvent, calls: SystemCalls): void {
  switch (event.type) {
    case 'connected':
      return connected(state, event.socket, calls);
    case 'accepted':
      return accepted(state, event, calls);
    case 'data':
      return hearData(state, event, calls);
    case 'failed':
      return hearFailure(state, event.error, calls);
    case 'ended':
      calls.close(event.socket);
      if (!state.options.listen) finish(state, calls);
      else if (!state.options.keep && state.options.exec === undefined) calls.exit(0);
      return undefined;
    case 'timer':
      if (event.name === CONNECTING) failed(state, 'TIMEOUT', calls);
      else if (event.name === END_OF_INPUT && !state.options.listen) finish(state, calls);
      return undefined;
    case 'connection-waiting':
    case 'datagram':
    case 'echo-reply':
    case 'redirected':
    case 'captured':
    case 'signal':
      return undefined;
  }
}

function hearFailure(state: NcatState, error: Errno, calls: SystemCalls): void {
  if (state.options.listen) return;
  if (!state.isConnected) {
    failed(state, errorText(error), calls);
    return;
  }
  calls.printError(`Ncat: ${errorText(error)}.\n`);
  calls.exit(FAILED);
}

function afterResolving(state: NcatState, calls: SystemCalls): void {
  const result = state.resolver?.result;
  if (!result) return;
  if (result.ok) {
    state.addresses = result.addresses;
    tryAddress(state, calls);
    return;
  }
  const why = resolutionErrorText(result.error, calls);
  calls.printError(`Ncat: Could not resolve hostname "${state.host}": ${why}. QUITTING.\n`);
  calls.exit(MISUSED);
}

function begin(state: NcatState, calls: SystemCalls): void {
  say(state, 'Version 7.93 ( https://nmap.org/ncat )', calls);
  if (state.options.listen) {
    listen(state, calls);
    return;
  }
  const { family } = state.options;
  const types = family === 4 ? ['A' as const] : family === 6 ? ['AAAA' as const] : undefined;
  state.resolver = startResolver(state.host, types ?? ['A', 'AAAA'], calls);
  afterResolving(state, calls);
}

/** What is wrong with the host and port of a command line; undefined when nothing is. */
function problemOfWords({ listen: isListening }: NcatOptions, words: readonly string[]) {
  const portText = isListening && words.length < 2 ? words[0] : words[1];
  if (!isListening && words.length === 0)
    return 'Ncat: You must specify a host to connect to. QUITTING.\n';
  return portText !== undefined && parsePort(portText) === undefined
    ? `Ncat: Invalid port number "${portText}". QUITTING.\n`
    : undefined;
}

/** Nmap's ncat (7.93, as Debian 12 has it) over TCP and, with `--sctp`, over SCTP. */
export const NCAT: Program<NcatState> = {
  name: 'ncat',
  start(args, calls) {
    const parsed = parseArguments(args);
    const words = parsed.ok ? parsed.words : [];
    const options = parsed.ok ? parsed.options : {};
    const portText = options.listen && words.length < 2 ? words[0] : words[1];
    const state: NcatState = {
      options,
      host: words[0] ?? '',
      port: (portText === undefined ? undefined : parsePort(portText)) ?? DEFAULT_PORT,
      startedAt: calls.now,
      addresses: [],
      sent: 0,
      received: 0,
    };
    const problem = parsed.ok ? problemOfWords(options, words) : parsed.problem;
    if (problem === undefined) begin(state, calls);
    else {
      calls.printError(problem);
      calls.exit(MISUSED);
    }
    return state;
  },
  handle(state, event, calls) {
    if (event.type === 'signal') calls.exit(event.signal === 'SIGINT' ? 130 : 143);
    else if (state.resolver && !state.resolver.result) {
      if (advanceResolver(state.resolver, event, calls)) afterResolving(state, calls);
    } else hear(state, event, calls);
  },
};
