import type { CellState } from '#lib/simulator/index.ts';
import { CheckIcon, MinusIcon, QuestionIcon } from '#components/ui/icons.tsx';
import { cellWords, type CellChange, type NamedCell } from './reachability-words.ts';

const CLASS_OF: Readonly<Record<CellState, string>> = {
  reachable: 'ok',
  partly: 'ok part',
  'not-reachable': 'no',
  undecidable: 'open',
  self: 'self',
  'not-asked': 'unasked',
};

/** Colour and edge of a cell; what it says stands in it as glyph and words. */
export const cellClass = ({ cell }: NamedCell, change: CellChange | undefined): string =>
  [CLASS_OF[cell.state], ...(change ? [change] : [])].join(' ');

/** Glyph, sign of a change, and both in words. */
export function CellMark({
  named: { cell },
  change,
}: {
  readonly named: NamedCell;
  readonly change: CellChange | undefined;
}) {
  return (
    <>
      <Glyph cell={cell} />
      {change && (
        <span className="sign" aria-hidden="true">
          {change === 'gained' ? '+' : '−'}
        </span>
      )}
      <span className="vh">
        {cellWords(cell)}
        {change && `, ${change} since`}
      </span>
    </>
  );
}

function Glyph({ cell }: Pick<NamedCell, 'cell'>) {
  switch (cell.state) {
    case 'reachable':
      return <CheckIcon size={14} />;
    case 'not-reachable':
      return <MinusIcon size={14} />;
    case 'undecidable':
      return <QuestionIcon size={14} />;
    case 'self':
      return <span aria-hidden="true">·</span>;
    case 'not-asked':
      return null;
    case 'partly':
      return (
        <span className="of" aria-hidden="true">
          {cell.ports !== undefined && cell.ports !== 'all'
            ? 'some'
            : `${cell.admitted}/${cell.pairs}`}
        </span>
      );
  }
}
