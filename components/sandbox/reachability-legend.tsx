import type { ReachabilityCell } from '#lib/simulator/index.ts';

interface ReachabilityLegendProps {
  /** The cells that are shown: what none of them is needs no word. */
  readonly cells: readonly ReachabilityCell[];
  readonly hasChanges: boolean;
}

/** Whether a cell that is partly so counts pairs of pods; others are so at some of their ports. */
const countsPairs = ({ ports }: ReachabilityCell) => ports === undefined || ports === 'all';

/** What the glyphs of the picture mean. Cells say it in words too, so it is for the eye alone. */
export function ReachabilityLegend({ cells, hasChanges }: ReachabilityLegendProps) {
  const partly = cells.filter(({ state }) => state === 'partly');
  return (
    <p className="reach-legend xs dim" aria-hidden="true">
      <span className="mxc ok">✓</span> gets through <span className="mxc no">–</span> does not{' '}
      <span className="mxc self">·</span> itself
      <PartlyMeans cells={partly} />
      {cells.some(({ state }) => state === 'undecidable') && (
        <>
          {' '}
          <span className="mxc open">?</span> cannot be decided: policies of equal priority
          disagree, or a domain name was not looked up
        </>
      )}
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

/** The first fraction that is shown stands for all of them. */
function PartlyMeans({ cells }: Pick<ReachabilityLegendProps, 'cells'>) {
  const counted = cells.find(countsPairs);
  return (
    <>
      {counted && (
        <>
          {' '}
          <span className="mxc ok part">
            <span className="of">
              {counted.admitted}/{counted.pairs}
            </span>
          </span>{' '}
          {counted.admitted} of {counted.pairs} pairs of pods get through
        </>
      )}
      {cells.some((cell) => !countsPairs(cell)) && (
        <>
          {' '}
          <span className="mxc ok part">
            <span className="of">some</span>
          </span>{' '}
          some ports get through, others do not
        </>
      )}
    </>
  );
}
