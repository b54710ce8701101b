import { copyPlain } from '../../base/copy.ts';
import { applyNftCommands } from '../../linux/netfilter/nft/apply-commands.ts';
import type { NftCommand, NftProblem } from '../../linux/netfilter/nft/command.ts';
import { tableKey, type NftRuleset } from '../../linux/netfilter/nft/model.ts';
import { parseNftScript } from '../../linux/netfilter/nft/parse/parse-script.ts';
import type { NftSyntaxProblem } from '../../linux/netfilter/nft/parse/reader.ts';
import { finished, type CommandResult } from '../command.ts';
import { onLinux } from '../namespace-of-place.ts';
import { listObjects } from './list.ts';

const VERSION = 'nftables v1.0.6 (Lester Gooch #5)\n';
const NOT_ROOT =
  'Operation not permitted (you must be root)\nnetlink: Error: cache initialization failed: Operation not permitted\n';
const HELP = `Usage: nft [ options ] [ cmds... ]

Options (general):
  -h, --help                      Show this help
  -v, --version                   Show version information

Options (ruleset input handling):
  -f, --file <filename>           Read input from <filename>
  -c, --check                     Check commands validity without actually applying the changes.

Options (ruleset list formatting):
  -a, --handle                    Output rule handle.
  -s, --stateless                 Omit stateful information of ruleset.
  -n, --numeric                   Print fully numerical output.

`;

interface Invocation {
  /** Absent: the commands stand in the arguments. */
  file?: string;
  handles: boolean;
  isCheck: boolean;
  stateless: boolean;
  readonly words: string[];
}

/** Where a text comes from: the tool names a file before the place, and nothing for its arguments. */
interface Source {
  readonly text: string;
  readonly name?: string;
}

/** The tool's way to show a place: the line, and signs under what is meant. `columns` are 1-based. */
function showProblem(
  { text, name }: Source,
  line: number,
  [first, last]: readonly [number, number],
  message: string,
): CommandResult {
  const where = name === undefined ? '' : `${name}:${line}:${first}-${last}: `;
  const shown = (text.split('\n')[line - 1] ?? '').replaceAll('\t', ' ');
  const mark = `${' '.repeat(first - 1)}${'^'.repeat(last - first + 1)}`;
  return finished('', 1, `${where}Error: ${message}\n${shown}\n${mark}\n`);
}

const showSyntax = (source: Source, { line, column, length, text }: NftSyntaxProblem) =>
  showProblem(source, line, [column, column + length - 1], text);

/** The name in a command that the kernel did not find, or could not do with. */
function blamed(ruleset: NftRuleset, command: NftCommand): string {
  if (command.object === 'ruleset') return 'ruleset';
  if (command.object === 'table' || !ruleset.tables[tableKey(command.family, command.table)])
    return command.table;
  switch (command.object) {
    case 'chain':
    case 'rule':
      return command.chain;
    case 'set':
      return command.name;
    case 'element':
      return command.elements[0]?.key ?? command.name;
  }
}

function showRefusal(
  source: Source,
  ruleset: NftRuleset,
  { command, line }: { command: NftCommand; line: number },
  { text }: NftProblem,
): CommandResult {
  const shown = source.text.split('\n')[line - 1] ?? '';
  const name = blamed(ruleset, command);
  const at = Math.max(0, shown.indexOf(` ${name}`) + 1);
  // Where a table is missing the tool knows it from its own list, and does not ask the kernel.
  const isKnown =
    'table' in command &&
    command.object !== 'table' &&
    !ruleset.tables[tableKey(command.family, command.table)];
  const message = isKnown ? text : `Could not process rule: ${text}`;
  return showProblem(source, line, [at + 1, at + name.length], message);
}

function readArgs(args: readonly string[]): Invocation | CommandResult {
  const found: Invocation = { handles: false, isCheck: false, stateless: false, words: [] };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (found.words.length > 0 || !arg.startsWith('-')) found.words.push(arg);
    else if (arg === '-v' || arg === '--version') return finished(VERSION);
    else if (arg === '-h' || arg === '--help') return finished(HELP);
    else if (arg === '-f' || arg === '--file') found.file = args[++i] ?? '';
    else if (arg === '-a' || arg === '--handle') found.handles = true;
    else if (arg === '-c' || arg === '--check') found.isCheck = true;
    else if (arg === '-s' || arg === '--stateless') found.stateless = true;
    else if (!/^-[neyNSpt]+$/.test(arg)) {
      const flag = arg.startsWith('--')
        ? `unrecognized option '${arg}'`
        : `invalid option -- '${arg[1]}'`;
      return finished('', 1, `nft: ${flag}\n`);
    }
  }
  return found;
}

/** nft(8) 1.0.6: list, and add, insert, replace, delete, flush over the rules that are evaluated; `-f` reads a file or `-`. */
export const nft = onLinux((args, { namespace, mayAdminister }, { cluster, stdin, files }) => {
  const found = readArgs(args);
  if ('type' in found) return found;
  const { file, words } = found;
  if (file === undefined && words.length === 0)
    return finished('', 1, 'nft: no command specified\n');
  const isPipe = file === '-' || file === '/dev/stdin';
  const text = file === undefined ? words.join(' ') : isPipe ? stdin : files[file];
  if (text === undefined)
    return finished(
      '',
      1,
      `internal:0:0-0: Error: Could not open file "${file}": No such file or directory\n\n\n`,
    );
  if (!mayAdminister) return finished('', 1, NOT_ROOT);
  const source: Source = {
    text,
    ...(file !== undefined && { name: isPipe ? '/dev/stdin' : file }),
  };
  const ruleset = namespace.nftables;
  if (file === undefined && words[0] === 'list') {
    const listed = listObjects(ruleset, text, {
      now: cluster.now,
      ...(found.handles && { handles: true as const }),
    });
    if (listed.ok) return finished(listed.text);
    return showProblem(source, 1, listed.columns, listed.message);
  }
  const parsed = parseNftScript(text);
  if (!parsed.ok) return showSyntax(source, parsed.problem);
  // --check does everything, to a copy.
  const target = found.isCheck ? copyPlain(ruleset) : ruleset;
  const problem = applyNftCommands(target, parsed.commands, cluster.now);
  const command = problem && parsed.commands[problem.command];
  if (!problem || !command) return finished('');
  return showRefusal(
    source,
    ruleset,
    { command, line: parsed.lines[problem.command] ?? 1 },
    problem,
  );
});
