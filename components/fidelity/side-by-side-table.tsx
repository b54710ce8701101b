interface SideBySideTableProps {
  readonly rows: readonly {
    readonly judge: string;
    readonly unit: string;
    readonly asked: number;
    readonly differences: number;
    /** Answers that differed, and never again when the same was asked anew. */
    readonly seenOnce?: number | undefined;
  }[];
}

/** Real programs beside the simulator: how often they were asked, and how often the answers differed. */
export function SideBySideTable({ rows }: SideBySideTableProps) {
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label="Asked side by side">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Judge</th>
            <th scope="col">Asked</th>
            <th scope="col">Differ</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ judge, unit, asked, differences, seenOnce = 0 }) => (
            <tr key={judge}>
              <th scope="row">{judge}</th>
              <td>
                {asked.toLocaleString('en-GB')} times, by {unit}
              </td>
              <td>
                <b>{differences}</b>
                {seenOnce > 0 && `, and ${seenOnce} once, not when asked again`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
