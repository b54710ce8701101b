import { listEntries, removeEntry, type ConntrackEntry } from '../linux/conntrack.ts';
import { formatConntrackEntry } from '../linux/netfilter/print/conntrack-entry.ts';
import { ipVersion } from '../base/ip.ts';
import { finished } from './command.ts';
import { onLinux } from './namespace-of-place.ts';

const TOOL = 'conntrack v1.4.7 (conntrack-tools)';
const TRY = "Try `conntrack -h' or 'conntrack --help' for more information.\n";
const USAGE = `Command line interface for the connection tracking system. Version 1.4.7
Usage: conntrack [commands] [options]

Commands:
  -L [table] [options]		List conntrack or expectation table
  -G [table] parameters		Get conntrack or expectation
  -D [table] parameters		Delete conntrack or expectation
  -I [table] parameters		Create a conntrack or expectation
  -U [table] parameters		Update a conntrack
  -E [table] [options]		Show events
  -F [table]			Flush table
  -C [table]			Show counter
  -S				Show statistics

Tables: conntrack, expect, dying, unconfirmed

Conntrack parameters and options:
  -n, --src-nat ip			source NAT ip
  -g, --dst-nat ip			destination NAT ip
  -j, --any-nat ip			source or destination NAT ip
  -m, --mark mark			Set mark
  -c, --secmark secmark			Set selinux secmark
  -e, --event-mask eventmask		Event mask, eg. NEW,DESTROY
  -z, --zero 				Zero counters while listing
  -o, --output type[,...]		Output format, eg. xml
  -l, --label label[,...]		conntrack labels

Expectation parameters and options:
  --tuple-src ip	Source address in expect tuple
  --tuple-dst ip	Destination address in expect tuple

Updating parameters and options:
  --label-add label	Add label
  --label-del label	Delete label

Common parameters and options:
  -s, --src, --orig-src ip		Source address from original direction
  -d, --dst, --orig-dst ip		Destination address from original direction
  -r, --reply-src ip		Source addres from reply direction
  -q, --reply-dst ip		Destination address from reply direction
  -p, --protonum proto		Layer 4 Protocol, eg. 'tcp'
  -f, --family proto		Layer 3 Protocol, eg. 'ipv6'
  -t, --timeout timeout		Set timeout
  -u, --status status		Set status, eg. ASSURED
  -w, --zone value		Set conntrack zone
  --orig-zone value		Set zone for original direction
  --reply-zone value		Set zone for reply direction
  -b, --buffer-size		Netlink socket buffer size
  --mask-src ip			Source mask address
  --mask-dst ip			Destination mask address

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
  '--output': '-o',
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

const COMMANDS: Readonly<Record<string, 'list' | 'delete' | 'flush' | 'count' | 'statistics'>> = {
  '-L': 'list',
  '--dump': 'list',
  '-D': 'delete',
  '--delete': 'delete',
  '-F': 'flush',
  '--flush': 'flush',
  '-C': 'count',
  '--count': 'count',
  '-S': 'statistics',
  '--stats': 'statistics',
};

const PORTS: readonly string[] = ['--sport', '--dport', '--reply-port-src', '--reply-port-dst'];
const OUTPUTS: readonly string[] = [
  'xml',
  'extended',
  'timestamp',
  'id',
  'ktimestamp',
  'labels',
  'userspace',
  'save',
];
const STATUSES: readonly string[] = [
  'ASSURED',
  'SEEN_REPLY',
  'UNSET',
  'FIXED_TIMEOUT',
  'CONFIRMED',
  'UNREPLIED',
];
const TCP_STATES: readonly string[] = [
  'NONE',
  'SYN_SENT',
  'SYN_RECV',
  'ESTABLISHED',
  'FIN_WAIT',
  'CLOSE_WAIT',
  'LAST_ACK',
  'TIME_WAIT',
  'CLOSE',
  'LISTEN',
];
const LONG_NAMES: Readonly<Record<string, string>> = {
  '-s': '--src',
  '-d': '--dst',
  '-p': '--protonum',
};
const VERSION = `${TOOL}\n`;

/** What is wrong with an option's value; undefined when nothing is. */
function complaintAbout(option: string, value: string): string | undefined {
  if (
    ['-s', '-d', '-r', '-q'].includes(option) &&
    ipVersion(value.split('/')[0] ?? '') === undefined
  )
    return `Invalid IP address \`${value}'`;
  if (option === '--state' && !TCP_STATES.includes(value)) return `unknown TCP state \`${value}'`;
  if (option === '-u' && !value.split(',').every((word) => STATUSES.includes(word)))
    return `Bad parameter \`${value}'`;
  return undefined;
}

