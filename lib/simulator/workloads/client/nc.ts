import { SECOND } from '../../base/clock.ts';
import { ipVersion } from '../../base/ip.ts';
import type { Errno, Program, ProgramEvent, SocketId, SystemCalls } from '../../linux/program.ts';
import { errorText } from './fetch.ts';
import { portName } from './port-names.ts';
import {
  advanceResolver,
  resolutionErrorText,
  startResolver,
  type ResolverState,
} from './resolver/resolver.ts';

interface NcOptions {
  zero: boolean;
  verbose: boolean;
  udp: boolean;
  listen: boolean;
  keep: boolean;
  wait?: number;
}

interface NcState {
  readonly options: NcOptions;
  readonly host: string;
  /** Ports still to be tried, the present one first. */
  ports: number[];
  resolver?: ResolverState;
  address?: string;
  socket?: SocketId;
  isConnected: boolean;
  failed: boolean;
  succeeded?: true;
}

const USAGE = `usage: nc [-46CDdFhklNnrStUuvZz] [-I length] [-i interval] [-M ttl]
	  [-m minttl] [-O length] [-P proxy_username] [-p source_port]
	  [-q seconds] [-s sourceaddr] [-T keyword] [-V rtable] [-W recvlimit]
	  [-w timeout] [-X proxy_protocol] [-x proxy_address[:port]]
	  [destination] [port]
`;
const TIMER = 'nc';
interface Parsed {
  readonly options: NcOptions;
  readonly words: readonly string[];
}

function parseArguments(args: readonly string[]): Parsed | string {
  const options: NcOptions = {
    zero: false,
    verbose: false,
    udp: false,
    listen: false,
    keep: false,
  };
  const words: string[] = [];
  let localPort: string | undefined;
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (!arg.startsWith('-') || arg === '-') {
      words.push(arg);
      continue;
    }
    for (let letters = arg.slice(1); letters !== '';) {
      const letter = letters[0]!;
      letters = letters.slice(1);
      if (letter === 'z') options.zero = true;
      else if (letter === 'v') options.verbose = true;
      else if (letter === 'u') options.udp = true;
      else if (letter === 'l') options.listen = true;
      else if (letter === 'k') options.keep = true;
      else if (letter === 'w' || letter === 'q' || letter === 'p') {
        const value = letters !== '' ? letters : (rest.shift() ?? '');
        if (!/^\d+$/.test(value))
          return `nc: ${letter === 'w' ? 'timeout' : 'value'} invalid: ${value}\n`;
        if (letter === 'w') options.wait = Number(value);
        if (letter === 'p') localPort = value;
        letters = '';
      } else if (!'n46N'.includes(letter)) return USAGE;
    }
  }
  // A client's own port changes nothing here.
  if (options.listen && localPort !== undefined) words.push(localPort);
  return { options, words };
}

/** `80`, `80-85`; undefined when it is no port. */
function portsOf(text: string): number[] | undefined {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  if (!match) return undefined;
  const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])];
  if (first < 1 || last > 65_535 || last < first) return undefined;
  return Array.from({ length: Math.min(last - first + 1, 1024) }, (_, i) => first + i);
}

const protocolOf = ({ options }: NcState) => (options.udp ? 'udp' : 'tcp');

function tryPort(state: NcState, calls: SystemCalls): void {
  const [port] = state.ports;
  if (port === undefined) {
    // One port that answers is enough.
    calls.exit(state.succeeded || !state.failed ? 0 : 1);
    return;
  }
  const to = { address: state.address ?? '', port };
  if (state.options.udp) {
    const opened = calls.openUdp();
    if (!opened.ok) return;
    state.socket = opened.socket;
    calls.sendTo(opened.socket, to, { kind: 'bytes', text: 'X' });
    calls.setTimer(TIMER, SECOND);
    return;
  }
  const opened = calls.connect(to);
  if (opened.ok) {
    state.socket = opened.socket;
    if (state.options.wait !== undefined) calls.setTimer(TIMER, state.options.wait * SECOND);
  } else refused(state, opened.error, calls);
}

function nextPort(state: NcState, calls: SystemCalls): void {
  calls.clearTimer(TIMER);
  if (state.socket !== undefined) calls.close(state.socket);
  delete state.socket;
  state.ports = state.ports.slice(1);
  tryPort(state, calls);
}

/** A name with the address that was found for it. */
const shownHost = ({ host, address }: NcState) =>
  address === undefined || address === host ? host : `${host} (${address})`;

function refused(state: NcState, error: Errno, calls: SystemCalls): void {
  state.failed = true;
  if (state.options.verbose)
    calls.printError(
      `nc: connect to ${shownHost(state)} port ${state.ports[0]} (${protocolOf(state)}) failed: ${errorText(error)}\n`,
    );
  nextPort(state, calls);
}

