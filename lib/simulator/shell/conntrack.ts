import { listEntries, removeEntry, type ConntrackEntry } from '../linux/conntrack.ts';
import { formatConntrackEntry } from '../linux/netfilter/print/conntrack-entry.ts';
import { finished } from './command.ts';
import { onLinux } from './namespace-of-place.ts';

const TOOL = 'conntrack v1.4.7 (conntrack-tools)';
const TRY = "Try `conntrack -h' or 'conntrack --help' for more information.\n";
const USAGE = `Command line interface for the connection tracking system. Version 1.4.7
Usage: conntrack [commands] [options]

Commands:
  -L [table] [options]		List conntrack or expectation table
  -D [table] parameters		Delete conntrack or expectation
  -F [table]			Flush table
  -C [table]			Show counter
`;

type Keep = (entry: ConntrackEntry) => boolean;

/** Filters by option, with their value. */
const FILTERS: Readonly<Record<string, (value: string) => Keep>> = {
  '-p':
    (value) =>
    ({ original }) =>
      original.protocol === value,
  '-s':
    (value) =>
    ({ original }) =>
      original.source.address === value,
  '-d':
    (value) =>
    ({ original }) =>
      original.destination.address === value,
  '-r':
    (value) =>
    ({ reply }) =>
      reply.source.address === value,
  '-q':
    (value) =>
    ({ reply }) =>
      reply.destination.address === value,
  '--sport':
    (value) =>
    ({ original }) =>
      original.source.port === Number(value),
  '--dport':
    (value) =>
    ({ original }) =>
      original.destination.port === Number(value),
  '--reply-port-src':
    (value) =>
    ({ reply }) =>
      reply.source.port === Number(value),
  '--reply-port-dst':
    (value) =>
    ({ reply }) =>
      reply.destination.port === Number(value),
  '-m':
    (value) =>
    ({ mark }) =>
      mark === Number(value),
  '-u':
    (value) =>
    ({ isAssured, isReplied }) =>
      value === 'ASSURED' ? isAssured : value === 'SEEN_REPLY' ? isReplied : !isReplied,
  '--state':
    (value) =>
    ({ tcpState }) =>
      tcpState === value,
};

const ALIASES: Readonly<Record<string, string>> = {
  '--family': '-f',
  '--protonum': '-p',
  '--proto': '-p',
  '--src': '-s',
  '--orig-src': '-s',
  '--dst': '-d',
  '--orig-dst': '-d',
  '--reply-src': '-r',
  '--reply-dst': '-q',
  '--orig-port-src': '--sport',
  '--orig-port-dst': '--dport',
  '--mark': '-m',
  '--status': '-u',
};

/** `-n`/`-g`/`-j`: only connections whose source, destination or either is translated. */
const NAT_FILTERS: Readonly<Record<string, Keep>> = {
  '-n': ({ original, reply }) => reply.destination.address !== original.source.address,
  '-g': ({ original, reply }) => reply.source.address !== original.destination.address,
  '-j': ({ original, reply }) =>
    reply.destination.address !== original.source.address ||
    reply.source.address !== original.destination.address,
};

const COMMANDS: Readonly<Record<string, 'list' | 'delete' | 'flush' | 'count'>> = {
  '-L': 'list',
  '--dump': 'list',
  '-D': 'delete',
  '--delete': 'delete',
  '-F': 'flush',
  '--flush': 'flush',
  '-C': 'count',
  '--count': 'count',
};

interface Request {
  readonly command?: 'list' | 'delete' | 'flush' | 'count';
  readonly filters: readonly Keep[];
}

function parseArguments(args: readonly string[]): Request | string {
  const filters: Keep[] = [];
  let command: Request['command'];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    const [name = '', joined] = arg.startsWith('--') ? arg.split('=') : [arg];
    const option = ALIASES[name] ?? name;
    const filter = FILTERS[option];
    const natFilter = NAT_FILTERS[option];
    if (COMMANDS[option]) command = COMMANDS[option];
    else if (filter) {
      const value = joined ?? args[++i];
      if (value === undefined) return `${TOOL}: option \`${name}' requires an argument\n${TRY}`;
      if (option === '-p' && !['tcp', 'udp', 'icmp', 'sctp', 'icmpv6'].includes(value))
        return `${TOOL}: \`${value}' unsupported protocol\n${TRY}`;
      filters.push(filter(value));
    } else if (natFilter) filters.push(natFilter);
    else if (option === '-f') {
      const family = joined ?? args[++i];
      if (family !== 'ipv4' && family !== 'ipv6') {
        return `${TOOL}: \`${family ?? ''}' unsupported protocol\n${TRY}`;
      }
      filters.push(({ original }) => original.source.address.includes(':') === (family === 'ipv6'));
    } else if (option === '-o' || option === '--output') i += 1;
    else if (arg !== 'conntrack') return `${TOOL}: unknown option \`${arg}'\n${TRY}`;
  }
  return { filters, ...(command && { command }) };
}

/** conntrack(8) 1.4.7 over the namespace's table: -L, -C, -D, -F with their filters. */
export const conntrack = onLinux((args, { namespace, mayAdminister }, { cluster }) => {
  const request = parseArguments(args);
  if (typeof request === 'string') return finished('', 2, request);
  if (!request.command) return finished('', 2, USAGE);
  if (!mayAdminister)
    return finished('', 1, `${TOOL}: Operation failed: Operation not permitted\n`);
  const all = listEntries(namespace.conntrack, cluster.now);
  const found = all.filter((entry) => request.filters.every((keep) => keep(entry)));
  const lines = () =>
    found.map((entry) => `${formatConntrackEntry(entry, cluster.now)}\n`).join('');
  switch (request.command) {
    case 'count':
      return finished(`${all.length}\n`);
    case 'list':
      return finished(lines(), 0, `${TOOL}: ${found.length} flow entries have been shown.\n`);
    case 'flush':
      for (const entry of all) removeEntry(namespace.conntrack, entry);
      return finished('', 0, `${TOOL}: connection tracking table has been emptied.\n`);
    case 'delete': {
      const text = lines();
      for (const entry of found) removeEntry(namespace.conntrack, entry);
      const tail = `${TOOL}: ${found.length} flow entries have been deleted.\n`;
      return finished(text, found.length > 0 ? 0 : 1, tail);
    }
  }
});