/** nf_conntrack_stat of each processor. Simplified: what the simulated table does not count reads 0, and there are two. */
const statistics = () =>
  [0, 1]
    .map(
      (cpu) =>
        `cpu=${cpu}   \tfound=0 invalid=0 insert=0 insert_failed=0 drop=0 early_drop=0 error=0 search_restart=0 clash_resolve=0 chaintoolong=0 \n`,
    )
    .join('');

interface Request {
  readonly command?: 'list' | 'delete' | 'flush' | 'count' | 'statistics';
  readonly filters: readonly Keep[];
  /** `-o extended`: the network protocol in front. */
  readonly isExtended: boolean;
}

function parseArguments(args: readonly string[]): Request | string {
  const filters: Keep[] = [];
  let command: Request['command'];
  let isExtended = false;
  let first: string | undefined;
  let protocol: string | undefined;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    const [name = '', joined] = arg.startsWith('--') ? arg.split('=') : [arg];
    const option = ALIASES[name] ?? name;
    const filter = FILTERS[option];
    const natFilter = NAT_FILTERS[option];
    if (PORTS.includes(option) && protocol === undefined && !args.includes('-p'))
      return `${TOOL}: unknown option \`${name}'\n${TRY}`;
    if (!COMMANDS[option]) first ??= option;
    if (option === '-V' || option === '--version') return VERSION;
    if (COMMANDS[option]) command = COMMANDS[option];
    else if (filter) {
      const value = joined ?? args[++i];
      if (value === undefined) return `${TOOL}: option \`${name}' requires an argument\n${TRY}`;
      if (option === '-p' && !['tcp', 'udp', 'icmp', 'sctp', 'icmpv6'].includes(value))
        return `${TOOL}: \`${value}' unsupported protocol\n${TRY}`;
      const complaint = complaintAbout(option, value);
      if (complaint !== undefined) return `${TOOL}: ${complaint}\n${TRY}`;
      if (option === '-p') protocol = value;
      filters.push(filter(value));
    } else if (natFilter) filters.push(natFilter);
    else if (option === '-f') {
      const family = joined ?? args[++i];
      if (family !== 'ipv4' && family !== 'ipv6') {
        return `${TOOL}: \`${family ?? ''}' unsupported protocol\n${TRY}`;
      }
      filters.push(({ original }) => original.source.address.includes(':') === (family === 'ipv6'));
    } else if (option === '-o') {
      const output = joined ?? args[++i] ?? '';
      const odd = output.split(',').find((word) => !OUTPUTS.includes(word));
      if (odd !== undefined) return `${TOOL}: Bad parameter \`${odd}'\n${TRY}`;
      isExtended ||= output.split(',').includes('extended');
    } else if (arg !== 'conntrack') return `${TOOL}: unknown option \`${arg}'\n${TRY}`;
  }
  if (!command && first !== undefined)
    return `${TOOL}: Illegal option \`${LONG_NAMES[first] ?? first}' with this command\n${TRY}`;
  return { filters, isExtended, ...(command && { command }) };
}

/** conntrack(8) 1.4.7 over the namespace's table: -L, -C, -D, -F, -S with their filters. */
export const conntrack = onLinux((args, { namespace, mayAdminister }, { cluster }) => {
  const request = parseArguments(args);
  if (request === VERSION) return finished(VERSION);
  if (typeof request === 'string') return finished('', 2, request);
  if (!request.command) return finished(USAGE);
  if (!mayAdminister)
    return finished('', 1, `${TOOL}: Operation failed: Operation not permitted\n`);
  const all = listEntries(namespace.conntrack, cluster.now);
  const found = all.filter((entry) => request.filters.every((keep) => keep(entry)));
  const lead = ({ original }: ConntrackEntry) =>
    !request.isExtended
      ? ''
      : original.source.address.includes(':')
        ? 'ipv6     10 '
        : 'ipv4     2 ';
  const lines = () =>
    found.map((entry) => `${lead(entry)}${formatConntrackEntry(entry, cluster.now)}\n`).join('');
  switch (request.command) {
    case 'statistics':
      return finished(statistics());
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
