import { ipVersion } from '../../../base/ip.ts';
import { MILLISECOND, SECOND, type Micros } from '../../../base/clock.ts';
import type { Program, ProgramEvent, SocketId, SystemCalls } from '../../../linux/program.ts';
import type { IcmpType } from '../../../packet/packet.ts';
import { nameOfAddress } from '../address-name.ts';
import { errorText } from '../fetch.ts';
import {
  advanceResolver,
  resolutionErrorText,
  startResolver,
  type ResolverState,
} from '../resolver/resolver.ts';
import { defaultOptions, parseTraceroute, type TracerouteOptions } from './options.ts';

interface Probe {
  readonly hop: number;
  readonly sentAt: Micros;
  socket?: SocketId;
  /** What came back; `from` undefined: nobody answered in time. */
  answer?: { readonly from?: string; readonly took: Micros; readonly mark: string };
}

interface TracerouteState {
  readonly options: TracerouteOptions;
  resolver?: ResolverState;
  address: string;
  /** Of -I: one socket for all of them. */
  pingSocket?: SocketId;
  readonly probes: Probe[];
  /** The first hop that was the end: the destination, or who said that there is no way. */
  lastHop: number;
  printed: number;
}

const TICK = 'tick';
const FIRST_PORT = 33_434;
const TCP_PORT = 80;
const UDP_HEADERS = { 4: 28, 6: 48 } as const;
/** Bytes beyond the IP header when no length is given. */
const DATA = 40;
/** A late probe is not waited for longer than ten times what the next hop took (-w MAX,HERE,NEAR). */
const NEAR = 10;
const SHORTEST_WAIT: Micros = 10 * MILLISECOND;

/** What stands behind the time: why the way ends here. */
function markOf(type: IcmpType, mtu: number | undefined): string {
  switch (type) {
    case 'net-unreachable':
      return ' !N';
    case 'host-unreachable':
      return ' !H';
    case 'protocol-unreachable':
      return ' !P';
    case 'admin-prohibited':
      return ' !X';
    case 'fragmentation-needed':
      return ` !F-${mtu ?? 0}`;
    case 'port-unreachable':
    case 'redirect':
    case 'ttl-exceeded':
    case 'echo-request':
    case 'echo-reply':
    case 'neighbour-solicitation':
    case 'neighbour-advertisement':
      return '';
  }
}

const familyOf = ({ address }: TracerouteState) => ipVersion(address) ?? 4;
const lengthOf = (state: TracerouteState) =>
  state.options.length ?? DATA + (familyOf(state) === 6 ? 40 : 20);

function sendProbe(state: TracerouteState, calls: SystemCalls): void {
  const { options, address, probes } = state;
  const index = probes.length;
  const hop = options.firstHop + Math.floor(index / options.queries);
  const probe: Probe = { hop, sentAt: calls.now };
  probes.push(probe);
  const packet = {
    ttl: hop,
    dontFragment: options.dontFragment,
    ...(options.source === undefined ? {} : { source: options.source }),
  };
  const size = Math.max(0, lengthOf(state) - UDP_HEADERS[familyOf(state)]);
  switch (options.method) {
    case 'icmp':
      if (state.pingSocket !== undefined) {
        calls.sendEcho(state.pingSocket, address, index + 1, { ...packet, size });
      }
      return;
    case 'udp': {
      const opened = calls.openUdp();
      if (!opened.ok) return;
      probe.socket = opened.socket;
      const port = (options.port ?? FIRST_PORT) + index;
      calls.sendTo(
        opened.socket,
        { address, port },
        { kind: 'bytes', text: 'x'.repeat(size) },
        packet,
      );
      return;
    }
    case 'tcp': {
      const opened = calls.connect({ address, port: options.port ?? TCP_PORT }, packet);
      if (opened.ok) probe.socket = opened.socket;
      else failAtOnce(errorText(opened.error), calls);
    }
  }
}

function failAtOnce(text: string, calls: SystemCalls): void {
  calls.printError(`connect: ${text}\n`);
  calls.exit(1);
}

const isOpen = ({ answer }: Probe) => answer === undefined;

/** Keeps as many probes under way as may be, prints the hops that are complete, and ends behind the last. */
function proceed(state: TracerouteState, calls: SystemCalls): void {
  const { options, probes } = state;
  const most = (options.maxHops - options.firstHop + 1) * options.queries;
  const mayAsk = () =>
    probes.length < most &&
    options.firstHop + Math.floor(probes.length / options.queries) <= state.lastHop &&
    probes.filter(isOpen).length < options.simultaneous;
  while (mayAsk()) sendProbe(state, calls);
  printHops(state, calls);
  const last = Math.min(state.lastHop, options.maxHops);
  if (options.firstHop + state.printed > last) {
    calls.exit(0);
    return;
  }
  calls.setTimer(TICK, Math.max(1, nextDeadline(state) - calls.now));
}

function deadlineOf({ options, probes }: TracerouteState, probe: Probe): Micros {
  const near = probes.find(({ hop, answer }) => hop > probe.hop && answer?.from !== undefined);
  const limit = Math.round(options.wait * SECOND);
  const patience = near?.answer ? Math.max(SHORTEST_WAIT, NEAR * near.answer.took) : limit;
  return probe.sentAt + Math.min(limit, patience);
}

const nextDeadline = (state: TracerouteState) =>
  Math.min(...state.probes.filter(isOpen).map((probe) => deadlineOf(state, probe)));

