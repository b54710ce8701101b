import type { NftCommand } from '../command.ts';
import type { NftBase, NftFamily } from '../model.ts';
import { readBase, readElements, readSetBody } from './parse-bodies.ts';
import { readRule } from './parse-rule.ts';
import { expandDefinitions } from './definitions.ts';
import { TokenReader, type NftMention, type NftSyntaxProblem } from './reader.ts';
import { tokenize } from './tokens.ts';

/** The commands of a script, each with what it names and where. */
export type ParsedNftScript =
  | {
      readonly ok: true;
      readonly commands: readonly NftCommand[];
      readonly mentions: readonly (readonly NftMention[])[];
    }
  | { readonly ok: false; readonly problem: NftSyntaxProblem };

type InTable = { readonly family: NftFamily; readonly table: string };
type Verb = 'add' | 'create' | 'delete' | 'flush' | 'insert' | 'replace' | 'rename';

const VERBS: readonly Verb[] = ['add', 'create', 'delete', 'flush', 'insert', 'replace', 'rename'];

/** A command with what was named since `from`, and what it takes over from the block in which it stands. */
interface Read {
  readonly command: NftCommand;
  readonly mentions: readonly NftMention[];
}

const made = (
  reader: TokenReader,
  from: number,
  command: NftCommand,
  outer: readonly NftMention[] = [],
): Read => ({ command, mentions: [...outer, ...reader.mentions.slice(from)] });

/** A family when one is named; `ip` otherwise. Simplified: arp, bridge and netdev are refused. */
export function readFamily(reader: TokenReader): NftFamily {
  return (['ip', 'ip6', 'inet'] as const).find((name) => reader.skip(name)) ?? 'ip';
}

function readTableName(
  reader: TokenReader,
  wanted: 'string' | 'handle or string' = 'string',
): InTable {
  return { family: readFamily(reader), table: reader.name('table', wanted) };
}

interface ChainBody {
  base?: NftBase;
  policy?: 'accept' | 'drop';
  comment?: string;
  readonly rules: Read[];
}

/** The braces of a chain: its hook, its comment, its rules. */
function readChainBody(
  reader: TokenReader,
  where: InTable,
  chain: string,
  outer: readonly NftMention[],
): ChainBody {
  const body: ChainBody = { rules: [] };
  reader.expect('{');
  for (;;) {
    reader.skipLines();
    if (reader.isAtEnd) reader.fail();
    if (reader.skip('}') || reader.isAtEnd) return body;
    if (reader.skip('type')) body.base = readBase(reader);
    else if (reader.skip('policy')) {
      const policy = reader.skip('drop') ? 'drop' : 'accept';
      if (policy === 'accept') reader.expect('accept');
      body.policy = policy;
      if (body.base && policy === 'drop') body.base = { ...body.base, policy };
    } else if (reader.skip('comment')) body.comment = reader.word();
    else {
      const from = reader.mentions.length;
      const rule = readRule(reader, where.family);
      body.rules.push(
        made(reader, from, { ...where, verb: 'add', object: 'rule', chain, rule }, outer),
      );
    }
    if (!reader.isAtBreak) reader.fail();
  }
}

function chainCommand(
  where: InTable,
  chain: string,
  body: ChainBody,
  verb: 'add' | 'create',
): NftCommand {
  const { base, policy, comment } = body;
  return {
    ...where,
    verb,
    object: 'chain',
    chain,
    ...(base && { base }),
    ...(!base && policy && { policy }),
    ...(comment !== undefined && { comment }),
  };
}

/** What `table ip x { ... }` stands for, in the order in which it can be done: chains, sets, elements, rules. */
interface TableBody {
  comment?: string;
  isDormant?: true;
  readonly chains: Read[];
  readonly sets: Read[];
  readonly elements: Read[];
  readonly rules: Read[];
}

function readSetOfTable(
  reader: TokenReader,
  where: InTable,
  kind: 'set' | 'map',
  body: TableBody,
): void {
  const from = reader.mentions.length;
  const name = reader.name('set');
  const { set, elements } = readSetBody(reader, kind);
  body.sets.push(made(reader, from, { ...where, verb: 'add', object: 'set', name, set }));
  if (elements.length > 0)
    body.elements.push(
      made(reader, from, { ...where, verb: 'add', object: 'element', kind, name, elements }),
    );
}

