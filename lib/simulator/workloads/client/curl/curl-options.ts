import type { AddressType } from '../resolver/resolver.ts';

/** A curl command line, read. Times in seconds. */
export interface CurlOptions {
  readonly urls: string[];
  silent: boolean;
  showError: boolean;
  verbose: boolean;
  include: boolean;
  head: boolean;
  fail: boolean;
  followsRedirects: boolean;
  readonly headers: string[];
  readonly data: string[];
  method?: string;
  output?: string;
  writeOut?: string;
  userAgent?: string;
  /** A device or an own address to send from. */
  interface?: string;
  maxTime?: number;
  connectTimeout?: number;
  readonly resolve: string[];
  types: readonly AddressType[];
}

export type CurlParse =
  | { readonly ok: true; readonly options: CurlOptions }
  | {
      readonly ok: false;
      readonly stdout?: string;
      readonly stderr?: string;
      readonly exitCode: number;
    };

interface Option {
  readonly long: string;
  readonly short?: string;
  readonly apply: (options: CurlOptions, value: string) => void;
  readonly value?: 'text' | 'seconds';
}

const flag = (
  long: string,
  short: string | undefined,
  apply: (options: CurlOptions) => void,
): Option => ({
  long,
  ...(short !== undefined && { short }),
  apply,
});
const text = (long: string, short: string | undefined, apply: Option['apply']): Option => ({
  ...flag(long, short, () => undefined),
  apply,
  value: 'text',
});
const seconds = (
  long: string,
  short: string | undefined,
  apply: (options: CurlOptions, value: number) => void,
): Option => ({
  ...flag(long, short, () => undefined),
  apply: (options, value) => apply(options, Number(value)),
  value: 'seconds',
});
const nothing = () => undefined;

const OPTIONS: readonly Option[] = [
  // Brackets of an IPv6 address are no globbing here anyway.
  flag('globoff', 'g', nothing),
  flag('silent', 's', (o) => (o.silent = true)),
  flag('show-error', 'S', (o) => (o.showError = true)),
  flag('verbose', 'v', (o) => (o.verbose = true)),
  flag('include', 'i', (o) => (o.include = true)),
  flag('head', 'I', (o) => (o.head = true)),
  flag('fail', 'f', (o) => (o.fail = true)),
  flag('location', 'L', (o) => (o.followsRedirects = true)),
  flag('ipv4', '4', (o) => (o.types = ['A'])),
  flag('ipv6', '6', (o) => (o.types = ['AAAA'])),
  flag('insecure', 'k', nothing),
  flag('no-buffer', 'N', nothing),
  flag('no-progress-meter', undefined, nothing),
  flag('http1.1', undefined, nothing),
  flag('no-keepalive', undefined, nothing),
  flag('compressed', undefined, nothing),
  flag('remote-name', 'O', (o) => (o.output = 'index.html')),
  text('header', 'H', (o, value) => o.headers.push(value)),
  text('data', 'd', (o, value) => o.data.push(value)),
  text('data-raw', undefined, (o, value) => o.data.push(value)),
  text('data-binary', undefined, (o, value) => o.data.push(value)),
  text('json', undefined, (o, value) => {
    o.data.push(value);
    o.headers.push('Content-Type: application/json', 'Accept: application/json');
  }),
  text('request', 'X', (o, value) => (o.method = value)),
  text('output', 'o', (o, value) => (o.output = value)),
  text('write-out', 'w', (o, value) => (o.writeOut = value)),
  text('user-agent', 'A', (o, value) => (o.userAgent = value)),
  text('resolve', undefined, (o, value) => o.resolve.push(value)),
  text('interface', undefined, (o, value) => (o.interface = value)),
  text('url', undefined, (o, value) => o.urls.push(value)),
  text('cacert', undefined, nothing),
  text('retry', undefined, nothing),
  seconds('max-time', 'm', (o, value) => (o.maxTime = value)),
  seconds('connect-timeout', undefined, (o, value) => (o.connectTimeout = value)),
];

const TRY = "curl: try 'curl --help' or 'curl --manual' for more information\n";
const refuse = (message: string): CurlParse => ({
  ok: false,
  stderr: `curl: ${message}\n${TRY}`,
  exitCode: 2,
});

const VERSION_TEXT = `curl 8.5.0 (x86_64-pc-linux-gnu) libcurl/8.5.0
Protocols: http https
Features: IPv6
`;
const HELP_TEXT = `Usage: curl [options...] <url>
 -d, --data <data>          HTTP POST data
 -f, --fail                 Fail fast with no output on HTTP errors
 -h, --help <category>      Get help for commands
 -i, --include              Include response headers in output
 -I, --head                 Show document info only
 -m, --max-time <seconds>   Maximum time allowed for transfer
 -o, --output <file>        Write to file instead of stdout
 -s, --silent               Silent mode
 -v, --verbose              Make the operation more talkative
 -w, --write-out <format>   Output FORMAT after completion
 -X, --request <method>     Specify request method to use
`;

/** Applies one option; the message when its value is missing or wrong. */
function applyOption(
  option: Option,
  shown: string,
  value: string | undefined,
  options: CurlOptions,
): string | undefined {
  if (!option.value) option.apply(options, '');
  else if (value === undefined) return `option ${shown}: requires parameter`;
  else if (option.value === 'seconds' && !/^\d+(\.\d+)?$/.test(value))
    return `option ${shown}: expected a proper numerical parameter`;
  else option.apply(options, value);
  return undefined;
}

/**
 * Reads curl's arguments; short flags may be joined (`-sSm2`). Texts and exit codes are curl's.
 *
 * Simplified: a dozen of its options; an unknown one is refused as curl refuses unknown ones.
 */
export function parseCurlArguments(args: readonly string[]): CurlParse {
  const options: CurlOptions = {
    urls: [],
    silent: false,
    showError: false,
    verbose: false,
    include: false,
    head: false,
    fail: false,
    followsRedirects: false,
    headers: [],
    data: [],
    resolve: [],
    types: ['A', 'AAAA'],
  };
  if (args.length === 0) return { ok: false, stderr: TRY, exitCode: 2 };
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '-V' || arg === '--version')
      return { ok: false, stdout: VERSION_TEXT, exitCode: 0 };
    if (arg === '-h' || arg === '--help') return { ok: false, stdout: HELP_TEXT, exitCode: 0 };
    if (!arg.startsWith('-') || arg === '-') {
      options.urls.push(arg);
      continue;
    }
    if (arg.startsWith('--')) {
      const shown = arg;
      const option = OPTIONS.find(({ long }) => `--${long}` === shown);
      if (!option) return refuse(`option ${arg}: is unknown`);
      const problem = applyOption(option, arg, option.value ? rest.shift() : '', options);
      if (problem !== undefined) return refuse(problem);
      continue;
    }
    for (let letters = arg.slice(1); letters !== '';) {
      const letter = letters[0]!;
      letters = letters.slice(1);
      const option = OPTIONS.find(({ short }) => short === letter);
      if (!option) return refuse(`option ${arg}: is unknown`);
      const joined = option.value && letters !== '' ? letters : undefined;
      if (option.value) letters = '';
      const value = option.value ? (joined ?? rest.shift()) : '';
      const problem = applyOption(option, arg, value, options);
      if (problem !== undefined) return refuse(problem);
    }
  }
  if (options.urls.length === 0)
    return { ok: false, stderr: `curl: (2) no URL specified\n${TRY}`, exitCode: 2 };
  return { ok: true, options };
}
