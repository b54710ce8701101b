'use client';

import { useRef, useState, type KeyboardEvent } from 'react';
import type { ReachabilityView } from '#lib/simulator/index.ts';
import { CellMark, cellClass } from './reachability-cell.tsx';
import { ColumnHeads } from './reachability-table.tsx';
import {
  cellText,
  endName,
  namedCells,
  type CellChange,
  type NamedCell,
} from './reachability-words.ts';
import './reachability.css';

interface ReachabilityGridProps {
  readonly view: ReachabilityView;
  readonly changes: ReadonlyMap<string, CellChange>;
  /** `cellText` of the cell that is explained. */
  readonly chosen: string | undefined;
  readonly onChoose: (cell: NamedCell) => void;
}

const MOVES: Readonly<Record<string, readonly [rows: number, columns: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  Home: [0, Number.NEGATIVE_INFINITY],
  End: [0, Number.POSITIVE_INFINITY],
};

const within = (value: number, count: number) => Math.min(Math.max(0, value), count - 1);

/** The matrix to walk in with arrow keys: one cell takes part in the tab order, Enter explains it. */
export function ReachabilityGrid({ view, changes, chosen, onChoose }: ReachabilityGridProps) {
  const table = useRef<HTMLTableElement>(null);
  const [at, setAt] = useState<readonly [row: number, column: number]>([0, 0]);
  const rows = namedCells(view);
  const row = within(at[0], rows.length);
  const column = within(at[1], view.columns.length);
  const onKeyDown = (event: KeyboardEvent) => {
    const move = MOVES[event.key];
    if (!move || event.altKey || event.metaKey) return;
    event.preventDefault();
    const next = [
      within(event.ctrlKey && move[0] === 0 ? row + move[1] : row + move[0], rows.length),
      within(column + move[1], view.columns.length),
    ] as const;
    setAt(next);
    table.current?.querySelector<HTMLElement>(`[data-cell="${next[0]} ${next[1]}"]`)?.focus();
  };
  return (
    <table
      className="mx reach"
      role="grid"
      aria-label="Who reaches whom by policies: rows ask, columns are asked"
      ref={table}
      onKeyDown={onKeyDown}
    >
      <ColumnHeads view={view} />
      <tbody>
        {rows.map((cells, index) => (
          <tr key={index}>
            <th scope="row">{cells[0] && endName(cells[0].from)}</th>
            {cells.map((named) => {
              const change = changes.get(cellText(named.key));
              const isHere = named.row === row && named.column === column;
              return (
                <td
                  key={named.column}
                  className={cellClass(named, change)}
                  aria-selected={cellText(named.key) === chosen}
                >
                  <button
                    type="button"
                    data-cell={`${named.row} ${named.column}`}
                    tabIndex={isHere ? 0 : -1}
                    onClick={() => {
                      setAt([named.row, named.column]);
                      onChoose(named);
                    }}
                  >
                    <CellMark named={named} change={change} />
                  </button>
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
