import type { Metadata } from 'next';
import {
  fidelityReport,
  type FidelityResults,
} from '#lib/sandbox/server/fidelity-report.server.ts';
import type { Simplification } from '#lib/sandbox/collect-simplifications.ts';
import { CoverageTable } from '#components/fidelity/coverage-table.tsx';
import { ScoreTable } from '#components/fidelity/score-table.tsx';
import { SideBySideTable } from '#components/fidelity/side-by-side-table.tsx';
import { CodeText } from '#components/packet-trace/code-text.tsx';

export const metadata: Metadata = {
  title: 'Fidelity report',
  description:
    'What the simulated cluster does as the real one, what it simplifies, and what it leaves out.',
};

export default async function Page() {
  const { results, coverage, simplifications } = await fidelityReport();
  return (
    <main id="main" className="page reading">
      <h1>What is simulated, and how true</h1>
      <p className="lede">
        The cluster in this page is a simulation of Kubernetes 1.35 with its Linux nodes. Here is
        what judges that we did not write say of it, what it covers, and every simplification we
        know of.
      </p>
      <Results results={results} />
      <h2 id="coverage">What it covers</h2>
      {coverage.map((table) => (
        <CoverageTable key={table.title} table={table} />
      ))}
      <h2 id="simplified">Simplified, in the code’s own words</h2>
      <p className="small dim">
        {simplifications.length === 0
          ? 'The list is collected from the sources, which this copy does not have.'
          : `${simplifications.length} places in the simulator admit a simplification.`}
      </p>
      {groupByRoom(simplifications).map(([room, entries]) => (
        <details key={room} className="simplified">
          <summary>
            <code>{room}</code> <span className="faint">{entries.length}</span>
          </summary>
          <ul>
            {entries.map((entry) => (
              <li key={`${entry.file} ${entry.line}`}>
                <CodeText text={entry.text} />{' '}
                <code className="faint nowrap">
                  {entry.file.split('/').at(-1)}:{entry.line}
                </code>
              </li>
            ))}
          </ul>
        </details>
      ))}
    </main>
  );
}

function groupByRoom(entries: readonly Simplification[]) {
  const rooms = [...new Set(entries.map(({ room }) => room.split('/')[0] ?? room))].sort();
  return rooms.map(
    (room) => [room, entries.filter((entry) => entry.room.split('/')[0] === room)] as const,
  );
}

function Results({ results }: { readonly results: FidelityResults | undefined }) {
  if (!results)
    return (
      <p className="says">
        The judges have not been run in this copy. <code>npm run conformance</code> runs them.
      </p>
    );
  const { kernel } = results;
  return (
    <>
      <h2 id="judges">What the judges say</h2>
      <p className="small dim">
        Run on {results.date.slice(0, 10)} at commit <code>{results.commit}</code>,{' '}
        {results.machine}.
      </p>
      <ScoreTable suites={results.suites} />
      <p className="reading-line">
        {kernel
          ? `Linux ${kernel.version} loaded ${kernel.loaded} of ${kernel.total} sets of our rules; what it printed back differed in ${kernel.differences}.`
          : 'The rules were not loaded into a real kernel on that machine.'}
      </p>
      {results.sideBySide.length > 0 && (
        <>
          <h3>Asked side by side</h3>
          <p className="small dim">
            The same question to the real thing on that machine and to the simulator; the answers
            are compared one by one.
          </p>
          <SideBySideTable rows={results.sideBySide} />
        </>
      )}
    </>
  );
}
