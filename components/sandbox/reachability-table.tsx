import type { ColumnPort, ReachabilityEnd, ReachabilityView } from '#lib/simulator/index.ts';
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

/** Columns of one end, side by side. */
function columnGroups({ ends, columns }: ReachabilityView) {
  const groups: { end: ReachabilityEnd | undefined; ports: (ColumnPort | undefined)[] }[] = [];
  for (const { to, port } of columns) {
    const end = ends[to];
    const last = groups.at(-1);
    if (last && last.end === end) last.ports.push(port);
    else groups.push({ end, ports: [port] });
  }
  return groups;
}

/** Names over ports; the namespace recedes. */
export function ColumnHeads({ view }: { readonly view: ReachabilityView }) {
  const groups = columnGroups(view);
  return (
    <thead>
      <tr>
        <td className="corner" rowSpan={2}>
          <span aria-hidden="true">from ↓ to →</span>
        </td>
        {groups.map(({ end, ports }, index) => (
          <th key={index} scope="colgroup" colSpan={ports.length}>
            {end?.end === 'outside' ? (
              end.name
            ) : (
              <>
                <span className="ns">{end?.namespace}/</span>
                {end?.name}
              </>
            )}
          </th>
        ))}
      </tr>
      <tr>
        {groups.flatMap(({ ports }, index) =>
          ports.map((port) => (
            <th key={`${index} ${portText(port)}`} scope="col" className="port">
              {portText(port)}
            </th>
          )),
        )}
      </tr>
    </thead>
  );
}
