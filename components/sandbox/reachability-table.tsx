import type { ReachabilityView } from '#lib/simulator/index.ts';
import { CellMark, cellClass } from './reachability-cell.tsx';
import { cellText, endName, namedCells, portText, type CellChange } from './reachability-words.ts';
import './reachability.css';

interface ReachabilityTableProps {
  readonly view: ReachabilityView;
  readonly caption: string;
  readonly changes?: ReadonlyMap<string, CellChange>;
}

const NO_CHANGES: ReadonlyMap<string, CellChange> = new Map();

/** Who reaches whom as a table that needs no JavaScript: rows ask, columns are asked. */
export function ReachabilityTable({ view, caption, changes = NO_CHANGES }: ReachabilityTableProps) {
  return (
    <table className="mx reach">
      <caption className="vh">{caption}</caption>
      <ColumnHeads view={view} />
      <tbody>
        {namedCells(view).map((row) => {
          const [first] = row;
          if (!first) return null;
          return (
            <tr key={first.row}>
              <th scope="row">{endName(first.from)}</th>
              {row.map((named) => {
                const change = changes.get(cellText(named.key));
                return (
                  <td key={named.column} className={cellClass(named, change)}>
                    <CellMark named={named} change={change} />
                  </td>
                );
              })}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** Name over port; the namespace recedes. */
export function ColumnHeads({ view }: { readonly view: ReachabilityView }) {
  return (
    <thead>
      <tr>
        <td className="corner">
          <span aria-hidden="true">from ↓ to →</span>
        </td>
        {view.columns.map(({ to, port }, column) => {
          const end = view.ends[to];
          return (
            <th key={column} scope="col">
              {end?.end === 'outside' ? (
                end.name
              ) : (
                <>
                  <span className="ns">{end?.namespace}/</span>
                  {end?.name}
                </>
              )}
              <span className="port">{portText(port)}</span>
            </th>
          );
        })}
      </tr>
    </thead>
  );
}
