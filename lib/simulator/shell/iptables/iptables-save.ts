import { printIptablesSave } from '../../linux/netfilter/print/iptables-save.ts';
import { restoreIptables } from '../../linux/netfilter/parse/parse-iptables.ts';
import type { NetfilterTable } from '../../linux/netfilter/rule.ts';
import { BUILT_IN_CHAINS } from '../../linux/netfilter/ruleset.ts';
import { formatDate } from '../../workloads/calendar.ts';
import { finished, type Command } from '../command.ts';
import { onLinux } from '../namespace-of-place.ts';

const NOT_ROOT = 'Could not fetch rule set generation id: Permission denied (you must be root)\n';

/** iptables-save(8) 1.8.9: all tables, or the one of -t. */
export const iptablesSave = onLinux((args, { namespace, mayAdminister }, { cluster }) => {
  const tool = 'iptables-save v1.8.9 (nf_tables)';
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
      `iptables-save: unrecognized option '${unknown}'\nLook at manual page \`iptables-save.8' for more information.\n`,
    );
  }
  if (table !== undefined && !(table in BUILT_IN_CHAINS))
    return finished(
      '',
      3,
      `${tool}: table '${table}' does not exist\nPerhaps iptables or your kernel needs to be upgraded.\n`,
    );
  // date(1) has the zone between time and year, ctime(3) has none.
  const date = formatDate(cluster.now).replace(' UTC', '');
  return finished(
    printIptablesSave(namespace.ruleset, {
      date,
      ...(table !== undefined && { table: table as NetfilterTable }),
    }),
  );
});

/** iptables-restore(8): rules from a pipe or a file; `-n` keeps what is not declared, `--test` changes nothing. */
export const iptablesRestore: Command = onLinux(
  (args, { namespace, mayAdminister }, { stdin, files }) => {
    if (!mayAdminister) return finished('', 4, `iptables-restore v1.8.9 (nf_tables): ${NOT_ROOT}`);
    const path = args.find((arg) => !arg.startsWith('-'));
    const text = path === undefined ? stdin : files[path];
    if (text === undefined)
      return finished('', 1, `Can't open ${path}: No such file or directory\n`);
    const isKept = args.includes('-n') || args.includes('--noflush');
    const result = restoreIptables(namespace.ruleset, text, isKept ? 'keep' : 'flush');
    if (!result.ok) return finished('', result.exitCode, result.text);
    if (args.includes('-t') || args.includes('--test')) return finished('');
    const { tables } = namespace.ruleset;
    for (const name of Object.keys(tables) as NetfilterTable[]) delete tables[name];
    Object.assign(tables, result.ruleset.tables);
    return finished('');
  },
);
