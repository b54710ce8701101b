import type { Covered, CoverageTable as Table } from '#lib/sandbox/parse-coverage.ts';
import { CircleCheckIcon, CircleDashedIcon, DroppedIcon } from '#components/ui/icons.tsx';
import { CodeText } from '#components/packet-trace/code-text.tsx';

const LOOKS: Readonly<
  Record<
    Covered,
    { readonly word: string; readonly className: string; readonly Icon: typeof DroppedIcon }
  >
> = {
  yes: { word: 'simulated', className: 'v soft delivered', Icon: CircleCheckIcon },
  simplified: { word: 'simplified', className: 'v pending', Icon: CircleDashedIcon },
  absent: { word: 'absent', className: 'v dropped', Icon: DroppedIcon },
};

/** One part of Kubernetes or Linux a row: simulated, simplified or absent. */
export function CoverageTable({ table }: { readonly table: Table }) {
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label={`Coverage: ${table.title}`}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{table.title}</th>
            <th scope="col">Here</th>
            <th scope="col">Notes</th>
          </tr>
        </thead>
        <tbody>
          {table.rows.map(({ part, covered, notes }) => {
            const { word, className, Icon } = LOOKS[covered];
            return (
              <tr key={part}>
                <th scope="row">
                  <CodeText text={part} />
                </th>
                <td>
                  <span className={className}>
                    <Icon size={13} />
                    {word}
                  </span>
                </td>
                <td>
                  <CodeText text={notes} />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
