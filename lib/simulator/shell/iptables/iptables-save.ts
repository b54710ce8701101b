import { printIptablesSave } from '../../linux/netfilter/print/iptables-save.ts';
import { restoreIptables } from '../../linux/netfilter/parse/parse-iptables.ts';
import type { NetfilterTable, Ruleset } from '../../linux/netfilter/rule.ts';
import { BUILT_IN_CHAINS, ensureTable } from '../../linux/netfilter/ruleset.ts';
import { formatDate } from '../../workloads/calendar.ts';
import { finished, type Command } from '../command.ts';
import { onLinux } from '../namespace-of-place.ts';

const NOT_ROOT = 'Could not fetch rule set generation id: Permission denied (you must be root)\n';

const nameOf = (family: 4 | 6) => (family === 6 ? 'ip6tables' : 'iptables');

/** iptables-save(8) 1.8.9: all tables, or the one of -t; -c with the counters of each rule. */
const createSave = (family: 4 | 6) =>
  onLinux((args, { namespace, mayAdminister }, { cluster }) => {
    const name = `${nameOf(family)}-save`;
    const tool = `${name} v1.8.9 (nf_tables)`;
    if (!mayAdminister) return finished('', 4, `${tool}: ${NOT_ROOT}`);
    const at = args.findIndex((arg) => arg === '-t' || arg === '--table');
    const table = at >= 0 ? (args[at + 1] ?? '') : undefined;
    const unknown = args.find(
      (arg, i) => arg.startsWith('-') && i !== at && !['-c', '--counters'].includes(arg),
    );
    if (unknown !== undefined) {
      return finished(
        '',
        1,
        `${name}: unrecognized option '${unknown}'\nLook at manual page \`${name}.8' for more information.\n`,
      );
    }
    if (table !== undefined && !(table in BUILT_IN_CHAINS))
      return finished('', 1, `Table \`${table}' does not exist\n`);
    // date(1) has the zone between time and year, ctime(3) has none.
    const ruleset = family === 6 ? namespace.ruleset6 : namespace.ruleset;
    // A table that is asked for by its name is printed even when nothing was ever written to it.
    const printed: Ruleset = { ...ruleset, tables: { ...ruleset.tables } };
    if (table !== undefined) ensureTable(printed, table as NetfilterTable);
    const date = formatDate(cluster.now).replace(' UTC', '');
    return finished(
      printIptablesSave(printed, {
        date,
        family,
        counters: args.includes('-c') || args.includes('--counters') ? 'all' : 'policies',
        ...(table !== undefined && { table: table as NetfilterTable }),
      }),
    );
  });

/** iptables-restore(8): rules from a pipe or a file; `-n` keeps what is not declared, `--test` changes nothing. */
const createRestore = (family: 4 | 6): Command =>
  onLinux((args, { namespace, mayAdminister }, { stdin, files }) => {
    if (!mayAdminister)
      return finished('', 4, `${nameOf(family)}-restore v1.8.9 (nf_tables): ${NOT_ROOT}`);
    const path = args.find((arg) => !arg.startsWith('-'));
    const text = path === undefined ? stdin : files[path];
    if (text === undefined)
      return finished('', 1, `Can't open ${path}: No such file or directory\n`);
    const isKept = args.includes('-n') || args.includes('--noflush');
    const ruleset = family === 6 ? namespace.ruleset6 : namespace.ruleset;
    const isCounted = args.includes('-c') || args.includes('--counters');
    const result = restoreIptables(ruleset, text, {
      mode: isKept ? 'keep' : 'flush',
      family,
      sets: Object.keys(namespace.ipsets),
      ...(isCounted && { counters: 'restored' }),
    });
    if (!result.ok) return finished('', result.exitCode, result.text);
    if (args.includes('-t') || args.includes('--test')) return finished('');
    const { tables } = ruleset;
    for (const name of Object.keys(tables) as NetfilterTable[]) delete tables[name];
    Object.assign(tables, result.ruleset.tables);
    return finished('');
  });

export const iptablesSave = createSave(4);
export const ip6tablesSave = createSave(6);
export const iptablesRestore = createRestore(4);
export const ip6tablesRestore = createRestore(6);
