import type { NftCommand } from '../command.ts';
import type { NftBase, NftFamily } from '../model.ts';
import { readBase, readElements, readSetBody } from './parse-bodies.ts';
import { readRule } from './parse-rule.ts';
import { TokenReader, type NftSyntaxProblem } from './reader.ts';
import { tokenize } from './tokens.ts';

/** The commands of a script, each with the line that it stands in (1-based). */
export type ParsedNftScript =
  | {
      readonly ok: true;
      readonly commands: readonly NftCommand[];
      readonly lines: readonly number[];
    }
  | { readonly ok: false; readonly problem: NftSyntaxProblem };

type InTable = { readonly family: NftFamily; readonly table: string };
type Verb = 'add' | 'create' | 'delete' | 'destroy' | 'flush' | 'insert' | 'replace';

const VERBS: readonly Verb[] = ['add', 'create', 'delete', 'destroy', 'flush', 'insert', 'replace'];

/** A family when one is named; `ip` otherwise. Simplified: arp, bridge and netdev are refused. */
export function readFamily(reader: TokenReader): NftFamily {
  return (['ip', 'ip6', 'inet'] as const).find((name) => reader.skip(name)) ?? 'ip';
}

function readTableName(reader: TokenReader): InTable {
  return { family: readFamily(reader), table: reader.word() };
}

interface ChainBody {
  base?: NftBase;
  comment?: string;
  readonly rules: NftCommand[];
}

/** The braces of a chain: its hook, its comment, its rules. */
function readChainBody(reader: TokenReader, where: InTable, chain: string): ChainBody {
  const body: ChainBody = { rules: [] };
  reader.expect('{');
  for (;;) {
    reader.skipLines();
    if (reader.skip('}') || reader.isAtEnd) return body;
    if (reader.skip('type')) body.base = readBase(reader);
    else if (reader.skip('policy')) {
      const policy = reader.skip('drop') ? 'drop' : 'accept';
      if (policy === 'accept') reader.expect('accept');
      if (body.base && policy === 'drop') body.base = { ...body.base, policy };
    } else if (reader.skip('comment')) body.comment = reader.word();
    else body.rules.push({ ...where, verb: 'add', object: 'rule', chain, rule: readRule(reader) });
    if (!reader.isAtBreak) reader.fail();
  }
}

function chainCommand(
  where: InTable,
  chain: string,
  body: ChainBody,
  verb: 'add' | 'create',
): NftCommand {
  const { base, comment } = body;
  return {
    ...where,
    verb,
    object: 'chain',
    chain,
    ...(base && { base }),
    ...(comment !== undefined && { comment }),
  };
}

/** What `table ip x { ... }` stands for, in the order in which it can be done: chains, sets, elements, rules. */
interface TableBody {
  comment?: string;
  isDormant?: true;
  readonly chains: NftCommand[];
  readonly sets: NftCommand[];
  readonly elements: NftCommand[];
  readonly rules: NftCommand[];
}

function readSetOfTable(
  reader: TokenReader,
  where: InTable,
  kind: 'set' | 'map',
  body: TableBody,
): void {
  const name = reader.word();
  const { set, elements } = readSetBody(reader, kind);
  body.sets.push({ ...where, verb: 'add', object: 'set', name, set });
  if (elements.length > 0)
    body.elements.push({ ...where, verb: 'add', object: 'element', kind, name, elements });
}

function readTableLine(reader: TokenReader, where: InTable, body: TableBody): void {
  if (reader.skip('comment')) body.comment = reader.word();
  else if (reader.skip('flags')) {
    reader.expect('dormant');
    body.isDormant = true;
  } else if (reader.skip('chain')) {
    const chain = reader.word();
    const read = readChainBody(reader, where, chain);
    body.chains.push(chainCommand(where, chain, read, 'add'));
    body.rules.push(...read.rules);
  } else if (reader.skip('set')) readSetOfTable(reader, where, 'set', body);
  else if (reader.skip('map')) readSetOfTable(reader, where, 'map', body);
  else reader.fail();
}

function readTable(reader: TokenReader, where: InTable, verb: 'add' | 'create'): NftCommand[] {
  const body: TableBody = { chains: [], sets: [], elements: [], rules: [] };
  if (reader.skip('{')) {
    for (;;) {
      reader.skipLines();
      if (reader.skip('}') || reader.isAtEnd) break;
      readTableLine(reader, where, body);
    }
  }
  const { comment, isDormant } = body;
  const table: NftCommand = {
    ...where,
    verb,
    object: 'table',
    ...(comment !== undefined && { comment }),
    ...(isDormant && { isDormant }),
  };
  return [table, ...body.chains, ...body.sets, ...body.elements, ...body.rules];
}

