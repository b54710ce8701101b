import type { ListOptions } from '../../linux/netfilter/nft/print/list-ruleset.ts';
import { finished, type CommandResult } from '../command.ts';

const VERSION = 'nftables v1.0.6 (Lester Gooch #5)\n';
const EXTENDED = `${VERSION}  cli:		editline
  json:		no
  minigmp:	no
  libxtables:	yes
`;

/** The usage of a real nft without what is not here: no interactive mode, no JSON, no debugging. */
const HELP = `Usage: nft [ options ] [ cmds... ]

Options (general):
  -h, --help                      Show this help
  -v, --version                   Show version information
  -V                              Show extended version information

Options (ruleset input handling):
  -f, --file <filename>           Read input from <filename>
  -c, --check                     Check commands validity without actually applying the changes.
  -o, --optimize                  Optimize ruleset

Options (ruleset list formatting):
  -a, --handle                    Output rule handle.
  -s, --stateless                 Omit stateful information of ruleset.
  -t, --terse                     Omit contents of sets.
  -S, --service                   Translate ports to service names as described in /etc/services.
  -N, --reversedns                Translate IP addresses to names.
  -n, --numeric                   Print fully numerical output.
  -y, --numeric-priority          Print chain priority numerically.
  -p, --numeric-protocol          Print layer 4 protocols numerically.
  -T, --numeric-time              Print time values numerically.

`;

const LONG: Readonly<Record<string, string>> = {
  help: 'h',
  version: 'v',
  file: 'f',
  check: 'c',
  optimize: 'o',
  handle: 'a',
  stateless: 's',
  terse: 't',
  service: 'S',
  reversedns: 'N',
  numeric: 'n',
  'numeric-priority': 'y',
  'numeric-protocol': 'p',
  'numeric-time': 'T',
  json: 'j',
};

/** Letters that change how things are listed. Simplified: -N looks no names up, -o leaves rules as they are. */
const LISTING: Readonly<Record<string, Partial<ListOptions>>> = {
  a: { handles: true },
  s: { stateless: true },
  t: { terse: true },
  S: { values: 'services' },
  n: { values: 'numeric', priorities: 'numeric' },
  p: { values: 'protocols' },
  y: { priorities: 'numeric' },
  N: {},
  T: {},
  o: {},
};

export interface Invocation {
  /** Absent: the commands stand in the arguments. */
  readonly file?: string;
  readonly isCheck: boolean;
  readonly listing: Omit<ListOptions, 'now'>;
  readonly words: readonly string[];
}

/** nft wants its options before the commands, and shows what came too late. */
function tooLate(args: readonly string[]): CommandResult | undefined {
  const first = args.findIndex((arg) => !arg.startsWith('-') || arg === '-');
  const late = args.findIndex(
    (arg, i) => first >= 0 && i > first && /^-[A-Za-z-]/.test(arg) && args[i - 1] !== '-f',
  );
  if (late < 0 || ['-f', '--file'].includes(args[first - 1] ?? '')) return undefined;
  const before = ['nft', ...args.slice(0, late)].join(' ').length + 1;
  const marks = `   ^${' '.repeat(before - 4)}${'~'.repeat((args[late] ?? '').length)}`;
  const text = 'Error: syntax error, options must be specified before commands';
  return finished('', 1, `${text}\nnft ${args.join(' ')} \n${marks}\n`);
}

/** The options of nft(8): letters may stand together (`-nn`, `-an`). A result where the tool ends at once. */
export function readOptions(args: readonly string[]): Invocation | CommandResult {
  const late = tooLate(args);
  if (late) return late;
  let file: string | undefined;
  let isCheck = false;
  let listing: Omit<ListOptions, 'now'> = {};
  let at = 0;
  for (; at < args.length && /^-./.test(args[at] ?? ''); at++) {
    const arg = args[at] ?? '';
    const long = arg.startsWith('--') ? LONG[arg.slice(2)] : undefined;
    if (arg.startsWith('--') && long === undefined)
      return finished('', 1, `nft: unrecognized option '${arg}'\n`);
    for (const letter of long ?? arg.slice(1)) {
      if (letter === 'v') return finished(VERSION);
      if (letter === 'V') return finished(EXTENDED);
      if (letter === 'h') return finished(HELP);
      if (letter === 'j') return finished('', 1, 'JSON support not compiled-in\n');
      if (letter === 'c') isCheck = true;
      else if (letter === 'f') {
        file = args[++at];
        if (file === undefined) return finished('', 1, "nft: option requires an argument -- 'f'\n");
      } else if (LISTING[letter]) listing = { ...listing, ...LISTING[letter] };
      else return finished('', 1, `nft: invalid option -- '${letter}'\n`);
    }
  }
  return { ...(file !== undefined && { file }), isCheck, listing, words: args.slice(at) };
}
