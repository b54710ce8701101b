import { ipVersion } from '../base/ip.ts';
import { backlogOf, waitingFor } from '../linux/listener.ts';
import type { NetworkNamespace, Socket } from '../linux/network.ts';
import { ANY_ADDRESS6, payloadLength } from '../linux/sockets.ts';
import { portName } from '../workloads/client/port-names.ts';
import { finished, type CommandContext } from './command.ts';
import { onLinux } from './namespace-of-place.ts';
import { parseSsFilter, passesSsFilter, type SsFilter } from './ss-filter.ts';

interface SsOptions {
  tcp: boolean;
  udp: boolean;
  sctp: boolean;
  listening: boolean;
  all: boolean;
  numeric: boolean;
  processes: boolean;
  header: boolean;
  summary: boolean;
  extended: boolean;
  family?: 4 | 6;
  readonly states: string[];
  readonly excluded: string[];
  filter: SsFilter;
}

const USAGE = `Usage: ss [ OPTIONS ]
       ss [ OPTIONS ] [ FILTER ]
   -h, --help          this message
   -n, --numeric       don't resolve service names
   -a, --all           display all sockets
   -l, --listening     display listening sockets
   -p, --processes     show process using socket
   -4, --ipv4          display only IP version 4 sockets
   -t, --tcp           display only TCP sockets
   -u, --udp           display only UDP sockets
   -S, --sctp          display only SCTP sockets
   -H, --no-header     Suppress header line
       FILTER := [ state STATE-FILTER ] [ EXPRESSION ]
`;

const LONG: Readonly<Record<string, string>> = {
  tcp: 't',
  udp: 'u',
  sctp: 'S',
  listening: 'l',
  all: 'a',
  numeric: 'n',
  processes: 'p',
  'no-header': 'H',
  ipv4: '4',
  help: 'h',
};

/** `state NAME` and `exclude NAME` come first; the rest is the expression. A text is the error. */
function readFilter(words: readonly string[], options: SsOptions): string | undefined {
  let at = 0;
  while (words[at] === 'state' || words[at] === 'exclude' || words[at] === 'excl') {
    const name = words[at + 1] ?? '';
    if (!(name in STATES)) return `ss: wrong state name: ${name}\n`;
    (words[at] === 'state' ? options.states : options.excluded).push(name);
    at += 2;
  }
  const filter = parseSsFilter(words.slice(at));
  if (!filter) return `ss: bison bellows (while parsing filter): "syntax error!" Sorry.\n${USAGE}`;
  options.filter = filter;
  return undefined;
}

function parseArguments(args: readonly string[]): SsOptions | string {
  const options: SsOptions = {
    tcp: false,
    udp: false,
    sctp: false,
    listening: false,
    all: false,
    numeric: false,
    processes: false,
    header: true,
    summary: false,
    extended: false,
    states: [],
    excluded: [],
    filter: { type: 'all' },
  };
  const filter: string[] = [];
  for (const arg of args) {
    if (!arg.startsWith('-')) {
      filter.push(arg);
      continue;
    }
    const letters = arg.startsWith('--') ? LONG[arg.slice(2)] : arg.slice(1);
    if (letters === undefined) return `ss: unrecognized option '${arg}'\n${USAGE}`;
    for (const letter of letters) {
      if (letter === 't') options.tcp = true;
      else if (letter === 'u') options.udp = true;
      else if (letter === 'S') options.sctp = true;
      else if (letter === 'l') options.listening = true;
      else if (letter === 'a') options.all = true;
      else if (letter === 'n') options.numeric = true;
      else if (letter === 'p') options.processes = true;
      else if (letter === 'H') options.header = false;
      else if (letter === 's') options.summary = true;
      else if (letter === 'e') options.extended = true;
      else if (letter === '4' || letter === '6') options.family = letter === '4' ? 4 : 6;
      else if (letter === 'h') return USAGE;
      else if (!'oirmOxwf'.includes(letter)) return `ss: invalid option -- '${letter}'\n${USAGE}`;
    }
  }
  return readFilter(filter, options) ?? options;
}

const CONNECTED = [
  'ESTAB',
  'SYN-SENT',
  'SYN-RECV',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'TIME-WAIT',
  'CLOSE-WAIT',
  'LAST-ACK',
];

