import type { ObjectRef, ReachabilityView } from '#lib/simulator/index.ts';
import { PolicyFindings } from './policy-findings.tsx';
import { ReachabilityChanges } from './reachability-changes.tsx';
import { ReachabilityFocus } from './reachability-focus.tsx';
import { ReachabilityGrid } from './reachability-grid.tsx';
import { ReachabilityLegend } from './reachability-legend.tsx';
import { ReachabilityTools } from './reachability-tools.tsx';
import { changesByCell, namedCells, type NamedCell } from './reachability-words.ts';
import type { AskedReachability, ReachabilityAnswer } from './use-reachability.ts';

interface ReachabilityPictureProps {
  readonly answer: ReachabilityAnswer;
  readonly rowIds: readonly string[];
  /** `about`: id of the end that is looked at alone; empty for everybody. */
  readonly asked: AskedReachability & { readonly about: string };
  /** `cellText` of the cell that is explained. */
  readonly chosen: string | undefined;
  readonly findings: 'shown' | 'withheld';
  readonly onAsk: (part: Partial<AskedReachability>) => void;
  readonly onAbout: (end: string) => void;
  readonly onChoose: (cell: NamedCell) => void;
  readonly onOpenObject: (ref: ObjectRef) => void;
}

/** What is asked, what changed, the matrix or one workload of it, and what is odd about the policies. */
export function ReachabilityPicture(props: ReachabilityPictureProps) {
  const { answer, rowIds, asked, findings, onAsk, onAbout, onOpenObject } = props;
  const { view, ports, change } = answer;
  return (
    <div className="reach-main">
      <ReachabilityTools
        ports={ports}
        ends={rowIds}
        asked={asked}
        onPort={(port) => onAsk({ port })}
        onAbout={onAbout}
        onSince={(since) => onAsk({ since })}
      />
      <Enforcement view={view} />
      {asked.since !== 'nothing' && <ReachabilityChanges {...(change ? { change } : {})} />}
      <Cells {...props} />
      <ReachabilityLegend
        cells={cellsAbout(view, asked.about)}
        hasChanges={asked.since !== 'nothing'}
      />
      <p className="xs dim">
        Policies alone decide here: whether a route leads there and somebody listens does not count.
      </p>
      {view.leftOut.length > 0 && (
        <p className="xs dim">Not in the table: {view.leftOut.join(', ')}.</p>
      )}
      {findings === 'shown' && (
        <PolicyFindings findings={answer.findings} onOpenObject={onOpenObject} />
      )}
    </div>
  );
}

/** Cells that are shown: all, or those of one end. */
const cellsAbout = (view: ReachabilityView, about: string) =>
  namedCells(view)
    .flat()
    .filter(({ from, to }) => about === '' || from.id === about || to.id === about)
    .map(({ cell }) => cell);

/** The matrix, or the lists of one workload. */
function Cells({
  answer: { view, change },
  asked: { about },
  chosen,
  onChoose,
}: ReachabilityPictureProps) {
  const shown = { view, changes: changesByCell(change), chosen, onChoose };
  return about === '' ? (
    <div className="reach-scroll" tabIndex={0} role="group" aria-label="Matrix, scrolls">
      <ReachabilityGrid {...shown} />
    </div>
  ) : (
    <ReachabilityFocus {...shown} focus={about} />
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
