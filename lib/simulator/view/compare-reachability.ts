import type { CellKey, ReachabilityCell, ReachabilityView } from './reachability-picture.ts';

/** `default/web > default/db TCP 80`: what tells cells apart. */
export const textOfCell = ({ from, to, port }: CellKey): string =>
  `${from} > ${to}${port ? ` ${port.protocol} ${port.port}` : ''}`;

/** How a cell is called in any picture of the cluster. */
export function keyOfCell(view: ReachabilityView, row: number, column: number): CellKey {
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

/** How much gets through: of all pairs, of a port or of all ports. */
const share = ({ admitted, pairs }: ReachabilityCell) => (pairs === 0 ? 0 : admitted / pairs);

/** Whether a picture shows less of a cell than another. A cell that is not there has nothing. */
function isLess(one: ReachabilityCell | undefined, other: ReachabilityCell): boolean {
  if (!one) return other.admitted > 0;
  return share(one) < share(other);
}

/**
 * Cells through which more gets in the later picture, and through which less does. Both must be answers to the same
 * question; workloads that only one of them has count as able to do nothing in the other.
 */
export function compareReachability(
  before: ReachabilityView,
  after: ReachabilityView,
): { readonly gained: readonly CellKey[]; readonly lost: readonly CellKey[] } {
  const [old, now] = [cellsByText(before), cellsByText(after)];
  const more = (from: typeof old, to: typeof old) =>
    [...to].flatMap(([text, [key, cell]]) => (isLess(from.get(text)?.[1], cell) ? [key] : []));
  return { gained: more(old, now), lost: more(now, old) };
}
