export interface TcpdumpOptions {
  device?: string;
  count?: number;
  /** 1 for -n, 2 for -nn: addresses (and ports) as numbers. */
  numeric: number;
  verbosity: number;
  quiet: boolean;
  showLink: boolean;
  absoluteSequence: boolean;
  timestamps: 'time' | 'none' | 'epoch' | 'delta' | 'date';
  direction: 'in' | 'out' | 'inout';
  number: boolean;
  list: boolean;
  filter: string;
}

export type ParsedOptions =
  | { readonly ok: true; readonly options: TcpdumpOptions }
  | { readonly ok: false; readonly message: string; readonly exitCode: number };

const VERSION = `tcpdump version 4.99.5
libpcap version 1.10.5 (with TPACKET_V3)
`;

const USAGE = `${VERSION}Usage: tcpdump [-deflnNOpqStuUvxX#] [ -c count ] [ -i interface ]
		[ -Q in|out|inout ] [ expression ]
`;

const TIMESTAMPS: readonly TcpdumpOptions['timestamps'][] = [
  'time',
  'none',
  'epoch',
  'delta',
  'date',
];
const WITH_VALUE = 'icQsBCFGmMrTVwWyzZE';
const LONG: Readonly<Record<string, string>> = {
  '--interface': '-i',
  '--list-interfaces': '-D',
  '--number': '-#',
  '--direction': '-Q',
  '--version': '-version',
  '--help': '-h',
};
/** Flags that change nothing here: buffering, snapshot length, promiscuous mode, monitor mode. */
const IGNORED = 'lpUKuNOfbHIJ';

const wrong = (message: string, exitCode = 1): ParsedOptions => ({ ok: false, message, exitCode });

/** Spells long options as short ones; `--interface=eth0` becomes two words. */
function shorten(args: readonly string[]): string[] {
  return args.flatMap((arg) => {
    const [name = '', ...rest] = arg.split('=');
    const short = LONG[name];
    return short === undefined ? [arg] : rest.length > 0 ? [short, rest.join('=')] : [short];
  });
}

/** Nothing asked for. */
export function defaultOptions(): TcpdumpOptions {
  return {
    numeric: 0,
    verbosity: 0,
    quiet: false,
    showLink: false,
    absoluteSequence: false,
    timestamps: 'time',
    direction: 'inout',
    number: false,
    list: false,
    filter: '',
  };
}

function setFlag(options: TcpdumpOptions, letter: string): 'done' | 'unknown' {
  switch (letter) {
    case 'n':
      options.numeric += 1;
      return 'done';
    case 'v':
      options.verbosity += 1;
      return 'done';
    case 'q':
      options.quiet = true;
      return 'done';
    case 'e':
      options.showLink = true;
      return 'done';
    case 'S':
      options.absoluteSequence = true;
      return 'done';
    case 'D':
      options.list = true;
      return 'done';
    case '#':
      options.number = true;
      return 'done';
    case 't': {
      const next = TIMESTAMPS.indexOf(options.timestamps) + 1;
      options.timestamps = TIMESTAMPS[Math.min(next, TIMESTAMPS.length - 1)] ?? 'date';
      return 'done';
    }
    default:
      return IGNORED.includes(letter) ? 'done' : 'unknown';
  }
}

function setValue(options: TcpdumpOptions, letter: string, value: string): string | undefined {
  switch (letter) {
    case 'i':
      options.device = value;
      return undefined;
    case 'c':
      if (!/^[1-9]\d*$/.test(value)) return `tcpdump: invalid packet count ${value}\n`;
      options.count = Number(value);
      return undefined;
    case 'Q':
      if (value !== 'in' && value !== 'out' && value !== 'inout') {
        return `tcpdump: unknown capture direction \`${value}'\n`;
      }
      options.direction = value;
      return undefined;
    case 's':
    case 'B':
      return undefined;
    default:
      return `tcpdump: -${letter} is not simulated\n`;
  }
}

/** Options, then the filter: the first word that is no option begins it. */
export function parseOptions(given: readonly string[]): ParsedOptions {
  const options = defaultOptions();
  const args = shorten(given);
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (!arg.startsWith('-') || arg === '-') {
      options.filter = args.slice(i).join(' ');
      break;
    }
    if (arg === '-version') return wrong(VERSION, 0);
    if (arg.startsWith('--')) return wrong(`tcpdump: unrecognized option '${arg}'\n${USAGE}`);
    for (let at = 1; at < arg.length; at++) {
      const letter = arg[at] ?? '';
      if (letter === 'h') return wrong(USAGE, 0);
      if (!WITH_VALUE.includes(letter)) {
        if (setFlag(options, letter) === 'unknown') {
          return wrong(`tcpdump: invalid option -- '${letter}'\n${USAGE}`);
        }
        continue;
      }
      const value = arg.slice(at + 1) || args[++i];
      if (value === undefined) {
        return wrong(`tcpdump: option requires an argument -- '${letter}'\n${USAGE}`);
      }
      const problem = setValue(options, letter, value);
      if (problem !== undefined) return wrong(problem);
      break;
    }
  }
  return { ok: true, options };
}
