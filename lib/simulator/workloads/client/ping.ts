import { ipVersion } from '../../base/ip.ts';
import { MILLISECOND, SECOND, type Micros } from '../../base/clock.ts';
import type { IcmpType } from '../../packet/packet.ts';
import type { Program, ProgramEvent, SocketId, SystemCalls } from '../../linux/program.ts';
import { errorText } from './fetch.ts';
import {
  advanceResolver,
  resolutionErrorText,
  startResolver,
  type AddressType,
  type ResolverState,
} from './resolver/resolver.ts';

interface PingOptions {
  count?: number;
  /** Seconds between requests. */
  interval: number;
  /** Seconds that the last reply may take. */
  wait: number;
  deadline?: number;
  size: number;
  quiet: boolean;
  ttl?: number;
  types: readonly AddressType[];
}

interface PingState {
  readonly options: PingOptions;
  readonly host: string;
  resolver?: ResolverState;
  address: string;
  socket?: SocketId;
  startedAt: Micros;
  readonly sentAt: Record<number, Micros>;
  sent: number;
  received: number;
  errors: number;
  readonly times: Micros[];
  lastAt: Micros;
}

const SEND = 'send';
const WAIT = 'wait';
const DEADLINE = 'deadline';
/** IPv4 and ICMP headers around the data. */
const HEADERS = 28;
const ICMP_HEADER = 8;

/** getaddrinfo without a family: the first answer counts, by the order of RFC 6724. */
const BOTH: readonly AddressType[] = ['A', 'AAAA'];

const USAGE = `
Usage
  ping [options] <destination>

Options:
  <destination>      DNS name or IP address
  -4                 use IPv4
  -6                 use IPv6
  -c <count>         stop after <count> replies
  -i <interval>      seconds between sending each packet
  -n                 no reverse DNS name resolution
  -q                 quiet output
  -s <size>          use <size> as number of data bytes to be sent
  -t <ttl>           define time to live
  -w <deadline>      reply wait <deadline> in seconds
  -W <timeout>       time to wait for response

For more details see ping(8).
`;

function parseArguments(args: readonly string[]): { options: PingOptions; host: string } | string {
  const options: PingOptions = { interval: 1, wait: 10, size: 56, quiet: false, types: BOTH };
  let host = '';
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (!arg.startsWith('-')) {
      host = arg;
      continue;
    }
    for (let letters = arg.slice(1); letters !== '';) {
      const letter = letters[0]!;
      letters = letters.slice(1);
      if ('ciWwst'.includes(letter)) {
        const value = letters !== '' ? letters : rest.shift();
        letters = '';
        if (value === undefined)
          return `ping: option requires an argument -- '${letter}'\n${USAGE}`;
        const number = Number(value);
        if (!/^\d+(\.\d+)?$/.test(value)) return `ping: invalid argument: '${value}'\n`;
        if (letter === 'c') options.count = number;
        if (letter === 'i') options.interval = number;
        if (letter === 'W') options.wait = number;
        if (letter === 'w') options.deadline = number;
        if (letter === 's') options.size = number;
        if (letter === 't') options.ttl = number;
      } else if (letter === 'q') options.quiet = true;
      else if (letter === '4') options.types = ['A'];
      else if (letter === '6') options.types = ['AAAA'];
      else if (letter !== 'n') return `ping: invalid option -- '${letter}'\n${USAGE}`;
    }
  }
  return host === '' ? 'ping: usage error: Destination address required\n' : { options, host };
}

const milliseconds = (time: Micros) => time / MILLISECOND;

/** Three digits below 1 ms, fewer above, as iputils prints a round trip. */
function formatTime(time: Micros): string {
  const ms = milliseconds(time);
  return ms >= 100
    ? ms.toFixed(0)
    : ms >= 10
      ? ms.toFixed(1)
      : ms >= 1
        ? ms.toFixed(2)
        : ms.toFixed(3);
}