function readRuleCommand(reader: TokenReader, verb: Verb): NftCommand[] {
  const where = readTableName(reader);
  const chain = reader.word();
  const handle = reader.skip('handle', 'position') ? reader.number() : undefined;
  const index = handle === undefined && reader.skip('index') ? reader.number() : undefined;
  const object = 'rule' as const;
  if (verb === 'delete' || verb === 'destroy' || verb === 'replace') {
    if (handle === undefined) {
      reader.fail();
      return [];
    }
    if (verb !== 'replace') return [{ ...where, verb, object, chain, handle }];
    return [{ ...where, verb, object, chain, handle, rule: readRule(reader) }];
  }
  return [
    {
      ...where,
      verb: verb === 'insert' ? 'insert' : 'add',
      object,
      chain,
      ...(handle !== undefined && { handle }),
      ...(index !== undefined && { index }),
      rule: readRule(reader),
    },
  ];
}

function readChainCommand(reader: TokenReader, verb: Verb): NftCommand[] {
  const where = readTableName(reader);
  const chain = reader.word();
  if (verb === 'add' || verb === 'create') {
    const body: ChainBody = reader.isNext('{')
      ? readChainBody(reader, where, chain)
      : { rules: [] };
    return [chainCommand(where, chain, body, verb), ...body.rules];
  }
  if (verb === 'insert' || verb === 'replace') reader.fail();
  return [{ ...where, verb: verb as 'delete', object: 'chain', chain }];
}

function readSetCommand(reader: TokenReader, verb: Verb, kind: 'set' | 'map'): NftCommand[] {
  const where = readTableName(reader);
  const name = reader.word();
  if (verb !== 'add' && verb !== 'create')
    return [{ ...where, verb: verb as 'delete', object: 'set', kind, name }];
  const { set, elements } = readSetBody(reader, kind);
  return [
    { ...where, verb, object: 'set', name, set },
    ...(elements.length === 0
      ? []
      : [{ ...where, verb: 'add', object: 'element', kind, name, elements } as const]),
  ];
}

function readElementCommand(reader: TokenReader, verb: Verb): NftCommand[] {
  const where = readTableName(reader);
  const name = reader.word();
  const elements = readElements(reader);
  const kind = elements.some(({ data, verdict }) => data !== undefined || verdict) ? 'map' : 'set';
  if (verb === 'flush' || verb === 'insert' || verb === 'replace') reader.fail();
  return [{ ...where, verb: verb as 'add', object: 'element', kind, name, elements }];
}

function readTableCommand(reader: TokenReader, verb: Verb): NftCommand[] {
  const where = readTableName(reader);
  if (verb === 'add' || verb === 'create') return readTable(reader, where, verb);
  if (verb === 'insert' || verb === 'replace') reader.fail();
  return [{ ...where, verb: verb as 'delete', object: 'table' }];
}

function readRulesetFlush(reader: TokenReader, verb: Verb): NftCommand[] {
  if (verb !== 'flush') reader.fail();
  if (reader.isAtBreak) return [{ verb: 'flush', object: 'ruleset' }];
  return [{ verb: 'flush', object: 'ruleset', family: readFamily(reader) }];
}

/** One command: `add rule ...`, or a block `table ip x { ... }`. */
function readCommand(reader: TokenReader): NftCommand[] {
  if (reader.skip('table')) return readTable(reader, readTableName(reader), 'add');
  const verb = VERBS.find((name) => reader.skip(name));
  if (!verb) {
    reader.fail();
    return [];
  }
  if (reader.skip('table')) return readTableCommand(reader, verb);
  if (reader.skip('chain')) return readChainCommand(reader, verb);
  if (reader.skip('rule')) return readRuleCommand(reader, verb);
  if (reader.skip('set')) return readSetCommand(reader, verb, 'set');
  if (reader.skip('map')) return readSetCommand(reader, verb, 'map');
  if (reader.skip('element')) return readElementCommand(reader, verb);
  if (reader.skip('ruleset')) return readRulesetFlush(reader, verb);
  // `add ip table chain ...` is short for a rule.
  if (verb === 'add' || verb === 'insert') return readRuleCommand(reader, verb);
  reader.fail();
  return [];
}

/** Reads what `nft -f` reads: commands, or the blocks that `nft list ruleset` prints. */
export function parseNftScript(script: string): ParsedNftScript {
  const tokens = tokenize(script);
  if (!Array.isArray(tokens)) {
    return { ok: false, problem: { ...tokens, length: 1, text: 'syntax error, unexpected junk' } };
  }
  const reader = new TokenReader(tokens);
  const commands: NftCommand[] = [];
  const lines: number[] = [];
  for (reader.skipLines(); !reader.isAtEnd; reader.skipLines()) {
    const { line } = reader.token;
    const read = readCommand(reader);
    if (!reader.isAtBreak || reader.isNext('}')) reader.fail();
    commands.push(...read);
    lines.push(...read.map(() => line));
  }
  if (reader.problem) return { ok: false, problem: reader.problem };
  return { ok: true, commands, lines };
}