const STATES: Readonly<Record<string, readonly string[]>> = {
  all: [...CONNECTED, 'LISTEN', 'UNCONN'],
  connected: CONNECTED,
  synchronized: CONNECTED.filter((state) => state !== 'SYN-SENT'),
  bucket: ['SYN-RECV', 'TIME-WAIT'],
  big: [...CONNECTED.filter((state) => state !== 'SYN-RECV' && state !== 'TIME-WAIT'), 'LISTEN'],
  established: ['ESTAB'],
  listening: ['LISTEN', 'UNCONN'],
  listen: ['LISTEN'],
  unconnected: ['UNCONN'],
  closed: ['UNCONN'],
  closing: [],
  'syn-sent': ['SYN-SENT'],
  'syn-recv': ['SYN-RECV'],
  'time-wait': ['TIME-WAIT'],
  'close-wait': ['CLOSE-WAIT'],
  'fin-wait-1': ['FIN-WAIT-1'],
  'fin-wait-2': ['FIN-WAIT-2'],
  'last-ack': ['LAST-ACK'],
};

/** UDP has no states: connected ones read ESTAB, others UNCONN. */
const stateOf = (socket: Socket) => socket.state ?? (socket.peer ? 'ESTAB' : 'UNCONN');

function isShown(socket: Socket, options: SsOptions): boolean {
  const every = !options.tcp && !options.udp && !options.sctp;
  if (socket.protocol === 'icmp') return false;
  if (!every && !options[socket.protocol]) return false;
  const state = stateOf(socket);
  const isListening = state === 'LISTEN' || state === 'UNCONN';
  const version = ipVersion(socket.local.address) === 6 ? 6 : 4;
  if (options.family !== undefined && version !== options.family) return false;
  if (options.excluded.some((name) => (STATES[name] ?? []).includes(state))) return false;
  const isAsked =
    options.states.length > 0
      ? options.states.some((name) => (STATES[name] ?? []).includes(state))
      : options.all || (options.listening ? isListening : !isListening && state !== 'TIME-WAIT');
  return isAsked && passesSsFilter(socket, options.filter);
}

interface Row {
  readonly netid: string;
  readonly state: string;
  readonly receive: string;
  readonly send: string;
  readonly local: readonly [address: string, port: string];
  readonly peer: readonly [address: string, port: string];
  readonly process: string;
}

/** `[::1]`, `[::ffff:10.0.0.1]` for IPv4 over a socket of both families, `*` for any address of both. */
function addressText(address: string, socket: Socket, namespace: NetworkNamespace): string {
  const listener = socket.listener === undefined ? socket : namespace.sockets[socket.listener];
  const isBoth = listener?.local.address === ANY_ADDRESS6;
  if (address === ANY_ADDRESS6) return '*';
  if (ipVersion(address) === 6) return `[${address}]`;
  return isBoth ? `[::ffff:${address}]` : address;
}

/** Of a listener what waits to be accepted and what may; of a connection the bytes that nobody has read. */
function queuesOf(socket: Socket, namespace: NetworkNamespace): Pick<Row, 'receive' | 'send'> {
  if (socket.state !== 'LISTEN') {
    const unread = (socket.unread ?? []).reduce((sum, payload) => sum + payloadLength(payload), 0);
    return { receive: String(unread), send: '0' };
  }
  return {
    receive: String(waitingFor(namespace, socket).length),
    send: String(backlogOf(namespace, socket)),
  };
}

function rowOf(
  socket: Socket,
  options: SsOptions,
  namespace: NetworkNamespace,
  { cluster }: CommandContext,
): Row {
  const protocol = socket.protocol === 'udp' ? 'udp' : 'tcp';
  const portText = (port: number | undefined) => {
    if (port === undefined || port === 0) return '*';
    return options.numeric ? String(port) : (portName(port, protocol) ?? String(port));
  };
  const process = cluster.network.processes[socket.pid];
  const isAlive = process && process.exitCode === undefined;
  const any = ipVersion(socket.local.address) === 6 ? ANY_ADDRESS6 : '0.0.0.0';
  return {
    netid: socket.protocol,
    state: stateOf(socket),
    ...queuesOf(socket, namespace),
    local: [addressText(socket.local.address, socket, namespace), portText(socket.local.port)],
    peer: [
      addressText(socket.peer?.address ?? any, socket, namespace),
      portText(socket.peer?.port),
    ],
    process: [
      ...(options.processes && isAlive
        ? [`users:(("${process.program}",pid=${process.pid},fd=${socket.id}))`]
        : []),
      ...(options.extended ? [`ino:${20_000 + socket.id} sk:${socket.id.toString(16)} <->`] : []),
    ].join(' '),
  };
}