function sendNext(state: PingState, calls: SystemCalls): void {
  if (state.socket === undefined) return;
  state.sent += 1;
  state.lastAt = calls.now;
  state.sentAt[state.sent] = calls.now;
  const { ttl, size } = state.options;
  calls.sendEcho(state.socket, state.address, state.sent, {
    size,
    ...(ttl === undefined ? {} : { ttl }),
  });
  const isLast = state.options.count !== undefined && state.sent >= state.options.count;
  if (isLast) calls.setTimer(WAIT, state.options.wait * SECOND);
  else calls.setTimer(SEND, Math.round(state.options.interval * SECOND));
}

function begin(state: PingState, calls: SystemCalls): void {
  const result = state.resolver?.result;
  if (!result) return;
  if (!result.ok) {
    calls.printError(`ping: ${state.host}: ${resolutionErrorText(result.error)}\n`);
    calls.exit(2);
    return;
  }
  state.address = result.addresses[0] ?? '';
  const opened = calls.openPing();
  if (!opened.ok) {
    calls.printError(`ping: connect: ${errorText(opened.error)}\n`);
    calls.exit(2);
    return;
  }
  state.socket = opened.socket;
  state.startedAt = calls.now;
  const { deadline } = state.options;
  calls.print(firstLine(state));
  if (deadline !== undefined) calls.setTimer(DEADLINE, deadline * SECOND);
  sendNext(state, calls);
}

function firstLine({ host, address, options: { size } }: PingState): string {
  if (ipVersion(address) !== 6) {
    return `PING ${host} (${address}) ${size}(${size + HEADERS}) bytes of data.\n`;
  }
  const named = host === address ? address : `${host} (${address})`;
  return `PING ${host}(${named}) ${size} data bytes\n`;
}

function hearReply(
  state: PingState,
  event: Extract<ProgramEvent, { type: 'echo-reply' }>,
  calls: SystemCalls,
): void {
  const sentAt = state.sentAt[event.sequence];
  if (sentAt === undefined) return;
  const took = calls.now - sentAt;
  delete state.sentAt[event.sequence];
  state.received += 1;
  state.lastAt = calls.now;
  state.times.push(took);
  if (!state.options.quiet) {
    const from = state.host === event.from ? event.from : `${state.host} (${event.from})`;
    calls.print(
      `${state.options.size + ICMP_HEADER} bytes from ${from}: icmp_seq=${event.sequence} ttl=${event.ttl} time=${formatTime(took)} ms\n`,
    );
  }
  if (state.received + state.errors >= (state.options.count ?? Infinity)) finish(state, calls);
}

const ICMP_TEXTS: Partial<Record<IcmpType, string>> = {
  'net-unreachable': 'Destination Net Unreachable',
  'host-unreachable': 'Destination Host Unreachable',
  'protocol-unreachable': 'Destination Protocol Unreachable',
  'port-unreachable': 'Destination Port Unreachable',
  'admin-prohibited': 'Packet filtered',
  'fragmentation-needed': 'Frag needed and DF set',
  'ttl-exceeded': 'Time to live exceeded',
};

/** ping6_common's `print_icmp`. */
const ICMP6_TEXTS: Partial<Record<IcmpType, string>> = {
  'net-unreachable': 'Destination unreachable: No route',
  'host-unreachable': 'Destination unreachable: Address unreachable',
  'port-unreachable': 'Destination unreachable: Port unreachable',
  'admin-prohibited': 'Destination unreachable: Administratively prohibited',
  'fragmentation-needed': 'Packet too big',
  'ttl-exceeded': 'Time exceeded: Hop limit',
};

type IcmpReport = NonNullable<Extract<ProgramEvent, { type: 'failed' }>['icmp']>;

function icmpText({ address }: PingState, icmp: IcmpReport | undefined): string {
  const texts = ipVersion(address) === 6 ? ICMP6_TEXTS : ICMP_TEXTS;
  const text = texts[icmp?.type ?? 'host-unreachable'] ?? 'Bad ICMP type';
  return text === 'Packet too big' ? `${text}: mtu=${icmp?.mtu ?? 0}` : text;
}