function readTableLine(reader: TokenReader, where: InTable, body: TableBody): void {
  if (reader.skip('comment')) body.comment = reader.word();
  else if (reader.skip('flags')) {
    reader.expect('dormant');
    body.isDormant = true;
  } else if (reader.skip('chain')) {
    const from = reader.mentions.length;
    const chain = reader.name('chain');
    const named = reader.mentions.slice(from);
    const read = readChainBody(reader, where, chain, named);
    body.chains.push({ command: chainCommand(where, chain, read, 'add'), mentions: named });
    body.rules.push(...read.rules);
  } else if (reader.skip('set')) readSetOfTable(reader, where, 'set', body);
  else if (reader.skip('map')) readSetOfTable(reader, where, 'map', body);
  else reader.fail();
}

function readTable(
  reader: TokenReader,
  where: InTable,
  from: number,
  verb: 'add' | 'create',
): Read[] {
  const named = reader.mentions.slice(from);
  const body: TableBody = { chains: [], sets: [], elements: [], rules: [] };
  if (reader.skip('{')) {
    for (;;) {
      reader.skipLines();
      if (reader.isAtEnd) reader.fail();
      if (reader.skip('}') || reader.isAtEnd) break;
      readTableLine(reader, where, body);
    }
  }
  const { comment, isDormant } = body;
  const command: NftCommand = {
    ...where,
    verb,
    object: 'table',
    ...(comment !== undefined && { comment }),
    ...(isDormant && { isDormant }),
  };
  return [
    { command, mentions: named },
    ...body.chains,
    ...body.sets,
    ...body.elements,
    ...body.rules,
  ];
}

function readHandle(reader: TokenReader, ...words: readonly string[]): number | undefined {
  if (!reader.skip(...words)) return undefined;
  reader.mention('handle', reader.token.text);
  return reader.number();
}

function readRuleCommand(reader: TokenReader, verb: Verb): Read[] {
  const from = reader.mentions.length;
  const where = readTableName(reader);
  const chain = reader.name('chain');
  const object = 'rule' as const;
  if (verb === 'delete' || verb === 'replace') {
    const handle = readHandle(reader, 'handle');
    if (handle === undefined) {
      reader.failExpecting('handle');
      return [];
    }
    if (verb === 'delete') return [made(reader, from, { ...where, verb, object, chain, handle })];
    const rule = readRule(reader, where.family);
    return [made(reader, from, { ...where, verb, object, chain, handle, rule })];
  }
  const handle = readHandle(reader, 'handle', 'position');
  const index = handle === undefined ? readHandle(reader, 'index') : undefined;
  const rule = readRule(reader, where.family);
  return [
    made(reader, from, {
      ...where,
      verb: verb === 'insert' ? 'insert' : 'add',
      object,
      chain,
      ...(handle !== undefined && { handle }),
      ...(index !== undefined && { index }),
      rule,
    }),
  ];
}

/** What is deleted may be named by its handle. Simplified: we take names alone. */
const wantedFor = (verb: Verb) => (verb === 'delete' ? 'handle or string' : 'string');

function readChainCommand(reader: TokenReader, verb: Verb): Read[] {
  const from = reader.mentions.length;
  const where = readTableName(reader);
  const chain = reader.name('chain', wantedFor(verb));
  if (verb === 'rename') {
    const to = reader.name('chain');
    return [made(reader, from, { ...where, verb, object: 'chain', chain, to })];
  }
  if (verb === 'add' || verb === 'create') {
    const named = reader.mentions.slice(from);
    const body: ChainBody = reader.isNext('{')
      ? readChainBody(reader, where, chain, named)
      : { rules: [] };
    return [{ command: chainCommand(where, chain, body, verb), mentions: named }, ...body.rules];
  }
  if (verb === 'insert' || verb === 'replace') reader.fail();
  return [made(reader, from, { ...where, verb: verb as 'delete', object: 'chain', chain })];
}

function readSetCommand(reader: TokenReader, verb: Verb, kind: 'set' | 'map'): Read[] {
  const from = reader.mentions.length;
  const where = readTableName(reader);
  const name = reader.name('set', wantedFor(verb));
  if (verb !== 'add' && verb !== 'create')
    return [made(reader, from, { ...where, verb: verb as 'delete', object: 'set', kind, name })];
  const { set, elements } = readSetBody(reader, kind);
  return [
    made(reader, from, { ...where, verb, object: 'set', name, set }),
    ...(elements.length === 0
      ? []
      : [made(reader, from, { ...where, verb: 'add', object: 'element', kind, name, elements })]),
  ];
}

