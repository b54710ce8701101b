import { cidrBounds } from '../../base/cidr.ts';
import { ipVersion } from '../../base/ip.ts';
import { MILLISECOND, SECOND, type Micros } from '../../base/clock.ts';
import type { IcmpType } from '../../packet/packet.ts';
import type { Program, ProgramEvent, SocketId, SystemCalls } from '../../linux/program.ts';
import { errorText } from './fetch.ts';
import { defaultPingOptions, parsePingArguments, type PingOptions } from './ping-options.ts';
import {
  advanceResolver,
  resolutionErrorText,
  startResolver,
  type ResolverState,
} from './resolver/resolver.ts';

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
  /** The most requests that were under way at once. */
  pipe: number;
  /** No way leads there: what the first request hears of it ends everything (the connect(2) that ping tries first). */
  isConnecting: boolean;
  readonly times: Micros[];
  lastAt: Micros;
}

const SEND = 'send';
const WAIT = 'wait';
const DEADLINE = 'deadline';
/** IPv4 and ICMP headers around the data. */
const HEADERS = 28;
const ICMP_HEADER = 8;

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
  const { ttl, size, from, discovery } = state.options;
  const isAddress = from !== undefined && ipVersion(from) !== undefined;
  const to = from === undefined || isAddress ? state.address : `${state.address}%${from}`;
  // What netfilter refused on the way out ping takes no notice of (pinger: receive_error_msg finds nothing).
  calls.sendEcho(state.socket, to, state.sent, {
    size,
    ...(ttl === undefined ? {} : { ttl }),
    ...(isAddress ? { source: from } : {}),
    ...(discovery === 'do' || discovery === 'dont' ? { dontFragment: discovery === 'do' } : {}),
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
  const complaint = complaintAboutSource(state, calls) ?? complaintAboutTarget(state, calls);
  if (complaint !== undefined) {
    calls.printError(complaint);
    calls.exit(2);
    return;
  }
  const opened = calls.openPing();
  if (!opened.ok) {
    calls.printError(`ping: connect: ${errorText(opened.error)}\n`);
    calls.exit(2);
    return;
  }
  state.socket = opened.socket;
  state.startedAt = calls.now;
  const { deadline } = state.options;
  state.isConnecting =
    state.options.from === undefined && calls.sourceTo(state.address) === undefined;
  if (!state.isConnecting) calls.print(firstLine(state, calls));
  if (deadline !== undefined) calls.setTimer(DEADLINE, deadline * SECOND);
  sendNext(state, calls);
}

/** `-I` names a device or an own address, or nothing that is there. */
function complaintAboutSource({ options: { from } }: PingState, calls: SystemCalls) {
  if (from === undefined) return undefined;
  if (ipVersion(from) === undefined) {
    const isThere = calls.interfaces().some(({ name }) => name === from);
    return isThere ? undefined : `ping: SO_BINDTODEVICE ${from}: No such device\n`;
  }
  const isOwn =
    calls.ownAddresses().some(({ address }) => address === from) || from.startsWith('127.');
  return isOwn ? undefined : 'ping: bind: Cannot assign requested address\n';
}

const BROADCAST =
  'ping: Do you want to ping broadcast? Then -b. If not, check your local firewall rules\n';

function complaintAboutTarget({ options, address }: PingState, calls: SystemCalls) {
  if (options.broadcast || ipVersion(address) === 6) return undefined;
  const isBroadcast = calls
    .interfaces()
    .flatMap(({ addresses }) => addresses)
    .some(
      (own) =>
        ipVersion(own.address) === 4 &&
        own.prefix < 31 &&
        cidrBounds(`${own.address}/${own.prefix}`)?.last === address,
    );
  return isBroadcast ? BROADCAST : undefined;
}

/** ` from 10.0.0.1 eth0:` where `-I` asked for it. */
function fromText({ address, options: { from } }: PingState, calls: SystemCalls): string {
  if (from === undefined) return '';
  if (ipVersion(from) !== undefined) return ` from ${from} :`;
  const own = calls.interfaces().find(({ name }) => name === from)?.addresses ?? [];
  const source = own.find((one) => ipVersion(one.address) === ipVersion(address));
  return ` from ${source?.address ?? '0.0.0.0'} ${from}:`;
}

function firstLine(state: PingState, calls: SystemCalls): string {
  const { host, address, options } = state;
  const { size } = options;
  const from = fromText(state, calls);
  if (ipVersion(address) !== 6) {
    return `PING ${host} (${address})${from} ${size}(${size + HEADERS}) bytes of data.\n`;
  }
  const named = host === address ? address : `${host} (${address})`;
  return `PING ${host}(${named})${from} ${size} data bytes\n`;
}

/** acknowledge() of iputils: how many requests were under way when this one came back. */
function acknowledge(state: PingState, sequence: number): void {
  state.pipe = Math.max(state.pipe, state.sent - sequence + 1);
  delete state.sentAt[sequence];
}

/** The request that an error without a number is of: the oldest under way. */
const oldestOf = ({ sentAt, sent }: PingState) =>
  Math.min(sent, ...Object.keys(sentAt).map(Number));

function hearReply(
  state: PingState,
  event: Extract<ProgramEvent, { type: 'echo-reply' }>,
  calls: SystemCalls,
): void {
  const sentAt = state.sentAt[event.sequence];
  if (sentAt === undefined) return;
  const took = calls.now - sentAt;
  acknowledge(state, event.sequence);
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
  if (state.isConnecting || (!event.icmp && !['EHOSTUNREACH', 'EMSGSIZE'].includes(event.error))) {
    const text = errorText(event.error);
    calls.printError(event.error === 'EACCES' ? BROADCAST : `ping: connect: ${text}\n`);
    calls.exit(2);
    return;
  }
  state.errors += 1;
  const sequence = event.icmp?.sequence ?? oldestOf(state);
  acknowledge(state, sequence);
  const isSameFamily = (own: string) => ipVersion(own) === ipVersion(state.address);
  const own = calls.localAddresses().find(isSameFamily);
  const from = event.icmp?.from ?? own ?? state.address;
  if (event.error === 'EMSGSIZE' && (from === own || !event.icmp)) {
    calls.printError(`ping: local error: message too long, mtu=${event.icmp?.mtu ?? 0}\n`);
  } else if (!state.options.quiet)
    calls.print(`From ${from} icmp_seq=${sequence} ${icmpText(state, event.icmp)}\n`);
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
  const { host, sent, received, errors, times, pipe } = state;
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
    const text = shown.map((time) => milliseconds(time).toFixed(3)).join('/');
    calls.print(`rtt min/avg/max/mdev = ${text} ms${pipe > 1 ? `, pipe ${pipe}` : ''}\n`);
  } else calls.print(pipe > 1 ? `pipe ${pipe}\n` : '\n');
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
    const parsed = parsePingArguments(args);
    const isWrong = typeof parsed === 'string';
    const state: PingState = {
      options: isWrong ? defaultPingOptions() : parsed.options,
      host: isWrong ? '' : parsed.host,
      address: '',
      startedAt: calls.now,
      sentAt: {},
      sent: 0,
      received: 0,
      errors: 0,
      pipe: 0,
      isConnecting: false,
      times: [],
      lastAt: calls.now,
    };
    if (isWrong) {
      calls.printError(parsed);
      calls.exit(/usage error|invalid argument/.test(parsed) ? 1 : 2);
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
