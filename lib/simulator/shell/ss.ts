import type { Socket } from '../linux/network.ts';
import { ANY_ADDRESS6 } from '../linux/sockets.ts';
import { finished, type CommandContext } from './command.ts';
import { onLinux } from './namespace-of-place.ts';

interface SsOptions {
  tcp: boolean;
  udp: boolean;
  listening: boolean;
  all: boolean;
  numeric: boolean;
  processes: boolean;
  header: boolean;
  state?: string;
  readonly ports: { readonly side: 'sport' | 'dport'; readonly port: number }[];
}

const SERVICES: Readonly<Record<number, string>> = {
  22: 'ssh',
  53: 'domain',
  80: 'http',
  443: 'https',
  3306: 'mysql',
  5432: 'postgresql',
  6379: 'redis',
  8080: 'http-alt',
};

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
   -H, --no-header     Suppress header line
       FILTER := [ state STATE-FILTER ] [ EXPRESSION ]
`;

const LONG: Readonly<Record<string, string>> = {
  tcp: 't',
  udp: 'u',
  listening: 'l',
  all: 'a',
  numeric: 'n',
  processes: 'p',
  'no-header': 'H',
  ipv4: '4',
  help: 'h',
};

function parseFilter(words: readonly string[], options: SsOptions): void {
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === 'state') options.state = words[++i] ?? '';
    if (word === 'sport' || word === 'dport') {
      const value = words[i + 1] === '=' || words[i + 1] === 'eq' ? words[i + 2] : words[i + 1];
      const port = Number((value ?? '').replace(/^.*:/, ''));
      if (Number.isInteger(port)) options.ports.push({ side: word, port });
    }
  }
}

function parseArguments(args: readonly string[]): SsOptions | string {
  const options: SsOptions = {
    tcp: false,
    udp: false,
    listening: false,
    all: false,
    numeric: false,
    processes: false,
    header: true,
    ports: [],
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
      else if (letter === 'l') options.listening = true;
      else if (letter === 'a') options.all = true;
      else if (letter === 'n') options.numeric = true;
      else if (letter === 'p') options.processes = true;
      else if (letter === 'H') options.header = false;
      else if (letter === 'h') return USAGE;
      else if (!'46oeirmO'.includes(letter)) return `ss: invalid option -- '${letter}'\n${USAGE}`;
    }
  }
  parseFilter(filter, options);
  return options;
}

const STATES: Readonly<Record<string, readonly string[]>> = {
  established: ['ESTAB'],
  listening: ['LISTEN', 'UNCONN'],
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
  const both = !options.tcp && !options.udp;
  if (socket.protocol === 'icmp') return false;
  if (!both && !(socket.protocol === 'tcp' ? options.tcp : options.udp)) return false;
  const state = stateOf(socket);
  const isListening = state === 'LISTEN' || state === 'UNCONN';
  const byState =
    options.state === undefined ||
    options.state === 'all' ||
    (STATES[options.state] ?? []).includes(state);
  const byKind =
    options.all ||
    options.state !== undefined ||
    (options.listening ? isListening : !isListening && state !== 'TIME-WAIT');
  const byPort = options.ports.every(
    ({ side, port }) => (side === 'sport' ? socket.local : socket.peer)?.port === port,
  );
  return byState && byKind && byPort;
}

interface Row {
  readonly netid: string;
  readonly state: string;
  readonly send: string;
  readonly local: readonly [address: string, port: string];
  readonly peer: readonly [address: string, port: string];
  readonly process: string;
}

function rowOf(socket: Socket, options: SsOptions, { cluster }: CommandContext): Row {
  const portText = (port: number | undefined) =>
    port === undefined || port === 0
      ? '*'
      : options.numeric
        ? String(port)
        : (SERVICES[port] ?? String(port));
  const process = cluster.network.processes[socket.pid];
  const state = stateOf(socket);
  return {
    netid: socket.protocol,
    state,
    send: state === 'LISTEN' ? '4096' : '0',
    local: [shownAddress(socket.local.address), portText(socket.local.port)],
    peer: [peerAddress(socket), portText(socket.peer?.port)],
    process:
      options.processes && process && process.exitCode === undefined
        ? `users:(("${process.program}",pid=${process.pid},fd=${socket.id}))`
        : '',
  };
}

/** IPv6 in brackets; any address of both families is a star. */
function shownAddress(address: string): string {
  if (address === ANY_ADDRESS6) return '*';
  return address.includes(':') ? `[${address}]` : address;
}

function peerAddress({ local, peer }: Socket): string {
  if (peer) return shownAddress(peer.address);
  if (local.address === ANY_ADDRESS6) return '*';
  return local.address.includes(':') ? '[::]' : '0.0.0.0';
}

/** Columns as wide as their widest cell; addresses lean on the colon (misc/ss.c `render`). */
function table(rows: readonly Row[], options: SsOptions): string {
  const header: Row = {
    netid: 'Netid',
    state: 'State',
    send: 'Send-Q',
    local: ['Local Address', 'Port'],
    peer: ['Peer Address', 'Port'],
    process: 'Process',
  };
  const all = options.header ? [header, ...rows] : rows;
  const width = (pick: (row: Row) => string) => Math.max(0, ...all.map((row) => pick(row).length));
  const withNetid = options.tcp === options.udp;
  const widths = {
    netid: width(({ netid }) => netid),
    state: width(({ state }) => state),
    local: [width(({ local }) => local[0]), width(({ local }) => local[1])] as const,
    peer: [width(({ peer }) => peer[0]), width(({ peer }) => peer[1])] as const,
  };
  const lines = all.map((row) =>
    [
      ...(withNetid ? [row.netid.padEnd(widths.netid)] : []),
      row.state.padEnd(widths.state),
      (row === header ? 'Recv-Q' : '0').padEnd(6),
      row.send.padEnd(6),
      `${row.local[0].padStart(widths.local[0])}:${row.local[1].padEnd(widths.local[1])}`,
      `${row.peer[0].padStart(widths.peer[0])}:${row.peer[1].padEnd(widths.peer[1])}`,
      row.process,
    ].join(' '),
  );
  return lines.map((line) => `${line}\n`).join('');
}

/** ss(8) of iproute2 6.1 for TCP and UDP. Simplified: queues are empty, no timers or memory. */
export const ss = onLinux((args, { namespace }, context) => {
  const options = parseArguments(args);
  if (options === USAGE) return finished(USAGE);
  if (typeof options === 'string') return finished('', 255, options);
  const rows = Object.values(namespace.sockets)
    .filter((socket) => isShown(socket, options))
    .sort((a, b) => (a.protocol === b.protocol ? a.id - b.id : a.protocol === 'udp' ? -1 : 1))
    .map((socket) => rowOf(socket, options, context));
  return finished(table(rows, options));
});