/** Columns as wide as their widest cell; addresses lean on the colon (misc/ss.c `render`). */
function table(rows: readonly Row[], options: SsOptions): string {
  const header: Row = {
    netid: 'Netid',
    state: 'State',
    receive: 'Recv-Q',
    send: 'Send-Q',
    local: ['Local Address', 'Port'],
    peer: ['Peer Address', 'Port'],
    process: 'Process',
  };
  const all = options.header ? [header, ...rows] : rows;
  const width = (pick: (row: Row) => string) => Math.max(0, ...all.map((row) => pick(row).length));
  const withNetid = [options.tcp, options.udp, options.sctp].filter(Boolean).length !== 1;
  const withState =
    options.states.length !== 1 || (STATES[options.states[0] ?? '']?.length ?? 0) !== 1;
  const widths = {
    netid: width(({ netid }) => netid),
    state: width(({ state }) => state),
    local: [width(({ local }) => local[0]), width(({ local }) => local[1])] as const,
    peer: [width(({ peer }) => peer[0]), width(({ peer }) => peer[1])] as const,
  };
  const processWidth = width(({ process }) => process);
  const lines = all.map((row) => {
    const cells = [
      ...(withNetid ? [row.netid.padEnd(widths.netid)] : []),
      ...(withState ? [row.state.padEnd(widths.state)] : []),
      row.receive.padEnd(6),
      row.send.padEnd(6),
      `${row.local[0].padStart(widths.local[0])}:${row.local[1].padEnd(widths.local[1])}`,
      `${row.peer[0].padStart(widths.peer[0])}:${row.peer[1].padEnd(widths.peer[1])}`,
    ];
    // No blank before the last column: the ports' own width keeps them apart, or does not.
    return `${cells.join(' ')}${row.process.padEnd(processWidth)}`;
  });
  return lines.map((line) => `${line}\n`).join('');
}

/** `ss -s`. */
function summaryOf(namespace: NetworkNamespace): string {
  const sockets = Object.values(namespace.sockets);
  const of = (wanted: Socket['protocol']) => sockets.filter(({ protocol }) => protocol === wanted);
  const tcp = of('tcp');
  const row = (name: string, list: readonly Socket[]) => {
    const v6 = list.filter(({ local }) => ipVersion(local.address) === 6).length;
    const cells = [list.length, list.length - v6, v6].map((count) => String(count).padEnd(9));
    return `${name}\t  ${cells.join(' ')}\n`;
  };
  const established = tcp.filter(({ state }) => state === 'ESTAB').length;
  const orphaned = tcp.filter(({ isOrphan, state }) => isOrphan && state !== 'TIME-WAIT').length;
  const waiting = tcp.filter(({ state }) => state === 'TIME-WAIT').length;
  return `Total: ${sockets.length}\nTCP:   ${tcp.length} (estab ${established}, closed ${waiting}, orphaned ${orphaned}, timewait ${waiting})\n\nTransport Total     IP        IPv6\n${row('RAW', of('icmp'))}${row('UDP', of('udp'))}${row('TCP', tcp)}${row('INET', sockets)}${row('FRAG', [])}\n`;
}

/** ss(8) of iproute2 6.1 for TCP and UDP. Simplified: -i, -o and -m add nothing; what is sent and not acknowledged is not counted. */
export const ss = onLinux((args, { namespace }, context) => {
  const options = parseArguments(args);
  if (options === USAGE) return finished(USAGE);
  if (typeof options === 'string') return finished('', 255, options);
  if (options.summary) return finished(summaryOf(namespace));
  const rows = Object.values(namespace.sockets)
    .filter((socket) => isShown(socket, options))
    .sort((a, b) => (a.protocol === b.protocol ? a.id - b.id : a.protocol === 'udp' ? -1 : 1))
    .map((socket) => rowOf(socket, options, namespace, context));
  return finished(table(rows, options));
});
