import type { NftCommand, NftCulprit, NftProblem } from '../../linux/netfilter/nft/command.ts';
import { tableKey, type NftFamily, type NftRuleset } from '../../linux/netfilter/nft/model.ts';
import { valueProblem } from '../../linux/netfilter/nft/parse/parse-value.ts';
import type {
  NftMention,
  NftSpan,
  NftSyntaxProblem,
} from '../../linux/netfilter/nft/parse/reader.ts';
import { JOINT } from '../../linux/netfilter/nft/value.ts';
import { finished, type CommandResult } from '../command.ts';
import { findMeant } from './misspelt.ts';

/** Where a text comes from: the tool names a file before the place, and nothing for its arguments. */
export interface Source {
  readonly text: string;
  readonly name?: string;
}

/** The tool's way to show a place: the line, and signs under what is meant. */
export function showProblem(
  { text, name }: Source,
  { line, column, length }: NftSpan,
  message: string,
  beside?: NftSpan,
): CommandResult {
  const last = column + length - 1;
  const where = name === undefined ? '' : `${name}:${line}:${column}-${last}: `;
  const lines = text.split('\n');
  // Behind the last line there is nothing to show but that line.
  const isBehind = line > 1 && line === lines.length && lines[line - 1] === '';
  const shown = (lines[isBehind ? line - 2 : line - 1] ?? '').replaceAll('\t', ' ');
  const marks = Array.from({ length: last }, (_, i) => {
    if (i + 1 >= column) return '^';
    const isBeside = beside && i + 1 >= beside.column && i + 1 < beside.column + beside.length;
    return isBeside ? '~' : ' ';
  });
  return finished('', 1, `${where}Error: ${message}\n${shown}\n${marks.join('')}\n`);
}

export const showSyntax = (source: Source, problem: NftSyntaxProblem) =>
  showProblem(source, problem, problem.text, problem.beside);

const NO_SUCH = 'No such file or directory';

interface Known {
  readonly name: string;
  readonly family: NftFamily;
  readonly table: string;
  readonly kind: 'chain' | 'set' | 'map';
}

/** All chains, or all sets and maps, of all tables. */
function knownOf({ tables }: NftRuleset, object: 'chain' | 'set'): Known[] {
  return Object.values(tables).flatMap(({ family, name: table, chains, sets }): Known[] =>
    object === 'chain'
      ? Object.keys(chains).map((name) => ({ name, family, table, kind: 'chain' }))
      : Object.values(sets).map(({ name, kind }) => ({ name, family, table, kind })),
  );
}

/** What nft believes was meant by a name that is not there (cmd.c); undefined when it has no idea. */
export function suggest(
  ruleset: NftRuleset,
  object: 'table' | 'chain' | 'set',
  wanted: string,
  where: { readonly family: NftFamily; readonly table: string },
): string | undefined {
  if (object === 'table') {
    const meant = findMeant(Object.values(ruleset.tables), wanted);
    return meant && `${NO_SUCH}; did you mean table ‘${meant.name}’ in family ${meant.family}?`;
  }
  const meant = findMeant(knownOf(ruleset, object), wanted);
  if (!meant) return undefined;
  const isThere = Object.values(ruleset.tables).some(
    ({ family, name }) => family === where.family && name === where.table,
  );
  if (!isThere && (meant.table !== where.table || meant.family !== where.family))
    return `${NO_SUCH}; did you mean table ‘${meant.table}’ in family ${meant.family}?`;
  return `${NO_SUCH}; did you mean ${meant.kind} ‘${meant.name}’ in table ${meant.family} ‘${meant.table}’?`;
}

/** What a command is about, when nothing else in it is to blame. */
function subjectOf(command: NftCommand): NftCulprit {
  switch (command.object) {
    case 'ruleset':
      return { what: 'block', name: '' };
    case 'table':
      return { what: 'table', name: command.table };
    case 'chain':
      // What is there already is the other name, which nft does not point at.
      return { what: command.verb === 'rename' ? 'block' : 'chain', name: command.chain };
    case 'rule':
      return { what: 'chain', name: command.chain };
    case 'set':
    case 'element':
      return { what: 'set', name: command.name };
  }
}

/** The name that is looked for among the known ones: a rule's own chain, unless a set or a table is missing. */
function wantedOf(command: NftCommand, { what, name }: NftCulprit) {
  if (command.object === 'ruleset') return undefined;
  if (what === 'table' || what === 'set') return { object: what, name };
  if ('chain' in command) return { object: 'chain', name: command.chain } as const;
  return undefined;
}

/** Verbs for which nft reads all that is there, and can tell what was meant. */
const readsAll = ({ verb, object }: NftCommand) =>
  ['add', 'create', 'insert', 'delete', 'replace'].includes(verb) ||
  (verb === 'flush' && object === 'set');

/** Why an element cannot be one of its set; undefined where the kernel alone knows. */
function reasonOfElement(
  { tables }: NftRuleset,
  command: NftCommand,
  key: string,
): string | undefined {
  if (command.object !== 'element') return undefined;
  const set = tables[tableKey(command.family, command.table)]?.sets[command.name];
  const parts = key.split(JOINT);
  if (!set || parts.length !== set.type.length) return undefined;
  return parts.map((part, i) => valueProblem(set.type[i] ?? 'integer', part)).find(Boolean);
}

/** Where the culprit stands: a target or a set of a rule where it is named last. */
function placeOf(mentions: readonly NftMention[], { what, name }: NftCulprit) {
  const named = mentions.filter((one) => one.what === what && one.name === name);
  const isInRule = what === 'target' || what === 'set';
  return (
    (isInRule ? named.at(-1) : named[0]) ??
    mentions.find((one) => one.what === what) ??
    mentions.find((one) => one.what === 'block')
  );
}

/** What nft says when it looks in its own lists before it asks the kernel, or evaluates itself. */
function isOwnAnswer(command: NftCommand, { what }: NftCulprit): boolean {
  const { object, verb } = command;
  if (what === 'table') return object !== 'table' && readsAll(command);
  if (what === 'set') return object === 'rule' || object === 'element' || verb === 'flush';
  return verb === 'rename';
}

/** Says why the kernel (or nft before it) refused a command, and shows where. */
export function showRefusal(
  source: Source,
  ruleset: NftRuleset,
  { command, mentions }: { command: NftCommand; mentions: readonly NftMention[] },
  { text, about }: NftProblem,
): CommandResult {
  const culprit = about ?? subjectOf(command);
  const place = placeOf(mentions, culprit);
  if (!place) return finished('', 1, `Error: ${text}\n`);
  if (text === NO_SUCH && command.object !== 'ruleset') {
    const wanted = wantedOf(command, culprit);
    const suggestion =
      wanted && readsAll(command) && suggest(ruleset, wanted.object, wanted.name, command);
    if (suggestion !== undefined && suggestion !== false)
      return showProblem(source, place, suggestion);
    if (isOwnAnswer(command, culprit)) return showProblem(source, place, text);
  }
  const reason =
    text === 'Invalid argument' ? reasonOfElement(ruleset, command, culprit.name) : undefined;
  if (reason !== undefined) return showProblem(source, place, reason);
  const message = ERRNOS.has(text) ? `Could not process rule: ${text}` : text;
  return showProblem(source, place, message);
}

const ERRNOS: ReadonlySet<string> = new Set([
  NO_SUCH,
  'File exists',
  'Device or resource busy',
  'Operation not supported',
  'Invalid argument',
  'Too many links',
  'Too many open files in system',
]);