function readElementCommand(reader: TokenReader, verb: Verb): Read[] {
  const from = reader.mentions.length;
  const where = readTableName(reader);
  const name = reader.name('set');
  if (!reader.isNext('{')) reader.failExpecting("'{' or '$'");
  const elements = readElements(reader);
  const kind = elements.some(({ data, verdict }) => data !== undefined || verdict) ? 'map' : 'set';
  if (verb === 'flush' || verb === 'insert' || verb === 'replace') reader.fail();
  return [
    made(reader, from, { ...where, verb: verb as 'add', object: 'element', kind, name, elements }),
  ];
}

function readTableCommand(reader: TokenReader, verb: Verb): Read[] {
  const from = reader.mentions.length;
  const where = readTableName(reader, wantedFor(verb));
  if (verb === 'add' || verb === 'create') return readTable(reader, where, from, verb);
  if (verb === 'insert' || verb === 'replace') reader.fail();
  return [made(reader, from, { ...where, verb: verb as 'delete', object: 'table' })];
}

function readRulesetFlush(reader: TokenReader, verb: Verb): Read[] {
  if (verb !== 'flush') reader.fail();
  const from = reader.mentions.length;
  if (reader.isAtBreak) return [made(reader, from, { verb: 'flush', object: 'ruleset' })];
  const family = readFamily(reader);
  return [made(reader, from, { verb: 'flush', object: 'ruleset', family })];
}

/** One command: `add rule ...`, or a block `table ip x { ... }`. */
function readCommand(reader: TokenReader): Read[] {
  const from = reader.mentions.length;
  if (reader.skip('table')) return readTable(reader, readTableName(reader), from, 'add');
  const verb = VERBS.find((name) => reader.skip(name)) ?? 'add';
  if (verb === 'rename') {
    reader.expect('chain');
    return readChainCommand(reader, verb);
  }
  if (reader.skip('table')) return readTableCommand(reader, verb);
  if (reader.skip('chain')) return readChainCommand(reader, verb);
  if (reader.skip('rule')) return readRuleCommand(reader, verb);
  if (reader.skip('set')) return readSetCommand(reader, verb, 'set');
  if (reader.skip('map')) return readSetCommand(reader, verb, 'map');
  if (reader.skip('element')) return readElementCommand(reader, verb);
  if (reader.skip('ruleset')) return readRulesetFlush(reader, verb);
  // `add ip table chain ...` and `ip table chain ...` are short for a rule.
  if (verb === 'add') return readRuleCommand(reader, verb);
  if (verb === 'insert' || verb === 'replace') reader.failExpecting('rule');
  reader.fail();
  return [];
}

/** The whole line of a command, for what the kernel says of no part of it. */
function blockMention(lines: readonly string[], line: number): NftMention {
  const length = (lines[line - 1] ?? '').length + 1;
  return { what: 'block', name: '', line, column: 1, length };
}

/** Reads what `nft -f` reads: commands, or the blocks that `nft list ruleset` prints. */
export function parseNftScript(script: string): ParsedNftScript {
  const tokens = tokenize(script);
  if (!Array.isArray(tokens)) {
    return { ok: false, problem: { ...tokens, length: 1, text: 'syntax error, unexpected junk' } };
  }
  const expanded = expandDefinitions(tokens);
  if (!Array.isArray(expanded)) return { ok: false, problem: expanded };
  const reader = new TokenReader(expanded);
  const lines = script.split('\n');
  const found: Read[] = [];
  for (reader.skipLines(); !reader.isAtEnd; reader.skipLines()) {
    const { line } = reader.token;
    const read = readCommand(reader);
    if (!reader.isAtBreak || reader.isNext('}'))
      reader.failExpecting('end of file or newline or semicolon');
    const block = blockMention(lines, line);
    for (const { command, mentions } of read)
      found.push({ command, mentions: [...mentions, block] });
  }
  if (reader.problem) return { ok: false, problem: reader.problem };
  return {
    ok: true,
    commands: found.map(({ command }) => command),
    mentions: found.map(({ mentions }) => mentions),
  };
}
