import { formatTimestamp, formatMicroTime, SECOND, type Micros } from '../../../base/clock.ts';
import { ANY_DEVICE } from '../../../linux/capture.ts';
import type { CapturedAs } from '../../../linux/program.ts';
import type { Program, ProgramEvent, SocketId, SystemCalls } from '../../../linux/program.ts';
import { frameLength, type Frame } from '../../../packet/packet.ts';
import { nameOfAddress } from '../address-name.ts';
import { portName } from '../port-names.ts';
import { hostsEntriesOf, parseHosts } from '../resolver/hosts-file.ts';
import type { Filter } from './filter.ts';
import { matchesFilter } from './match-filter.ts';
import { defaultOptions, parseOptions, type TcpdumpOptions } from './options.ts';
import { parseFilter } from './parse-filter.ts';
import type { PrintContext, TcpView } from './print-context.ts';
import { bodyText, etherType, frameText, protocolWord } from './print-frame.ts';

interface TcpdumpState {
  readonly options: TcpdumpOptions;
  readonly filter: Filter;
  readonly device: string;
  socket?: SocketId;
  captured: number;
  /** When the line before was printed, for -ttt. */
  lastAt?: Micros;
  readonly connections: Record<string, TcpView>;
}

type Captured = Extract<ProgramEvent, { type: 'captured' }>;

/** tcpdump forgets old connections; the kernel would hand it no more than its buffer holds. */
const MAX_CONNECTIONS = 1000;

const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;

function listDevices(calls: SystemCalls): string {
  const devices = calls.interfaces();
  const up = devices.filter(({ isUp }) => isUp);
  const rows = [
    ...up
      .filter(({ kind }) => kind === 'other')
      .map(({ name }) => `${name} [Up, Running, Connected]`),
    'any (Pseudo-device that captures on all interfaces) [Up, Running]',
    ...up
      .filter(({ kind }) => kind === 'loopback')
      .map(({ name }) => `${name} [Up, Running, Loopback]`),
    ...devices.filter(({ isUp }) => !isUp).map(({ name }) => `${name} [none]`),
  ];
  return rows.map((row, i) => `${i + 1}.${row}\n`).join('');
}

const defaultDevice = (calls: SystemCalls) =>
  calls.interfaces().find(({ isUp, kind }) => isUp && kind === 'other')?.name ?? 'lo';

function timeText(state: TcpdumpState, now: Micros): string {
  const fraction = String(now % SECOND).padStart(6, '0');
  switch (state.options.timestamps) {
    case 'none':
      return '';
    case 'time':
      return `${formatMicroTime(now).slice(11, 26)} `;
    case 'epoch':
      return `${Math.floor(now / SECOND)}.${fraction} `;
    case 'date':
      return `${formatTimestamp(now).replace('T', ' ').slice(0, 19)}.${fraction} `;
    case 'delta': {
      const since = now - (state.lastAt ?? now);
      return ` ${formatMicroTime(since).slice(11, 26)} `;
    }
  }
}

const AS_WORDS: Readonly<Record<CapturedAs, string>> = {
  host: 'In',
  broadcast: 'B',
  multicast: 'M',
  otherhost: 'P',
  outgoing: 'Out',
};

function contextOf({ options, connections }: TcpdumpState, calls: SystemCalls): PrintContext {
  const { numeric, verbosity, quiet, showLink, absoluteSequence } = options;
  return {
    verbosity,
    quiet,
    showLink,
    absoluteSequence,
    connections,
    hostName: (address) => (numeric > 0 ? address : nameOfAddress(address, calls)),
    portName: (port, transport) =>
      numeric > 0 ? String(port) : (portName(port, transport) ?? String(port)),
  };
}

