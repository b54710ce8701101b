import { textOfPorts } from '../policy/reachability/port-verdicts.ts';
import { textOfRange } from '../policy/reachability/text-of-range.ts';
import type { Exposure } from '../policy/reachability/exposure-of.ts';
import type { ConnectionEnd, ListedConnection } from './list-connections.ts';
import type {
  CellState,
  ReachabilityCell,
  ReachabilityDifference,
  ReachabilityEnd,
  ReachabilityView,
} from './reachability-picture.ts';

const MARKS: Readonly<Record<CellState, string>> = {
  reachable: '✓',
  partly: '~',
  'not-reachable': '-',
  undecidable: '?',
  self: '·',
  'not-asked': '',
};

const LEGEND =
  '✓ may talk, - may not, ~ some pods or ports, ? undecidable, · a pod and itself. Rows ask, columns are asked.';

const nameOf = (end: ReachabilityEnd | undefined): string =>
  end?.end === 'outside' ? end.name : (end?.id ?? '');

function printGrid(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** The column's number, and what it is: `3  shop/db TCP 5432 (sql)`. */
function columnLines({ ends, columns }: ReachabilityView): string[] {
  return printGrid(
    columns.map(({ to, port }, index) => [
      String(index + 1).padStart(String(columns.length).length),
      nameOf(ends[to]),
      port
        ? `${port.protocol} ${port.port}${port.name === undefined ? '' : ` (${port.name})`}`
        : 'any port',
    ]),
  );
}

const markOf = ({ state, ports }: ReachabilityCell): string =>
  state === 'partly' && ports !== undefined ? ports : MARKS[state];

/** The matrix as text: columns by number, listed above; whether anybody enforces policies, first. */
export function printReachability(view: ReachabilityView): string {
  const { ends, rows, columns, cells, enforcement, leftOut } = view;
  const head = ['', ...columns.map((_, index) => String(index + 1))];
  const body = rows.map((end, row) => [nameOf(ends[end]), ...(cells[row] ?? []).map(markOf)]);
  const sections = [
    ...(enforcement.sentence === undefined ? [] : [[enforcement.sentence]]),
    columnLines(view),
    printGrid([head, ...body]),
    [LEGEND],
    ...(leftOut.length === 0 ? [] : [[`Left out: ${leftOut.join(', ')}`]]),
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

const textOfEnd = (end: ConnectionEnd): string =>
  end.end === 'workload' ? end.id : end.ranges.map(textOfRange).join(' ');

/** One line for each pair between which anything passes: `shop/web => shop/db: TCP 5432`. */
export const printConnections = (connections: readonly ListedConnection[]): string =>
  connections
    .map(({ from, to, ports }) => `${textOfEnd(from)} => ${textOfEnd(to)}: ${textOfPorts(ports)}\n`)
    .join('');

/** One line for each pair that gained or lost ports; a sentence when there is none. */
export function printDifferences(differences: readonly ReachabilityDifference[]): string {
  if (differences.length === 0) return 'Nothing gained, nothing lost.\n';
  return differences
    .map(
      ({ change, from, to, ports }) =>
        `${change === 'gained' ? '+' : '-'} ${from} => ${to}: ${ports}\n`,
    )
    .join('');
}

const whoOf = ({ newcomers: { namespace, pod } }: Exposure): string =>
  `${pod === 'any' ? 'any new pod' : `a new pod with ${pod}`} in ${
    namespace === 'any' ? 'any namespace' : `namespace ${namespace}`
  }`;

/** Who that does not exist yet could reach the pods, and whom they could reach. */
export function printExposure(id: string, exposures: readonly Exposure[]): string {
  if (exposures.length === 0)
    return `${id} has its node's addresses: policies are not asked, everything reaches it.\n`;
  return exposures
    .map((exposure) => {
      const [from, to] =
        exposure.direction === 'ingress' ? [whoOf(exposure), id] : [id, whoOf(exposure)];
      return `${from} => ${to}: ${textOfPorts(exposure.ports)}\n`;
    })
    .join('');
}
