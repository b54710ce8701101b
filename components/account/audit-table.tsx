interface ShownAct {
  readonly id: string;
  readonly createdAt: Date;
  readonly action: string;
  readonly resource: string;
  readonly actor: { readonly email: string | null; readonly name: string } | null;
}

/** What was done with power, newest first. */
export function AuditTable({ acts }: { readonly acts: readonly ShownAct[] }) {
  if (acts.length === 0) return <p className="dim">Nothing yet.</p>;
  return (
    <div className="account-scroll" role="region" aria-label="What was done" tabIndex={0}>
      <table className="account-table">
        <thead>
          <tr>
            <th scope="col">When (UTC)</th>
            <th scope="col">Who</th>
            <th scope="col">What</th>
            <th scope="col">On what</th>
          </tr>
        </thead>
        <tbody>
          {acts.map((act) => (
            <tr key={act.id}>
              <td className="nowrap">
                {act.createdAt.toISOString().slice(0, 19).replace('T', ' ')}
              </td>
              <td>{act.actor?.email ?? act.actor?.name ?? 'nobody any more'}</td>
              <td className="mono">{act.action}</td>
              <td className="mono">{act.resource}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
