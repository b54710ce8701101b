'use client';

import { useState } from 'react';
import type { ObjectRef } from '#lib/simulator/index.ts';
import { ReachabilityPicture } from './reachability-picture.tsx';
import { ReachabilityWhy } from './reachability-why.tsx';
import { cellText, namedCells, type NamedCell } from './reachability-words.ts';
import { useReachability, type AskedReachability } from './use-reachability.ts';
import type { SandboxSession } from './use-sandbox.ts';
import './reachability.css';

interface ReachabilityPanelProps {
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
export function ReachabilityPanel(props: ReachabilityPanelProps) {
  const { session, moment, findings, onOpenObject } = props;
  const [asked, setAsked] = useState<AskedReachability>({ port: '', since: 'last-change' });
  const [focus, setFocus] = useState<string>();
  const [isNarrow] = useState(() => window.matchMedia(NARROW).matches);
  const [chosen, setChosen] = useState<NamedCell>();
  const { answer, fault } = useReachability(session, moment, asked);
  if (!answer)
    return (
      <p className="small dim objects-none" role="status">
        {fault ?? 'Asking every policy about every pair.'}
      </p>
    );
  const { view } = answer;
  const rowIds = view.rows.flatMap((index) => view.ends[index]?.id ?? []);
  const wanted = focus ?? (isNarrow ? rowIds[0] : '') ?? '';
  const chosenText = chosen && cellText(chosen.key);
  const stillThere = namedCells(view)
    .flat()
    .find(({ key }) => cellText(key) === chosenText);
  return (
    <div className="reach-panel">
      <ReachabilityPicture
        answer={answer}
        rowIds={rowIds}
        asked={{ ...asked, about: rowIds.includes(wanted) ? wanted : '' }}
        chosen={chosenText}
        findings={findings}
        onAsk={(part) => setAsked({ ...asked, ...part })}
        onAbout={setFocus}
        onChoose={setChosen}
        onOpenObject={onOpenObject}
      />
      <ReachabilityWhy
        {...props}
        cell={stillThere}
        // On a phone the account stands below the list.
        broughtIntoView={isNarrow ? chosen : undefined}
      />
    </div>
  );
}
