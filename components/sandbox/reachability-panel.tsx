'use client';

import { useEffect, useRef, useState } from 'react';
import type { ObjectRef, ReachabilityView } from '#lib/simulator/index.ts';
import { CellAccount } from './cell-account.tsx';
import { PolicyFindings } from './policy-findings.tsx';
import { ReachabilityFocus } from './reachability-focus.tsx';
import { ReachabilityGrid } from './reachability-grid.tsx';
import { ReachabilityTools } from './reachability-tools.tsx';
import {
  cellText,
  changesByCell,
  namedCells,
  pairWords,
  type NamedCell,
} from './reachability-words.ts';
import { useReachability, type ReachabilityAnswer, type Since } from './use-reachability.ts';
import type { SandboxSession } from './use-sandbox.ts';
import './reachability.css';

export interface ReachabilityPanelProps {
  readonly session: SandboxSession;
  /** Grows with everything that happens: the picture is asked for again. */
  readonly moment: number;
  readonly findings: 'shown' | 'withheld';
  readonly onSend: (from: string, to: string) => void;
  readonly onOpenObject: (ref: ObjectRef) => void;
}

/** Below this width one workload is looked at alone. */
const NARROW = '(max-width: 799px)';

/** The matrix of the sandbox: what policies leave of every pair, what changed, and why. */
export function ReachabilityPanel({
  session,
  moment,
  findings,
  onSend,
  onOpenObject,
}: ReachabilityPanelProps) {
  const [port, setPort] = useState('');
  const [since, setSince] = useState<Since>('last-change');
  const [focus, setFocus] = useState<string>();
  const [isNarrow] = useState(() => window.matchMedia(NARROW).matches);
  const [chosen, setChosen] = useState<NamedCell>();
  const { answer, fault } = useReachability(session, moment, { port, since });
  const why = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // On a phone the account stands below the list.
    if (isNarrow && chosen) why.current?.scrollIntoView({ block: 'nearest' });
  }, [isNarrow, chosen]);
  if (!answer)
    return (
      <p className="small dim objects-none" role="status">
        {fault ?? 'Asking every policy about every pair.'}
      </p>
    );
  const { view, ports, change } = answer;
  const rowIds = view.rows.flatMap((index) => view.ends[index]?.id ?? []);
  const wanted = focus ?? (isNarrow ? rowIds[0] : '') ?? '';
  const about = rowIds.includes(wanted) ? wanted : '';
  const changes = changesByCell(change);
  const chosenText = chosen && cellText(chosen.key);
  const stillThere = namedCells(view)
    .flat()
    .find(({ key }) => cellText(key) === chosenText);
  return (
    <div className="reach-panel">
      <div className="reach-main">
        <ReachabilityTools
          ports={ports}
          ends={rowIds}
          asked={{ port, about, since }}
          onPort={setPort}
          onAbout={setFocus}
          onSince={setSince}
        />
        <Enforcement view={view} />
        {since !== 'nothing' && <Changes answer={answer} />}
        {about === '' ? (
          <div className="reach-scroll" tabIndex={0} role="group" aria-label="Matrix, scrolls">
            <ReachabilityGrid
              view={view}
              changes={changes}
              chosen={chosenText}
              onChoose={setChosen}
            />
          </div>
        ) : (
          <ReachabilityFocus
            view={view}
            focus={about}
            changes={changes}
            chosen={chosenText}
            onChoose={setChosen}
          />
        )}
        <Legend hasChanges={since !== 'nothing'} />
        <p className="xs dim">
          Policies alone decide here: whether a route leads there and somebody listens does not
          count.
        </p>
        {view.leftOut.length > 0 && (
          <p className="xs dim">Not in the table: {view.leftOut.join(', ')}.</p>
        )}
        {findings === 'shown' && (
          <PolicyFindings findings={answer.findings} onOpenObject={onOpenObject} />
        )}
      </div>
      <div className="reach-why" aria-live="polite" ref={why}>
        {stillThere ? (
          <CellAccount
            session={session}
            moment={moment}
            cell={stillThere}
            onSend={onSend}
            onOpenObject={onOpenObject}
          />
        ) : (
          <p className="small dim">Choose a cell to read what every policy says to that pair.</p>
        )}
      </div>
    </div>
  );
}

/** Whether what the table says is what happens. */
function Enforcement({ view: { enforcement } }: { readonly view: ReachabilityView }) {
  if (enforcement.where === 'no-policies')
    return <p className="small">There is no policy: everybody reaches everybody.</p>;
  return enforcement.sentence === undefined ? null : (
    <p className="small says problem" role="status">
      {enforcement.sentence}
    </p>
  );
}

const MOST_NAMED = 6;

/** What became reachable and what no longer is, as a list before the table. */
function Changes({ answer: { change } }: { readonly answer: ReachabilityAnswer }) {
  const { gained = [], lost = [] } = change ?? {};
  if (gained.length + lost.length === 0)
    return <p className="small dim">Nothing gained, nothing lost.</p>;
  return (
    <div className="reach-changes small" role="status">
      {(
        [
          ['gained', gained],
          ['lost', lost],
        ] as const
      ).map(
        ([word, keys]) =>
          keys.length > 0 && (
            <p key={word}>
              <b>
                {keys.length} {word}
              </b>
              : {keys.slice(0, MOST_NAMED).map(pairWords).join('; ')}
              {keys.length > MOST_NAMED && `; and ${keys.length - MOST_NAMED} more`}
            </p>
          ),
      )}
    </div>
  );
}

function Legend({ hasChanges }: { readonly hasChanges: boolean }) {
  return (
    <p className="reach-legend xs dim" aria-hidden="true">
      <span className="mxc ok">✓</span> gets through <span className="mxc no">–</span> does not{' '}
      <span className="mxc self">·</span> itself
      {hasChanges && (
        <>
          {' '}
          <span className="mxc ok gained">+</span> gained <span className="mxc no lost">−</span>{' '}
          lost
        </>
      )}
    </p>
  );
}
