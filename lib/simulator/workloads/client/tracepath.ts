import { ipVersion } from '../../base/ip.ts';
import { MILLISECOND, SECOND, type Micros } from '../../base/clock.ts';
import type { Program, ProgramEvent, SocketId, SystemCalls } from '../../linux/program.ts';
import { nameOfAddress } from './address-name.ts';
import { errorText } from './fetch.ts';
import {
  advanceResolver,
  resolutionErrorText,
  startResolver,
  type ResolverState,
} from './resolver/resolver.ts';

interface TracepathOptions {
  names: 'none' | 'name' | 'both';
  family: 4 | 6 | undefined;
  maxHops: number;
  port: number;
  length?: number;
  host: string;
}

interface TracepathState {
  readonly options: TracepathOptions;
  resolver?: ResolverState;
  address: string;
  socket?: SocketId;
  mtu: number;
  hop: number;
  tries: number;
  sentAt: Micros;
  backHops: number;
}

const WAIT = 'wait';
const FIRST_PORT = 44_444;
const TRIES = 3;
/** The largest packet of IP: the first one is refused by the own device, and tells its MTU. */
const LARGEST = 65_535;
const HEADERS = { 4: 28, 6: 48 } as const;
/** HOST_COLUMN_SIZE of tracepath.c, 52, behind the number of the hop. */
const HOST_COLUMN = 57;

const USAGE = `
Usage
  tracepath [options] <destination>

Options:
  -4             use IPv4
  -6             use IPv6
  -b             print both name and ip
  -l <length>    use packet <length>
  -m <hops>      use maximum <hops>
  -n             no dns name resolution
  -p <port>      use destination <port>
  -V             print version and exit
  <destination>  dns name or ip address

For more details see tracepath(8).
`;

function parseArguments(args: readonly string[]): TracepathOptions | string {
  const options: TracepathOptions = {
    names: 'name',
    family: undefined,
    maxHops: 30,
    port: FIRST_PORT,
    host: '',
  };
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (!arg.startsWith('-')) {
      options.host = arg;
      continue;
    }
    for (let letters = arg.slice(1); letters !== '';) {
      const letter = letters[0] ?? '';
      letters = letters.slice(1);
      if (letter === 'n') options.names = 'none';
      else if (letter === 'b') options.names = 'both';
      else if (letter === '4') options.family = 4;
      else if (letter === '6') options.family = 6;
      else if ('lmp'.includes(letter)) {
        const value = letters === '' ? rest.shift() : letters;
        letters = '';
        if (value === undefined)
          return `tracepath: option requires an argument -- '${letter}'\n${USAGE}`;
        if (!/^\d+$/.test(value)) return `tracepath: invalid argument: '${value}'\n`;
        if (letter === 'l') options.length = Number(value);
        if (letter === 'm') options.maxHops = Number(value);
        if (letter === 'p') options.port = Number(value);
      } else return `tracepath: invalid option -- '${letter}'\n${USAGE}`;
    }
  }
  return options.host === '' ? USAGE : options;
}

/** How far away who answered is by what is left of the answer's hops: hosts begin with 64, 128 or 255. */
const hopsBack = (ttl: number) => (ttl <= 64 ? 65 - ttl : ttl <= 128 ? 129 - ttl : 256 - ttl);

function probe(state: TracepathState, calls: SystemCalls): void {
  if (state.socket === undefined) return;
  state.sentAt = calls.now;
  const size = Math.max(0, state.mtu - HEADERS[ipVersion(state.address) ?? 4]);
  const to = { address: state.address, port: state.options.port + state.hop - 1 };
  calls.setTimer(WAIT, SECOND);
  calls.sendTo(
    state.socket,
    to,
    { kind: 'bytes', text: 'x'.repeat(size) },
    { ttl: state.hop, dontFragment: true },
  );
}

function nextHop(state: TracepathState, calls: SystemCalls): void {
  state.hop += 1;
  state.tries = 0;
  if (state.hop <= state.options.maxHops) probe(state, calls);
  else {
    calls.print(`     Too many hops: pmtu ${state.mtu}\n`);
    finish(state, 0, calls);
  }
}

function finish(state: TracepathState, hops: number, calls: SystemCalls): void {
  const back = hops > 0 && state.backHops > 0 ? `back ${state.backHops} ` : '';
  calls.print(`     Resume: pmtu ${state.mtu} ${hops > 0 ? `hops ${hops} ` : ''}${back}\n`);
  calls.exit(0);
}

function hostText(address: string, { options }: TracepathState, calls: SystemCalls): string {
  const name = nameOfAddress(address, calls);
  if (options.names === 'none') return address;
  return options.names === 'both' ? `${name} (${address})` : name;
}

