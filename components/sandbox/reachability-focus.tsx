import type { ReachabilityView } from '#lib/simulator/index.ts';
import { CellMark, cellClass } from './reachability-cell.tsx';
import {
  cellText,
  cellWords,
  endName,
  namedCells,
  portText,
  type CellChange,
  type NamedCell,
} from './reachability-words.ts';
import './reachability.css';

interface ReachabilityFocusProps {
  readonly view: ReachabilityView;
  /** Id of the end that everything is about. */
  readonly focus: string;
  readonly changes: ReadonlyMap<string, CellChange>;
  readonly chosen?: string | undefined;
  /** With it every line is a button. */
  readonly onChoose?: (cell: NamedCell) => void;
}

/** One workload alone, as two lists: who reaches it, and whom it reaches. Needs no width. */
export function ReachabilityFocus(props: ReachabilityFocusProps) {
  const { view, focus } = props;
  const cells = namedCells(view)
    .flat()
    .filter(({ cell }) => cell.state !== 'not-asked');
  const isolated = view.ends.find(({ id }) => id === focus);
  const directions = isolated && isolated.end !== 'outside' ? isolated.isolated : [];
  return (
    <div className="reach-focus">
      <PairList
        {...props}
        title={`Who reaches ${focus}`}
        note={isolationNote(directions.includes('ingress'), 'ingress')}
        cells={cells.filter(({ to, from }) => to.id === focus && from.id !== focus)}
        nameOf={({ from, port }) => `${endName(from)} at ${portText(port)}`}
      />
      <PairList
        {...props}
        title={`Whom ${focus} reaches`}
        note={isolationNote(directions.includes('egress'), 'egress')}
        cells={cells.filter(({ from, to }) => from.id === focus && to.id !== focus)}
        nameOf={({ to, port }) => `${endName(to)} at ${portText(port)}`}
      />
    </div>
  );
}

/** More lines than these that say the same are folded. */
const MOST_ALIKE = 3;

const isolationNote = (isIsolated: boolean, direction: 'ingress' | 'egress') =>
  isIsolated
    ? `Isolated for ${direction}: only what a rule admits passes.`
    : `Not isolated for ${direction} by a NetworkPolicy.`;

interface PairListProps extends ReachabilityFocusProps {
  readonly title: string;
  readonly note: string;
  readonly cells: readonly NamedCell[];
  readonly nameOf: (cell: NamedCell) => string;
}

function PairList({ title, note, cells, nameOf, changes, chosen, onChoose }: PairListProps) {
  const list = (
    <ul className="reach-pairs">
      {cells.map((named) => {
        const text = cellText(named.key);
        const change = changes.get(text);
        const line = (
          <>
            <span className={`mxc ${cellClass(named, change)}`}>
              <CellMark named={named} change={change} />
            </span>
            <span className="who">{nameOf(named)}</span>
            <span className="xs dim" aria-hidden="true">
              {named.cell.state === 'self' ? 'itself' : cellWords(named.cell).split(':')[0]}
              {change && `, ${change}`}
            </span>
          </>
        );
        return (
          <li key={text}>
            {onChoose ? (
              <button type="button" aria-pressed={text === chosen} onClick={() => onChoose(named)}>
                {line}
              </button>
            ) : (
              <span className="reach-pair">{line}</span>
            )}
          </li>
        );
      })}
    </ul>
  );
  // Where everybody gets through, the list says little: it stays folded.
  const isFolded =
    cells.length > MOST_ALIKE &&
    cells.every(({ cell, key }) => cell.state === 'reachable' && !changes.has(cellText(key)));
  return (
    <section>
      <h3>{title}</h3>
      <p className="xs dim">{note}</p>
      {cells.length === 0 && <p className="small dim">Nobody declares a port here.</p>}
      {isFolded ? (
        <details>
          <summary className="small">All {cells.length} get through</summary>
          {list}
        </details>
      ) : (
        list
      )}
    </section>
  );
}
