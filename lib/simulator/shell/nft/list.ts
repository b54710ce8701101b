import { findElement } from '../../linux/netfilter/nft/elements.ts';
import {
  tableKey,
  type NftFamily,
  type NftRuleset,
  type NftSet,
  type NftTable,
} from '../../linux/netfilter/nft/model.ts';
import { readElements } from '../../linux/netfilter/nft/parse/parse-bodies.ts';
import type { NftSpan } from '../../linux/netfilter/nft/parse/reader.ts';
import { TokenReader, type NftSyntaxProblem } from '../../linux/netfilter/nft/parse/reader.ts';
import { tokenize } from '../../linux/netfilter/nft/parse/tokens.ts';
import {
  listNftRuleset,
  listTable,
  type ListOptions,
} from '../../linux/netfilter/nft/print/list-ruleset.ts';
import { canonicalKey } from '../../linux/netfilter/nft/value.ts';
import { suggest } from './complain.ts';

export type Listed =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: NftSyntaxProblem };

const FAMILIES: readonly string[] = ['ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev'];

const tablesOf = ({ tables }: NftRuleset, family: string | undefined) =>
  Object.values(tables).filter((table) => family === undefined || table.family === family);

const setsOf = ({ sets }: NftTable, kind: NftSet['kind']) =>
  Object.values(sets).filter((set) => set.kind === kind);

/** Base chains without rules, as `list chains` shows them. */
const headsOf = ({ chains }: NftTable) =>
  Object.values(chains).map((chain) => ({ ...chain, rules: [] }));

/** `list chains` and `list sets` leave no blank lines between members. */
const dense = (text: string) => text.replaceAll('\n\n', '\n');

const PLURALS = [
  'ruleset',
  'tables',
  'chains',
  'sets',
  'maps',
  'meters',
  'flowtables',
  'counters',
  'quotas',
  'limits',
  'hooks',
] as const;

function listAll(
  ruleset: NftRuleset,
  what: (typeof PLURALS)[number],
  family: string | undefined,
  options: ListOptions,
): string {
  const tables = tablesOf(ruleset, family);
  switch (what) {
    case 'ruleset':
      return family === undefined
        ? listNftRuleset(ruleset, options)
        : tables.map((table) => listTable(table, options)).join('');
    case 'tables':
      return tables.map((table) => `table ${table.family} ${table.name}\n`).join('');
    case 'chains':
      return tables
        .map((table) => dense(listTable(table, options, { chains: headsOf(table) })))
        .join('');
    case 'sets':
    case 'maps': {
      const kind = what === 'sets' ? 'set' : 'map';
      return tables
        .map((table) => dense(listTable(table, options, { sets: setsOf(table, kind) })))
        .join('');
    }
    // There are none: the tables are listed without them.
    case 'meters':
    case 'flowtables':
      return tables.map((table) => listTable(table, options, { sets: [] })).join('');
    case 'counters':
    case 'quotas':
    case 'limits':
    case 'hooks':
      return '';
  }
}

const refused = (text: string, span: NftSpan): Listed => ({
  ok: false,
  problem: { ...span, text },
});

const NO_SUCH = 'No such file or directory';

const readFamily = (reader: TokenReader): string | undefined =>
  reader.isNext(...FAMILIES) ? reader.take().text : undefined;

/** The place of the last name of a kind that was read. */
const lastOf = ({ mentions, span }: TokenReader, what: string): NftSpan =>
  mentions.findLast((mention) => mention.what === what) ?? span;

function atEnd(reader: TokenReader, listed: () => Listed): Listed {
  if (!reader.isAtBreak) reader.failExpecting('end of file or newline or semicolon');
  return reader.problem ? { ok: false, problem: reader.problem } : listed();
}

type Singular = 'table' | 'chain' | 'set' | 'map';

function listOne(
  reader: TokenReader,
  ruleset: NftRuleset,
  what: Singular,
  options: ListOptions,
): Listed {
  const family = (readFamily(reader) ?? 'ip') as NftFamily;
  const tableName = reader.name('table');
  const name = what === 'table' ? '' : reader.name(what === 'chain' ? 'chain' : 'set');
  return atEnd(reader, () => {
    const table = ruleset.tables[tableKey(family, tableName)];
    if (!table) return refused(NO_SUCH, lastOf(reader, 'table'));
    if (what === 'table') return { ok: true, text: listTable(table, options) };
    if (what === 'chain') {
      const chain = table.chains[name];
      return chain
        ? { ok: true, text: listTable(table, options, { chains: [chain] }) }
        : refused(NO_SUCH, lastOf(reader, 'chain'));
    }
    const set = table.sets[name];
    return set?.kind === what
      ? { ok: true, text: listTable(table, options, { sets: [set] }) }
      : refused(NO_SUCH, lastOf(reader, 'set'));
  });
}

/** `get element ip t s { 10.0.0.1 }`: the elements that hold the values. */
function getElements(reader: TokenReader, ruleset: NftRuleset, options: ListOptions): Listed {
  const family = (readFamily(reader) ?? 'ip') as NftFamily;
  const where = { family, table: reader.name('table') };
  const name = reader.name('set');
  const wanted = readElements(reader);
  return atEnd(reader, () => {
    const table = ruleset.tables[tableKey(family, where.table)];
    const set = table?.sets[name];
    if (!table || !set) {
      const span = lastOf(reader, table ? 'set' : 'table');
      const suggestion = suggest(
        ruleset,
        table ? 'set' : 'table',
        table ? name : where.table,
        where,
      );
      return refused(suggestion ?? NO_SUCH, span);
    }
    const found = wanted.map(({ key }) =>
      findElement(set, canonicalKey(set.type, key) ?? key, options.now),
    );
    if (found.includes(undefined))
      return refused(`Could not process rule: ${NO_SUCH}`, {
        line: 1,
        column: 1,
        length: reader.span.column,
      });
    const elements = Object.fromEntries(
      found.flatMap((element) => (element ? [[element.key, element]] : [])),
    );
    return { ok: true, text: listTable(table, options, { sets: [{ ...set, elements }] }) };
  });
}

/** Whether a text is a command that only shows something. */
export const isQuery = (text: string) => /^\s*(list|get|reset)\b/.test(text);

/**
 * `nft list ...`: ruleset, tables, chains, sets, maps, or one table, chain, set or map; `get element`; `reset counters`
 * and `reset quotas`, of which there are none.
 */
export function answerQuery(ruleset: NftRuleset, text: string, options: ListOptions): Listed {
  const tokens = tokenize(`${text.replace(/\n*$/, '')}\n`);
  if (!Array.isArray(tokens))
    return refused('syntax error, unexpected junk', { ...tokens, length: 1 });
  const reader = new TokenReader(tokens);
  reader.skipLines();
  const verb = reader.take().text;
  if (verb === 'get') {
    reader.expect('element');
    return getElements(reader, ruleset, options);
  }
  const singular = (['table', 'chain', 'set', 'map'] as const).find(
    (what) => verb === 'list' && reader.skip(what),
  );
  if (singular) return listOne(reader, ruleset, singular, options);
  const plural = PLURALS.find((what) => reader.skip(what));
  const isKnown = verb === 'list' || plural === 'counters' || plural === 'quotas';
  if (!plural || !isKnown) {
    reader.fail();
    return atEnd(reader, () => ({ ok: true, text: '' }));
  }
  const family = readFamily(reader);
  return atEnd(reader, () => ({ ok: true, text: listAll(ruleset, plural, family, options) }));
}
