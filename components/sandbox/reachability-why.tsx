import { useEffect, useRef } from 'react';
import type { ObjectRef } from '#lib/simulator/index.ts';
import { CellAccount } from './cell-account.tsx';
import type { NamedCell } from './reachability-words.ts';
import type { SandboxSession } from './use-sandbox.ts';

interface ReachabilityWhyProps {
  readonly session: SandboxSession;
  readonly moment: number;
  /** The cell that is explained. */
  readonly cell: NamedCell | undefined;
  /** Whenever there is another one, the account is scrolled to. */
  readonly broughtIntoView: NamedCell | undefined;
  readonly onSend: (from: string, to: string) => void;
  readonly onOpenObject: (ref: ObjectRef) => void;
}

/** Beside the picture: why the chosen cell is as it is. */
export function ReachabilityWhy({
  session,
  moment,
  cell,
  broughtIntoView,
  onSend,
  onOpenObject,
}: ReachabilityWhyProps) {
  const why = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (broughtIntoView) why.current?.scrollIntoView({ block: 'nearest' });
  }, [broughtIntoView]);
  return (
    <div className="reach-why" aria-live="polite" ref={why}>
      {cell ? (
        <CellAccount
          session={session}
          moment={moment}
          cell={cell}
          onSend={onSend}
          onOpenObject={onOpenObject}
        />
      ) : (
        <p className="small dim">Choose a cell to read what every policy says to that pair.</p>
      )}
    </div>
  );
}
