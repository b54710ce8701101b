import type { Network, NetworkNamespace, Process } from '../linux/network.ts';
import { finished } from './command.ts';
import { onLinux } from './namespace-of-place.ts';

/** The number of the kernel's first network namespace; others have numbers from a pool that begins above. */
const FIRST = 4_026_531_840;

interface Row {
  readonly NS: string;
  readonly TYPE: string;
  readonly NPROCS: string;
  readonly PID: string;
  readonly USER: string;
  readonly NETNSID: string;
  readonly NSFS: string;
  readonly COMMAND: string;
}

const COLUMNS = ['NS', 'TYPE', 'NPROCS', 'PID', 'USER', 'NETNSID', 'NSFS', 'COMMAND'] as const;
const TO_THE_RIGHT: ReadonlySet<string> = new Set(['NS', 'NPROCS', 'PID', 'NETNSID']);

const runningIn = ({ processes }: Network, id: string): Process[] =>
  Object.values(processes).filter(
    ({ namespace, exitCode }) => namespace === id && exitCode === undefined,
  );

function rowOf(network: Network, namespace: NetworkNamespace, number: number): Row | undefined {
  const processes = runningIn(network, namespace.id);
  const [first] = processes;
  const isRoot = namespace.id === namespace.machine;
  // What nobody runs in is not seen, but for the machine's own, where everything else runs.
  if (!first && !isRoot) return undefined;
  return {
    NS: String(FIRST + number),
    TYPE: 'net',
    NPROCS: String(isRoot ? processes.length + 1 : processes.length),
    PID: isRoot ? '1' : String(first?.pid ?? ''),
    USER: 'root',
    NETNSID: isRoot ? 'unassigned' : String(number - 1),
    NSFS: isRoot ? '' : `/run/netns/${namespace.id}`,
    COMMAND: isRoot ? '/sbin/init' : (first?.program ?? ''),
  };
}

function table(rows: readonly Row[], columns: readonly (keyof Row)[]): string {
  const width = (column: keyof Row) =>
    Math.max(column.length, ...rows.map((row) => row[column].length));
  const text = (cell: string, column: keyof Row, isLast: boolean) => {
    if (TO_THE_RIGHT.has(column)) return cell.padStart(width(column));
    return isLast ? cell : cell.padEnd(width(column));
  };
  const lineOf = (cellOf: (column: keyof Row) => string) =>
    `${columns.map((column, i) => text(cellOf(column), column, i === columns.length - 1)).join(' ')}\n`;
  return lineOf((column) => column) + rows.map((row) => lineOf((column) => row[column])).join('');
}

/**
 * lsns(8) of util-linux 2.38 for network namespaces: those of the machine in which something runs. Simplified: no other
 * kinds, the machine's own processes are those that the simulator
 * runs, and init, and a command is its program's name.
 */
export const lsns = onLinux((args, { machine, process }, { cluster: { network } }) => {
  const type = args.find((_, i) => ['-t', '--type'].includes(args[i - 1] ?? '')) ?? 'net';
  if (type !== 'net') {
    const isKnown = ['mnt', 'ipc', 'user', 'pid', 'uts', 'cgroup', 'time'].includes(type);
    return isKnown ? finished('') : finished('', 1, `lsns: unknown namespace type: ${type}\n`);
  }
  const wanted = args.find((_, i) => ['-o', '--output'].includes(args[i - 1] ?? ''))?.split(',');
  const unknown = wanted?.find((name) => !(COLUMNS as readonly string[]).includes(name));
  if (unknown !== undefined) return finished('', 1, `lsns: unknown column: ${unknown}\n`);
  const own = Object.values(network.namespaces).filter((one) => one.machine === machine.name);
  const rows = own
    .map((namespace, i) =>
      process && namespace.id !== process.namespace ? undefined : rowOf(network, namespace, i),
    )
    .filter((row) => row !== undefined);
  const columns = COLUMNS.filter((column) => wanted?.includes(column) ?? true);
  return finished(table(rows, columns));
});
