import { ipVersion } from '../../base/ip.ts';
import type { AddressType } from './resolver/resolver.ts';

export interface PingOptions {
  count?: number;
  /** Seconds between requests. */
  interval: number;
  /** Seconds that the last reply may take. */
  wait: number;
  deadline?: number;
  size: number;
  quiet: boolean;
  ttl?: number;
  /** `-M`: `do` forbids cutting on the way, `dont` allows it; absent: as the kernel likes it. */
  discovery?: 'do' | 'dont' | 'want';
  /** `-I`: the name of a device, or an own address. */
  from?: string;
  broadcast: boolean;
  types: readonly AddressType[];
}

/** getaddrinfo without a family: the first answer counts, by the order of RFC 6724. */
const BOTH: readonly AddressType[] = ['A', 'AAAA'];

const USAGE = `
Usage
  ping [options] <destination>

Options:
  <destination>      dns name or ip address
  -a                 use audible ping
  -A                 use adaptive ping
  -B                 sticky source address
  -c <count>         stop after <count> replies
  -C                 call connect() syscall on socket creation
  -D                 print timestamps
  -d                 use SO_DEBUG socket option
  -e <identifier>    define identifier for ping session, default is random for
                     SOCK_RAW and kernel defined for SOCK_DGRAM
                     Imply using SOCK_RAW (for IPv4 only for identifier 0)
  -f                 flood ping
  -h                 print help and exit
  -I <interface>     either interface name or address
  -i <interval>      seconds between sending each packet
  -L                 suppress loopback of multicast packets
  -l <preload>       send <preload> number of packages while waiting replies
  -m <mark>          tag the packets going out
  -M <pmtud opt>     define mtu discovery, can be one of <do|dont|want>
  -n                 no dns name resolution
  -O                 report outstanding replies
  -p <pattern>       contents of padding byte
  -q                 quiet output
  -Q <tclass>        use quality of service <tclass> bits
  -s <size>          use <size> as number of data bytes to be sent
  -S <size>          use <size> as SO_SNDBUF socket option value
  -t <ttl>           define time to live
  -U                 print user-to-user latency
  -v                 verbose output
  -V                 print version and exit
  -w <deadline>      reply wait <deadline> in seconds
  -W <timeout>       time to wait for response

IPv4 options:
  -4                 use IPv4
  -b                 allow pinging broadcast
  -R                 record route
  -T <timestamp>     define timestamp, can be one of <tsonly|tsandaddr|tsprespec>

IPv6 options:
  -6                 use IPv6
  -F <flowlabel>     define flow label, default is random
  -N <nodeinfo opt>  use icmp6 node info query, try <help> as argument

For more details see ping(8).
`;

const MOST = '9223372036854775807';

/** Options with a number: the least that is taken, and the most. */
const NUMBERS: Readonly<Record<string, readonly [least: number, most: string]>> = {
  c: [1, MOST],
  s: [0, '2147483647'],
  t: [0, '255'],
  w: [0, '2147483647'],
};

/** strtol_or_err and ping_strtod. The error, or undefined. */
function complaintAbout(letter: string, value: string): string | undefined {
  const range = NUMBERS[letter];
  const pattern = range ? /^-?\d+$/ : /^\d+(\.\d+)?$/;
  if (!pattern.test(value)) return `ping: invalid argument: '${value}'\n`;
  if (range && (Number(value) < range[0] || Number(value) > Number(range[1])))
    return `ping: invalid argument: '${value}': out of range: ${range[0]} <= value <= ${range[1]}\n`;
  return undefined;
}

/** An option with a value. The error, or undefined. */
function readValue(options: PingOptions, letter: string, value: string): string | undefined {
  if (letter === 'I') options.from = value;
  else if (letter === 'M') {
    if (value !== 'do' && value !== 'dont' && value !== 'want')
      return `ping: invalid -M argument: ${value}\n`;
    options.discovery = value;
  } else {
    const complaint = complaintAbout(letter, value);
    if (complaint !== undefined) return complaint;
    const number = Number(value);
    if (letter === 'c') options.count = number;
    if (letter === 'i') options.interval = number;
    if (letter === 'W') options.wait = number;
    if (letter === 'w') options.deadline = number;
    if (letter === 's') options.size = number;
    if (letter === 't') options.ttl = number;
  }
  return undefined;
}

export const defaultPingOptions = (): PingOptions => ({
  interval: 1,
  wait: 10,
  size: 56,
  quiet: false,
  broadcast: false,
  types: BOTH,
});

/** ping's command line; a text is the error. */
export function parsePingArguments(
  args: readonly string[],
): { options: PingOptions; host: string } | string {
  const options = defaultPingOptions();
  let host = '';
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (!arg.startsWith('-')) {
      host = arg;
      continue;
    }
    for (let letters = arg.slice(1); letters !== '';) {
      const letter = letters[0] ?? '';
      letters = letters.slice(1);
      if ('ciWwstMI'.includes(letter)) {
        const value = letters !== '' ? letters : rest.shift();
        letters = '';
        if (value === undefined)
          return `ping: option requires an argument -- '${letter}'\n${USAGE}`;
        const complaint = readValue(options, letter, value);
        if (complaint !== undefined) return complaint;
      } else if (letter === 'q') options.quiet = true;
      else if (letter === 'b') options.broadcast = true;
      else if (letter === '4') options.types = ['A'];
      else if (letter === '6') options.types = ['AAAA'];
      else if (letter !== 'n') return `ping: invalid option -- '${letter}'\n${USAGE}`;
    }
  }
  if (host === '') return 'ping: usage error: Destination address required\n';
  const [type] = options.types;
  const version = ipVersion(host);
  if (options.types.length === 1 && version !== undefined && (version === 4) !== (type === 'A'))
    return `ping: ${host}: Address family for hostname not supported\n`;
  return { options, host };
}
