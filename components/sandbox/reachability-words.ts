import type {
  CellKey,
  ColumnPort,
  ReachabilityCell,
  ReachabilityEnd,
  ReachabilityView,
} from '#lib/simulator/index.ts';

/** `TCP 8080`; without a port every one is meant. */
export const portText = (port: ColumnPort | undefined): string =>
  port ? `${port.protocol} ${port.port}` : 'any port';

/** An end as people call it. */
export const endName = (end: ReachabilityEnd): string =>
  end.end === 'outside' ? end.name : `${end.namespace}/${end.name}`;

/** How a cell is called in the comparison of two pictures. */
export const cellText = ({ from, to, port }: CellKey): string =>
  `${from} > ${to}${port ? ` ${port.protocol} ${port.port}` : ''}`;

/** A cell with its place in the picture and its names. */
export interface NamedCell {
  readonly row: number;
  readonly column: number;
  readonly from: ReachabilityEnd;
  readonly to: ReachabilityEnd;
  readonly port?: ColumnPort;
  readonly cell: ReachabilityCell;
  readonly key: CellKey;
}

/** Every cell by row and column; places that the picture lacks are left out. */
export function namedCells(view: ReachabilityView): readonly (readonly NamedCell[])[] {
  return view.rows.map((rowEnd, row) =>
    view.columns.flatMap(({ to: columnEnd, port }, column) => {
      const from = view.ends[rowEnd];
      const to = view.ends[columnEnd];
      const cell = view.cells[row]?.[column];
      if (!from || !to || !cell) return [];
      const key: CellKey = { from: from.id, to: to.id, ...(port ? { port } : {}) };
      return [{ row, column, from, to, ...(port ? { port } : {}), cell, key }];
    }),
  );
}

/** What a cell says, in a few words that follow the names of its row and its column. */
export function cellWords({ state, admitted, pairs, ports }: ReachabilityCell): string {
  switch (state) {
    case 'reachable':
      return 'gets through';
    case 'not-reachable':
      return 'does not get through';
    case 'partly':
      return ports === undefined || ports === 'all'
        ? `partly: ${admitted} of ${pairs} pairs of pods`
        : `partly: ${ports}`;
    case 'undecidable':
      return 'cannot be decided: policies of equal priority disagree, or a domain name was not looked up';
    case 'self':
      return 'itself: a pod always reaches itself';
    case 'not-asked':
      return 'not asked';
  }
}

export type CellChange = 'gained' | 'lost';

/** What became of the cells since an earlier picture, by `cellText`. */
export function changesByCell(
  change: { readonly gained: readonly CellKey[]; readonly lost: readonly CellKey[] } | undefined,
): ReadonlyMap<string, CellChange> {
  return new Map([
    ...(change?.gained ?? []).map((key) => [cellText(key), 'gained'] as const),
    ...(change?.lost ?? []).map((key) => [cellText(key), 'lost'] as const),
  ]);
}

/** `shop/web to shop/catalog, TCP 8080`. */
export const pairWords = ({ from, to, port }: CellKey): string =>
  `${from} to ${to}${port ? `, ${portText(port)}` : ''}`;