function hearError(
  state: PingState,
  event: Extract<ProgramEvent, { type: 'failed' }>,
  calls: SystemCalls,
): void {
  if (!event.icmp && event.error !== 'EHOSTUNREACH') {
    calls.printError(`ping: connect: ${errorText(event.error)}\n`);
    calls.exit(2);
    return;
  }
  state.errors += 1;
  state.lastAt = calls.now;
  const isSameFamily = (own: string) => ipVersion(own) === ipVersion(state.address);
  const from = event.icmp?.from ?? calls.localAddresses().find(isSameFamily) ?? state.address;
  const text = icmpText(state, event.icmp);
  if (!state.options.quiet) calls.print(`From ${from} icmp_seq=${state.sent} ${text}\n`);
  if (state.received + state.errors >= (state.options.count ?? Infinity)) finish(state, calls);
}

/** pr_icmph: a redirect is told, and counts for nothing. */
function hearRedirect(
  { options }: PingState,
  { from, sequence, gateway }: Extract<ProgramEvent, { type: 'redirected' }>,
  calls: SystemCalls,
): void {
  if (options.quiet) return;
  calls.print(`From ${from}: icmp_seq=${sequence} Redirect Host(New nexthop: ${gateway})\n`);
}

/** The statistics, and the exit code: 0 when anything came back. */
function finish(state: PingState, calls: SystemCalls): void {
  const { host, sent, received, errors, times } = state;
  const loss = sent === 0 ? 0 : Math.floor(((sent - received) * 100) / sent);
  const took = Math.floor(milliseconds(state.lastAt - state.startedAt));
  const errorPart = errors > 0 ? ` +${errors} errors,` : '';
  calls.print(
    `\n--- ${host} ping statistics ---\n${sent} packets transmitted, ${received} received,${errorPart} ${loss}% packet loss, time ${took}ms\n`,
  );
  if (times.length > 0) {
    const average = times.reduce((sum, time) => sum + time, 0) / times.length;
    const square = times.reduce((sum, time) => sum + time * time, 0) / times.length;
    const deviation = Math.sqrt(Math.max(0, square - average * average));
    const shown = [Math.min(...times), average, Math.max(...times), deviation];
    calls.print(
      `rtt min/avg/max/mdev = ${shown.map((time) => milliseconds(time).toFixed(3)).join('/')} ms\n`,
    );
  } else calls.print('\n');
  calls.exit(received > 0 ? 0 : 1);
}

function onTimer(state: PingState, name: string, calls: SystemCalls): void {
  if (name === SEND) sendNext(state, calls);
  else if (name === WAIT || name === DEADLINE) finish(state, calls);
}

/** ping of iputils. Simplified: a name is not looked up again for each reply (`-n`). */
export const PING: Program<PingState> = {
  name: 'ping',
  start(args, calls) {
    const parsed = parseArguments(args);
    const isWrong = typeof parsed === 'string';
    const state: PingState = {
      options: isWrong
        ? { interval: 1, wait: 10, size: 56, quiet: false, types: BOTH }
        : parsed.options,
      host: isWrong ? '' : parsed.host,
      address: '',
      startedAt: calls.now,
      sentAt: {},
      sent: 0,
      received: 0,
      errors: 0,
      times: [],
      lastAt: calls.now,
    };
    if (isWrong) {
      calls.printError(parsed);
      calls.exit(parsed.includes('usage error') ? 1 : 2);
      return state;
    }
    state.resolver = startResolver(state.host, state.options.types, calls);
    begin(state, calls);
    return state;
  },
  handle(state, event, calls) {
    if (event.type === 'signal') {
      if (event.signal === 'SIGTERM') calls.exit(143);
      else if (state.socket === undefined) calls.exit(130);
      else finish(state, calls);
    } else if (state.resolver && !state.resolver.result) {
      if (advanceResolver(state.resolver, event, calls)) begin(state, calls);
    } else if (event.type === 'echo-reply') hearReply(state, event, calls);
    else if (event.type === 'failed') hearError(state, event, calls);
    else if (event.type === 'redirected') hearRedirect(state, event, calls);
    else if (event.type === 'timer') onTimer(state, event.name, calls);
  },
};
