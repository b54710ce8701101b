import type { NftCommand } from '../command.ts';
import type { NftBase, NftElementBody, NftSetBody, NftType } from '../model.ts';
import type { NftValueType } from '../model.ts';
import { printRuleOfCommand } from './print-rule-command.ts';
import { printVerdict } from './print-statement.ts';
import { printKey } from './print-value.ts';
import { formatSeconds, quote } from './style.ts';

type CommandAbout<O extends NftCommand['object']> = Extract<NftCommand, { object: O }>;

/** `{ a ; b ; }`, or nothing. */
function block(lines: readonly (string | false | undefined)[]): string {
  const said = lines.filter((line) => line !== false && line !== undefined);
  return said.length === 0 ? '' : ` { ${said.map((line) => `${line} ;`).join(' ')} }`;
}

const commentLine = (comment: string | undefined) =>
  comment !== undefined && `comment ${quote(comment)}`;

const hookLine = ({ type, hook, priority }: NftBase) =>
  `type ${type} hook ${hook.toLowerCase()} priority ${priority}`;

function printChain(command: CommandAbout<'chain'>): string {
  const { verb, family, table, chain } = command;
  const what = `${verb} chain ${family} ${table} ${chain}`;
  if (command.verb === 'rename') return `${what} ${command.to}`;
  if (verb !== 'add' && verb !== 'create') return what;
  const { base, comment } = command;
  return `${what}${block([base && hookLine(base), base?.policy && `policy ${base.policy}`, commentLine(comment)])}`;
}

/** `ipv4_addr . inet_service : verdict`. */
export function printType({ type, data }: NftSetBody): string {
  const key = type.join(' . ');
  if (data === undefined) return key;
  return `${key} : ${data === 'verdict' ? data : data.join(' . ')}`;
}

function printSet(command: CommandAbout<'set'>): string {
  const { verb, family, table, name } = command;
  const kind = 'set' in command ? command.set.kind : command.kind;
  const what = `${verb} ${kind} ${family} ${table} ${name}`;
  if (!('set' in command)) return what;
  const { set } = command;
  return `${what}${block([
    `type ${printType(set)}`,
    set.flags && set.flags.length > 0 && `flags ${set.flags.join(',')}`,
    set.timeout !== undefined && `timeout ${formatSeconds(set.timeout, 'script')}`,
    set.size !== undefined && `size ${set.size}`,
    set.autoMerge && 'auto-merge',
    commentLine(set.comment),
  ])}`;
}

/** What a set's elements are, when that is known; marks and names of devices are written differently. */
export type TypesOfSet = (command: CommandAbout<'element'>) => readonly NftType[] | undefined;

function printElement(element: NftElementBody, types: readonly NftValueType[] | undefined): string {
  const key = types ? printKey(types, element.key, 'script') : element.key;
  const timeout =
    element.timeout === undefined ? '' : ` timeout ${formatSeconds(element.timeout, 'script')}`;
  const comment = element.comment === undefined ? '' : ` comment ${quote(element.comment)}`;
  const value = element.verdict ? printVerdict(element.verdict) : element.data;
  return `${key}${timeout}${comment}${value === undefined ? '' : ` : ${value}`}`;
}

function printElements(command: CommandAbout<'element'>, typesOfSet: TypesOfSet): string {
  const { verb, family, table, name, elements } = command;
  const types = typesOfSet(command);
  const list = elements.map((element) =>
    printElement(verb === 'delete' || verb === 'destroy' ? { key: element.key } : element, types),
  );
  return `${verb} element ${family} ${table} ${name} { ${list.join(', ')} }`;
}

/** One command of a transaction, as programs write it for `nft -f`. */
export function printNftCommand(
  command: NftCommand,
  typesOfSet: TypesOfSet = () => undefined,
): string {
  switch (command.object) {
    case 'ruleset':
      return command.family === undefined ? 'flush ruleset' : `flush ruleset ${command.family}`;
    case 'table': {
      const what = `${command.verb} table ${command.family} ${command.table}`;
      if (command.verb !== 'add' && command.verb !== 'create') return what;
      return `${what}${block([commentLine(command.comment), command.isDormant && 'flags dormant'])}`;
    }
    case 'chain':
      return printChain(command);
    case 'rule':
      return printRuleOfCommand(command);
    case 'set':
      return printSet(command);
    case 'element':
      return printElements(command, typesOfSet);
  }
}

/** The text of a transaction for `nft -f -`: one line a command, in kube-proxy's spelling, ending with a newline. */
export function printNftScript(commands: readonly NftCommand[]): string {
  const types = new Map<string, readonly NftType[]>();
  for (const command of commands) {
    if ('set' in command)
      types.set(`${command.family} ${command.table} ${command.name}`, command.set.type);
  }
  const typesOfSet: TypesOfSet = ({ family, table, name }) =>
    types.get(`${family} ${table} ${name}`);
  return commands.map((command) => `${printNftCommand(command, typesOfSet)}\n`).join('');
}
