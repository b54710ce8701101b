import { cidrContains } from '../base/cidr.ts';
import { parseIp } from '../base/ip.ts';
import type {
  CellKey,
  ReachabilityCell,
  ReachabilityEnd,
  ReachabilityView,
} from './reachability-picture.ts';

/** `default/web > default/db TCP 80`: what tells cells apart. */
const textOfCell = ({ from, to, port }: CellKey): string =>
  `${from} > ${to}${port ? ` ${port.protocol} ${port.port}` : ''}`;

/** How a cell is called in any picture of the cluster. */
function keyOfCell(view: ReachabilityView, row: number, column: number): CellKey {
  const from = view.ends[view.rows[row] ?? -1]?.id ?? '';
  const { to, port } = view.columns[column] ?? { to: -1 };
  return { from, to: view.ends[to]?.id ?? '', ...(port && { port }) };
}

function cellsByText(view: ReachabilityView): Map<string, [CellKey, ReachabilityCell]> {
  const cells = view.cells.flatMap((row, index) =>
    row.map((cell, column): [string, [CellKey, ReachabilityCell]] => {
      const key = keyOfCell(view, index, column);
      return [textOfCell(key), [key, cell]];
    }),
  );
  return new Map(cells);
}

/** Whether an address is in `10.0.0.0/8` or `192.0.2.1-192.0.2.9`. */
function isInRange(range: string, address: string): boolean {
  if (range.includes('/')) return cidrContains(range, address);
  const [first, last = first] = range.split('-');
  const [low, high, asked] = [first, last, address].map((text) => parseIp(text ?? ''));
  if (!low || !high || low.version !== asked?.version) return false;
  return low.value <= asked.value && asked.value <= high.value;
}

/** The end of another picture that an end was part of: policies cut the addresses outside otherwise there. */
function idIn({ ends }: ReachabilityView, end: ReachabilityEnd): string {
  if (end.end !== 'outside') return end.id;
  const address = end.ranges[0]?.split(/[/-]/)[0] ?? '';
  const found = ends.find(
    (other) => other.end === 'outside' && other.ranges.some((range) => isInRange(range, address)),
  );
  return found?.id ?? end.id;
}

/** How much gets through: of all pairs, of a port or of all ports. */
const shareOf = ({ admitted, pairs }: ReachabilityCell) => (pairs === 0 ? 0 : admitted / pairs);

type Share = 'more' | 'less';

/** Cells of one picture through which more, or less, gets than in the other, by their texts. What is not there has nothing. */
function cellsWith(share: Share, view: ReachabilityView, other: ReachabilityView) {
  const known = cellsByText(other);
  const ids = new Map(view.ends.map((end) => [end.id, idIn(other, end)]));
  return [...cellsByText(view)].filter(([, [key, cell]]) => {
    const { from, to } = key;
    const there = { ...key, from: ids.get(from) ?? from, to: ids.get(to) ?? to };
    const that = known.get(textOfCell(there))?.[1];
    const [here, elsewhere] = [shareOf(cell), that ? shareOf(that) : 0];
    return share === 'more' ? here > elsewhere : here < elsewhere;
  });
}

/** Cells with more in one picture than in the other, by the names of whichever cuts the addresses outside more finely. */
const cellsBeyond = (view: ReachabilityView, other: ReachabilityView): CellKey[] =>
  [...new Map([...cellsWith('less', other, view), ...cellsWith('more', view, other)]).values()].map(
    ([key]) => key,
  );

/**
 * Cells through which more gets in the later picture, and through which less does. Both must be answers to the same
 * question; workloads that only one of them has count as able to do nothing in the other. A column of all ports counts when
 * all of them pass.
 */
export function compareReachability(
  before: ReachabilityView,
  after: ReachabilityView,
): { readonly gained: readonly CellKey[]; readonly lost: readonly CellKey[] } {
  return { gained: cellsBeyond(after, before), lost: cellsBeyond(before, after) };
}
