export interface TracerouteOptions {
  method: 'udp' | 'icmp' | 'tcp';
  family: 4 | 6 | undefined;
  numeric: boolean;
  firstHop: number;
  maxHops: number;
  queries: number;
  /** Probes under way at once. */
  simultaneous: number;
  /** Seconds. */
  wait: number;
  port?: number;
  source?: string;
  dontFragment: boolean;
  host: string;
  length?: number;
}

export type ParsedTraceroute =
  | { readonly ok: true; readonly options: TracerouteOptions }
  | {
      readonly ok: false;
      readonly output: string;
      readonly exitCode: number;
    };

const USAGE = `Usage:
  traceroute [ -46FITn ] [ -f first_ttl ] [ -m max_ttl ] [ -N squeries ] [ -p port ] [ -w MAX,HERE,NEAR ] [ -q nqueries ] [ -s src_addr ] host [ packetlen ]
Options:
  -4                          Use IPv4
  -6                          Use IPv6
  -F  --dont-fragment         Do not fragment packets
  -f first_ttl  --first=first_ttl
                              Start from the first_ttl hop (instead from 1)
  -I  --icmp                  Use ICMP ECHO for tracerouting
  -T  --tcp                   Use TCP SYN for tracerouting (default port is 80)
  -m max_ttl  --max-hops=max_ttl
                              Set the max number of hops (max TTL to be
                              reached). Default is 30
  -N squeries  --sim-queries=squeries
                              Set the number of probes to be tried
                              simultaneously (default is 16)
  -n                          Do not resolve IP addresses to their domain names
  -p port  --port=port        Set the destination port to use
  -w MAX,HERE,NEAR  --wait=MAX,HERE,NEAR
                              Wait for a probe no more than MAX (default 5.0)
                              seconds
  -q nqueries  --queries=nqueries
                              Set the number of probes per each hop. Default is
                              3
  -s src_addr  --source=src_addr
                              Use source src_addr for outgoing packets
  --help                      Read this help and exit
`;

const LONG: Readonly<Record<string, string>> = {
  icmp: 'I',
  tcp: 'T',
  'dont-fragment': 'F',
  first: 'f',
  'max-hops': 'm',
  'sim-queries': 'N',
  port: 'p',
  wait: 'w',
  queries: 'q',
  source: 's',
};

const WITH_VALUE = 'fmNpwqs';
const wrong = (output: string, exitCode = 2): ParsedTraceroute => ({ ok: false, output, exitCode });

function setFlag(options: TracerouteOptions, letter: string): 'done' | 'unknown' {
  switch (letter) {
    case 'I':
      options.method = 'icmp';
      return 'done';
    case 'T':
      options.method = 'tcp';
      return 'done';
    case '4':
      options.family = 4;
      return 'done';
    case '6':
      options.family = 6;
      return 'done';
    case 'n':
      options.numeric = true;
      return 'done';
    case 'F':
      options.dontFragment = true;
      return 'done';
    default:
      return 'unknown';
  }
}

function setValue(options: TracerouteOptions, letter: string, value: string): void {
  const number = Number(letter === 'w' ? value.split(',')[0] : value);
  if (letter === 'f') options.firstHop = number;
  if (letter === 'm') options.maxHops = number;
  if (letter === 'N') options.simultaneous = number;
  if (letter === 'p') options.port = number;
  if (letter === 'w') options.wait = number;
  if (letter === 'q') options.queries = number;
  if (letter === 's') options.source = value;
}

/** What traceroute 2.1 says about numbers it does not take. */
function problemOf({ firstHop, maxHops, queries, simultaneous, wait }: TracerouteOptions) {
  if (!(firstHop >= 1 && firstHop <= maxHops)) return 'first hop out of range\n';
  if (!(maxHops <= 255)) return 'max hops cannot be more than 255\n';
  if (!(queries >= 1 && queries <= 10)) return 'no more than 10 probes per hop\n';
  if (!(simultaneous >= 1)) return 'incorrect number of simultaneous queries\n';
  return wait >= 0 ? undefined : 'bad wait specifications `' + wait + "' used\n";
}

/** Nothing asked for. */
export function defaultOptions(): TracerouteOptions {
  return {
    method: 'udp',
    family: undefined,
    numeric: false,
    firstHop: 1,
    maxHops: 30,
    queries: 3,
    simultaneous: 16,
    wait: 5,
    dontFragment: false,
    host: '',
  };
}

/** The arguments of traceroute(8) 2.1. */
export function parseTraceroute(args: readonly string[]): ParsedTraceroute {
  const options = defaultOptions();
  const words: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--help') return wrong(USAGE, 0);
    if (!arg.startsWith('-') || arg === '-') {
      words.push(arg);
      continue;
    }
    const [name = '', inline] = arg.startsWith('--')
      ? arg.slice(2).split('=')
      : [arg[1], arg.slice(2) || undefined];
    const letter = arg.startsWith('--') ? LONG[name] : name;
    if (letter !== undefined && WITH_VALUE.includes(letter)) {
      const value = inline ?? args[++i];
      if (value === undefined)
        return wrong(`Option \`${arg}' (argc ${i}) requires an argument: \`${arg} value'\n`);
      setValue(options, letter, value);
      continue;
    }
    const letters = arg.startsWith('--') ? (letter ?? '?') : arg.slice(1);
    for (const one of letters) {
      if (setFlag(options, one) === 'unknown')
        return wrong(`Bad option \`${arg}' (argc ${i + 1})\n`);
    }
  }
  const [host, length] = words;
  if (host === undefined) return wrong(USAGE, 0);
  options.host = host;
  if (length !== undefined) options.length = Number(length);
  const problem = problemOf(options);
  return problem === undefined ? { ok: true, options } : wrong(problem);
}
