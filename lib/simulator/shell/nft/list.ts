import {
  tableKey,
  type NftChain,
  type NftFamily,
  type NftRuleset,
  type NftSet,
  type NftTable,
} from '../../linux/netfilter/nft/model.ts';
import {
  listNftRuleset,
  listTable,
  type ListOptions,
} from '../../linux/netfilter/nft/print/list-ruleset.ts';

export type Listed =
  | { readonly ok: true; readonly text: string }
  | {
      readonly ok: false;
      readonly message: string;
      /** 1-based, of the command line. */
      readonly columns: readonly [number, number];
    };

const FAMILIES: readonly string[] = ['ip', 'ip6', 'inet'];

const columnsOf = (line: string, word: string): readonly [number, number] => {
  const at = line.lastIndexOf(word) + 1;
  return [at, at + Math.max(1, word.length) - 1];
};

const absent = (line: string, word: string): Listed => ({
  ok: false,
  message: 'No such file or directory',
  columns: columnsOf(line, word),
});

const syntax = (line: string, word: string | undefined): Listed => ({
  ok: false,
  message: `syntax error, unexpected ${word === undefined ? 'newline' : 'string'}`,
  columns: word === undefined ? [line.length + 1, line.length + 1] : columnsOf(line, word),
});

const tablesOf = ({ tables }: NftRuleset, family: string | undefined) =>
  Object.values(tables).filter((table) => family === undefined || table.family === family);

const setsOf = ({ sets }: NftTable, kind: NftSet['kind']) =>
  Object.values(sets).filter((set) => set.kind === kind);

/** Base chains without rules, as `list chains` shows them. */
const headsOf = ({ chains }: NftTable) =>
  Object.values(chains).map((chain) => ({ ...chain, rules: [] }));

/** `list chains` and `list sets` leave no blank lines between members. */
const dense = (text: string) => text.replaceAll('\n\n', '\n');

function listAll(
  ruleset: NftRuleset,
  what: string,
  family: string | undefined,
  options: ListOptions,
): string | undefined {
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
    default:
      return undefined;
  }
}

function listOne(
  table: NftTable,
  what: string,
  name: string,
  options: ListOptions,
): string | undefined {
  if (what === 'chain') {
    const chain: NftChain | undefined = table.chains[name];
    return chain && listTable(table, options, { chains: [chain] });
  }
  const set = table.sets[name];
  return set?.kind === what ? listTable(table, options, { sets: [set] }) : undefined;
}

/** `nft list ...`: ruleset, tables, chains, sets, maps, or one table, chain, set or map. `line` is the whole command. */
export function listObjects(ruleset: NftRuleset, line: string, options: ListOptions): Listed {
  const [, what, ...rest] = line.split(/\s+/).filter(Boolean);
  const isFamily = FAMILIES.includes(rest[0] ?? '');
  const family = isFamily ? rest.shift() : undefined;
  const all = listAll(ruleset, what ?? '', family, options);
  if (all !== undefined) {
    const [extra] = rest;
    return extra === undefined ? { ok: true, text: all } : syntax(line, extra);
  }
  if (!['table', 'chain', 'set', 'map'].includes(what ?? '')) return syntax(line, what);
  const [tableName, name, extra] = rest;
  if (tableName === undefined) return syntax(line, undefined);
  const table = ruleset.tables[tableKey((family ?? 'ip') as NftFamily, tableName)];
  if (!table) return absent(line, tableName);
  if (what === 'table')
    return name === undefined ? { ok: true, text: listTable(table, options) } : syntax(line, name);
  if (name === undefined || extra !== undefined) return syntax(line, extra);
  const text = listOne(table, what ?? '', name, options);
  return text === undefined ? absent(line, name) : { ok: true, text };
}