/** On `any` a line begins with the device and the direction (print-sll.c, LINUX_SLL2). */
function cookedText(
  { device, as, frame }: Captured,
  context: PrintContext,
  calls: SystemCalls,
): string {
  const head = `${device.padEnd(5)} ${AS_WORDS[as].padEnd(3)} `;
  if (!context.showLink) return head + protocolWord(frame) + bodyText(frame, context);
  const index = calls.interfaces().findIndex(({ name }) => name === device) + 1;
  return `${head}ifindex ${index} ${frame.source} ethertype ${etherType(frame)}, length ${cookedLength(frame)}: ${bodyText(frame, context)}`;
}

/** The cooked header has 20 bytes where Ethernet's has 14. */
const cookedLength = (frame: Frame) => frameLength(frame) + 6;

function hear(state: TcpdumpState, event: Captured, calls: SystemCalls): void {
  const { options, filter } = state;
  const isOut = event.as === 'outgoing';
  if (options.direction === (isOut ? 'in' : 'out') || !matchesFilter(event.frame, filter)) return;
  state.captured += 1;
  const context = contextOf(state, calls);
  const text =
    state.device === ANY_DEVICE
      ? cookedText(event, context, calls)
      : frameText(event.frame, context);
  const number = options.number ? `${String(state.captured).padStart(5)}  ` : '';
  calls.print(`${number}${timeText(state, calls.now)}${text}\n`);
  state.lastAt = calls.now;
  const keys = Object.keys(state.connections);
  if (keys.length > MAX_CONNECTIONS) delete state.connections[keys[0] ?? ''];
  if (options.count !== undefined && state.captured >= options.count) finish(state, '', calls);
}

function finish(state: TcpdumpState, before: string, calls: SystemCalls): void {
  const { captured } = state;
  calls.printError(
    `${before}${plural(captured, 'packet')} captured\n${plural(captured, 'packet')} received by filter\n0 packets dropped by kernel\n`,
  );
  calls.exit(0);
}

/** Opens the device and says what it listens on. */
function begin(state: TcpdumpState, calls: SystemCalls): void {
  const { device, options } = state;
  const opened = calls.openCapture(device);
  if (!opened.ok) {
    calls.printError(`tcpdump: ${device}: No such device exists\n(No such device exists)\n`);
    calls.exit(1);
    return;
  }
  state.socket = opened.socket;
  const isAny = device === ANY_DEVICE;
  const type = isAny ? 'LINUX_SLL2 (Linux cooked v2)' : 'EN10MB (Ethernet)';
  const hint =
    options.verbosity > 0
      ? 'tcpdump: '
      : 'tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\n';
  calls.printError(
    `${isAny ? 'tcpdump: data link type LINUX_SLL2\n' : ''}${hint}listening on ${device}, link-type ${type}, snapshot length 262144 bytes\n`,
  );
}

function lookUpName(name: string, calls: SystemCalls): string | undefined {
  const entries = hostsEntriesOf(parseHosts(calls.readFile('/etc/hosts') ?? ''), name);
  return entries[0]?.address;
}

/** tcpdump(8) 4.99.5. Simplified: nothing is written to or read from files, and -x and -A show nothing more. */
export const TCPDUMP: Program<TcpdumpState> = {
  name: 'tcpdump',
  start(args, calls) {
    const parsed = parseOptions(args);
    const options = parsed.ok ? parsed.options : undefined;
    const filter = parseFilter(options?.filter ?? '', (name) => lookUpName(name, calls));
    const state: TcpdumpState = {
      options: options ?? defaultOptions(),
      filter: filter.ok ? filter.filter : { type: 'all' },
      device: options?.device ?? defaultDevice(calls),
      captured: 0,
      connections: {},
    };
    if (!parsed.ok) {
      calls.printError(parsed.message);
      calls.exit(parsed.exitCode);
    } else if (state.options.list) {
      calls.print(listDevices(calls));
      calls.exit(0);
    } else if (!filter.ok) {
      calls.printError(`tcpdump: ${filter.message}\n`);
      calls.exit(1);
    } else begin(state, calls);
    return state;
  },
  handle(state, event, calls) {
    if (event.type === 'captured') hear(state, event, calls);
    else if (event.type === 'signal') finish(state, '\n', calls);
  },
};