/** ` 2:  10.2.0.2       0.025ms `. */
function hopLine(state: TracepathState, from: string, calls: SystemCalls): string {
  const head = `${String(state.hop).padStart(2)}:  ${hostText(from, state, calls)}`;
  const took = ((calls.now - state.sentAt) / MILLISECOND).toFixed(3).padStart(7);
  return `${head.length >= HOST_COLUMN ? head.slice(0, HOST_COLUMN) : head.padEnd(HOST_COLUMN)}${took}ms `;
}

function learnMtu(
  state: TracepathState,
  event: Extract<ProgramEvent, { type: 'failed' }>,
  calls: SystemCalls,
): void {
  const own = calls.interfaces();
  const from = event.icmp?.from;
  const isLocal =
    from === undefined ||
    own.some(({ addresses }) => addresses.some(({ address }) => address === from));
  const mtu = event.icmp?.mtu ?? Math.min(...own.filter(({ isUp }) => isUp).map((one) => one.mtu));
  if (mtu >= state.mtu) return;
  state.mtu = mtu;
  const head = isLocal
    ? `${String(state.hop).padStart(2)}?: ${'[LOCALHOST]'.padEnd(32)} `
    : hopLine(state, from, calls);
  calls.print(`${head}pmtu ${mtu}\n`);
  state.tries = 0;
  probe(state, calls);
}

function hear(
  state: TracepathState,
  event: Extract<ProgramEvent, { type: 'failed' }>,
  calls: SystemCalls,
): void {
  const { icmp } = event;
  if (event.error === 'EMSGSIZE') {
    learnMtu(state, event, calls);
    return;
  }
  calls.clearTimer(WAIT);
  if (!icmp) {
    calls.printError(`tracepath: ${errorText(event.error)}\n`);
    calls.exit(1);
    return;
  }
  const line = hopLine(state, icmp.from, calls);
  state.backHops = icmp.ttl === undefined ? state.backHops : hopsBack(icmp.ttl);
  switch (icmp.type) {
    case 'ttl-exceeded': {
      const isAsymmetric = icmp.ttl !== undefined && state.backHops !== state.hop;
      calls.print(`${line}${isAsymmetric ? `asymm ${String(state.backHops).padStart(2)} ` : ''}\n`);
      nextHop(state, calls);
      return;
    }
    case 'port-unreachable':
      calls.print(`${line}reached\n`);
      finish(state, state.hop, calls);
      return;
    case 'net-unreachable':
      calls.print(`${line}!N\n`);
      finish(state, 0, calls);
      return;
    case 'admin-prohibited':
      calls.print(`${line}!A\n`);
      finish(state, 0, calls);
      return;
    case 'redirect':
    case 'host-unreachable':
    case 'protocol-unreachable':
    case 'fragmentation-needed':
    case 'echo-request':
    case 'echo-reply':
    case 'neighbour-solicitation':
    case 'neighbour-advertisement':
      calls.print(`${line}!H\n`);
      finish(state, 0, calls);
  }
}

function giveUp(state: TracepathState, calls: SystemCalls): void {
  state.tries += 1;
  if (state.tries < TRIES) {
    probe(state, calls);
    return;
  }
  calls.print(`${String(state.hop).padStart(2)}:  no reply\n`);
  nextHop(state, calls);
}

function begin(state: TracepathState, calls: SystemCalls): void {
  const result = state.resolver?.result;
  if (!result) return;
  if (!result.ok) {
    calls.printError(`tracepath: ${state.options.host}: ${resolutionErrorText(result.error)}\n`);
    calls.exit(1);
    return;
  }
  state.address = result.addresses[0] ?? '';
  const opened = calls.openUdp();
  if (!opened.ok) return;
  state.socket = opened.socket;
  probe(state, calls);
}

/** tracepath(8) of iputils: UDP that must not be cut, longer than the path takes at first. */
export const TRACEPATH: Program<TracepathState> = {
  name: 'tracepath',
  start(args, calls) {
    const parsed = parseArguments(args);
    const isWrong = typeof parsed === 'string';
    const options: TracepathOptions = isWrong
      ? { names: 'none', family: undefined, maxHops: 0, port: 0, host: '' }
      : parsed;
    const state: TracepathState = {
      options,
      address: '',
      mtu: options.length ?? LARGEST,
      hop: 1,
      tries: 0,
      sentAt: calls.now,
      backHops: 0,
    };
    if (isWrong) {
      calls.printError(parsed);
      calls.exit(255);
      return state;
    }
    const types =
      options.family === 6
        ? (['AAAA'] as const)
        : options.family === 4
          ? (['A'] as const)
          : (['A', 'AAAA'] as const);
    state.resolver = startResolver(options.host, types, calls);
    begin(state, calls);
    return state;
  },
  handle(state, event, calls) {
    if (event.type === 'signal') calls.exit(event.signal === 'SIGINT' ? 130 : 143);
    else if (state.resolver && !state.resolver.result) {
      if (advanceResolver(state.resolver, event, calls)) begin(state, calls);
    } else if (event.type === 'timer') giveUp(state, calls);
    else if (event.type === 'failed') hear(state, event, calls);
  },
};