function printHops(state: TracerouteState, calls: SystemCalls): void {
  const { options, probes } = state;
  for (;;) {
    const hop = options.firstHop + state.printed;
    if (hop > state.lastHop) return;
    const own = probes.filter((probe) => probe.hop === hop);
    if (own.length < options.queries || own.some(isOpen)) return;
    state.printed += 1;
    calls.print(`${String(hop).padStart(2)} ${hopText(own, options, calls)}\n`);
  }
}

/** Who answered, once for the same address, and how long each probe took. */
function hopText(probes: readonly Probe[], options: TracerouteOptions, calls: SystemCalls): string {
  let last = '';
  return probes
    .map(({ answer }) => {
      if (answer?.from === undefined) return ' *';
      const isSame = answer.from === last;
      last = answer.from;
      const name = options.numeric
        ? answer.from
        : `${nameOfAddress(answer.from, calls)} (${answer.from})`;
      return `${isSame ? '' : ` ${name}`}  ${(answer.took / MILLISECOND).toFixed(3)} ms${answer.mark}`;
    })
    .join('');
}

function settle(
  state: TracerouteState,
  probe: Probe,
  from: string,
  mark: string,
  meaning: 'on-the-way' | 'the-end',
  calls: SystemCalls,
): void {
  if (!isOpen(probe)) return;
  probe.answer = { from, took: calls.now - probe.sentAt, mark };
  if (probe.socket !== undefined) calls.close(probe.socket);
  if (meaning === 'the-end') state.lastHop = Math.min(state.lastHop, probe.hop);
  proceed(state, calls);
}

function probeOf({ probes, pingSocket }: TracerouteState, event: ProgramEvent): Probe | undefined {
  if (!('socket' in event)) return undefined;
  if (event.socket !== pingSocket) return probes.find(({ socket }) => socket === event.socket);
  if (event.type === 'echo-reply') return probes[event.sequence - 1];
  return event.type === 'failed' ? probes[(event.icmp?.sequence ?? 0) - 1] : undefined;
}

function hear(state: TracerouteState, event: ProgramEvent, calls: SystemCalls): void {
  const probe = probeOf(state, event);
  if (event.type === 'failed' && !event.icmp && state.options.method !== 'tcp') {
    failAtOnce(errorText(event.error), calls);
    return;
  }
  if (!probe) return;
  switch (event.type) {
    case 'connected':
      settle(state, probe, state.address, '', 'the-end', calls);
      return;
    case 'echo-reply':
      settle(state, probe, event.from, '', 'the-end', calls);
      return;
    case 'failed': {
      if (!event.icmp) {
        if (event.error === 'ECONNREFUSED')
          settle(state, probe, state.address, '', 'the-end', calls);
        return;
      }
      const { type, from, mtu } = event.icmp;
      const meaning = type === 'ttl-exceeded' ? 'on-the-way' : 'the-end';
      settle(state, probe, from, markOf(type, mtu), meaning, calls);
      return;
    }
    case 'connection-waiting':
    case 'accepted':
    case 'data':
    case 'datagram':
    case 'ended':
    case 'redirected':
    case 'captured':
    case 'timer':
    case 'signal':
  }
}

function expire(state: TracerouteState, calls: SystemCalls): void {
  for (const probe of state.probes.filter(isOpen)) {
    if (deadlineOf(state, probe) > calls.now) continue;
    probe.answer = { took: 0, mark: '' };
    if (probe.socket !== undefined) calls.close(probe.socket);
  }
  proceed(state, calls);
}

function begin(state: TracerouteState, calls: SystemCalls): void {
  const result = state.resolver?.result;
  if (!result) return;
  const { options } = state;
  if (!result.ok) {
    calls.printError(
      `${options.host}: ${resolutionErrorText(result.error)}\nCannot handle "host" cmdline arg \`${options.host}' on position 1 (argc 1)\n`,
    );
    calls.exit(2);
    return;
  }
  state.address = result.addresses[0] ?? '';
  if (options.method === 'icmp') {
    const opened = calls.openPing();
    if (opened.ok) state.pingSocket = opened.socket;
  }
  calls.print(
    `traceroute to ${options.host} (${state.address}), ${options.maxHops} hops max, ${lengthOf(state)} byte packets\n`,
  );
  proceed(state, calls);
}

/** traceroute(8) 2.1.6: UDP to rising ports, -I echo requests, -T SYNs. */
export const TRACEROUTE: Program<TracerouteState> = {
  name: 'traceroute',
  start(args, calls) {
    const parsed = parseTraceroute(args);
    const options = parsed.ok ? parsed.options : defaultOptions();
    const state: TracerouteState = {
      options,
      address: '',
      probes: [],
      lastHop: options.maxHops,
      printed: 0,
    };
    if (!parsed.ok) {
      calls.printError(parsed.output);
      calls.exit(parsed.exitCode);
      return state;
    }
    const { family, host } = parsed.options;
    state.resolver = startResolver(
      host,
      family === 6 ? ['AAAA'] : family === 4 ? ['A'] : ['A', 'AAAA'],
      calls,
    );
    begin(state, calls);
    return state;
  },
  handle(state, event, calls) {
    if (event.type === 'signal') calls.exit(event.signal === 'SIGINT' ? 130 : 143);
    else if (state.resolver && !state.resolver.result) {
      if (advanceResolver(state.resolver, event, calls)) begin(state, calls);
    } else if (event.type === 'timer' && event.name === TICK) expire(state, calls);
    else hear(state, event, calls);
  },
};