function succeeded(state: NcState, calls: SystemCalls): void {
  const port = state.ports[0] ?? 0;
  state.succeeded = true;
  const shown = shownHost(state);
  if (state.options.verbose)
    calls.printError(
      `Connection to ${shown} ${port} port [${protocolOf(state)}/${portName(port, protocolOf(state)) ?? '*'}] succeeded!\n`,
    );
  if (state.options.zero || state.options.udp) nextPort(state, calls);
  else state.isConnected = true;
}

function afterResolving(state: NcState, calls: SystemCalls): void {
  const result = state.resolver?.result;
  if (!result) return;
  if (result.ok) {
    state.address = result.addresses[0] ?? '';
    tryPort(state, calls);
    return;
  }
  calls.printError(
    `nc: getaddrinfo for host "${state.host}" port ${state.ports[0]}: ${resolutionErrorText(result.error)}\n`,
  );
  calls.exit(1);
}

function hear(state: NcState, event: ProgramEvent, calls: SystemCalls): void {
  switch (event.type) {
    case 'connected':
      calls.clearTimer(TIMER);
      succeeded(state, calls);
      return;
    case 'failed':
      // Only an ICMP answer tells a closed UDP port from a silent one.
      if (state.options.udp && !state.isConnected) {
        state.failed = true;
        nextPort(state, calls);
      } else if (state.isConnected) calls.exit(1);
      else refused(state, event.error, calls);
      return;
    case 'data':
      if (event.payload.kind === 'bytes') calls.print(event.payload.text);
      return;
    case 'datagram':
      if (event.payload.kind === 'bytes') calls.print(event.payload.text);
      return;
    case 'ended':
      calls.close(event.socket);
      if (!state.options.keep) calls.exit(0);
      return;
    case 'connection-waiting':
    case 'accepted':
    case 'echo-reply':
    case 'redirected':
    case 'captured':
    case 'timer':
    case 'signal':
      return;
  }
}

function timeOut(state: NcState, calls: SystemCalls): void {
  if (state.options.udp) {
    succeeded(state, calls);
    return;
  }
  state.failed = true;
  if (state.options.verbose)
    calls.printError(
      `nc: connect to ${shownHost(state)} port ${state.ports[0]} (tcp) timed out: Operation now in progress\n`,
    );
  nextPort(state, calls);
}

/** On the address that is named; of IPv4 alone where none is, as OpenBSD's nc takes the first that it gets. */
function listen(state: NcState, port: number, calls: SystemCalls): void {
  const address = ipVersion(state.host) ? state.host : '0.0.0.0';
  const opened = state.options.udp ? calls.openUdp(port, address) : calls.listen(port, address);
  if (!opened.ok) {
    calls.printError(`nc: ${errorText(opened.error)}\n`);
    calls.exit(1);
  } else if (state.options.verbose) calls.printError(`Listening on ${address} ${port}\n`);
}

/** OpenBSD's nc: `-z` port checks, `-u`, `-w`, `-l`. Simplified: what is typed into it is not sent. */
export const NC: Program<NcState> = {
  name: 'nc',
  start(args, calls) {
    const parsed = parseArguments(args);
    const options: NcOptions =
      typeof parsed === 'string'
        ? { zero: false, verbose: false, udp: false, listen: false, keep: false }
        : parsed.options;
    const words = typeof parsed === 'string' ? [] : parsed.words;
    const portText = options.listen ? (words[words.length - 1] ?? '') : (words[1] ?? '');
    const ports = portsOf(portText);
    const state: NcState = {
      options,
      host: words[0] ?? '',
      ports: ports ?? [],
      isConnected: false,
      failed: false,
    };
    if (typeof parsed === 'string' || portText === '' || !ports) {
      calls.printError(
        typeof parsed === 'string'
          ? parsed
          : portText === ''
            ? USAGE
            : `nc: port number invalid: ${portText}\n`,
      );
      calls.exit(1);
    } else if (options.listen) listen(state, ports[0] ?? 0, calls);
    else {
      state.resolver = startResolver(state.host, ['A', 'AAAA'], calls);
      afterResolving(state, calls);
    }
    return state;
  },
  handle(state, event, calls) {
    if (event.type === 'signal') calls.exit(event.signal === 'SIGINT' ? 130 : 143);
    else if (state.resolver && !state.resolver.result) {
      if (advanceResolver(state.resolver, event, calls)) afterResolving(state, calls);
    } else if (event.type === 'timer' && event.name === TIMER) timeOut(state, calls);
    else hear(state, event, calls);
  },
};
