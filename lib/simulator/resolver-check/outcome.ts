/** A question as the server logged it. */
export interface LoggedQuery {
  readonly server: string;
  readonly protocol: 'udp' | 'tcp';
  readonly type: string;
  readonly name: string;
}

/** What came of one look-up. */
export interface Outcome {
  readonly queries: readonly LoggedQuery[];
  readonly output: string;
  readonly exitCode: number;
}

const queryText = ({ server, protocol, type, name }: LoggedQuery) =>
  `${server} ${protocol} ${type} ${name}`;

/** Sorts runs of addresses of one family: a server may rotate them from answer to answer. */
function sortRuns(blocks: readonly string[]): string[] {
  const runs: string[][] = [];
  for (const block of blocks) {
    const run = runs[runs.length - 1];
    const isSame = run?.[0] !== undefined && run[0].includes(':') === block.includes(':');
    if (run && isSame) run.push(block);
    else runs.push([block]);
  }
  return runs.flatMap((run) => [...run].sort());
}

const addressIn = (line: string) => line.split(' ')[0] ?? '';

/** The output with the addresses of a run sorted: names, kinds and the order of families stay. */
export function normaliseOutput(output: string): string {
  const lines = output.split('\n').filter((line) => line !== '');
  if (!lines.some((line) => / (STREAM|DGRAM|RAW) /.test(line))) return [...lines].sort().join('\n');
  const name = lines[0]?.split(/ +/)[2] ?? '';
  const blocks: string[] = [];
  for (let i = 0; i < lines.length; i += 3) {
    const kinds = lines.slice(i, i + 3).map((line) => line.slice(line.indexOf(' ')));
    blocks.push(`${addressIn(lines[i] ?? '')} ${kinds.join(',').replace(name, '')}`);
  }
  return [`name ${name}`, ...sortRuns(blocks)].join('\n');
}

export interface Difference {
  readonly what: 'queries' | 'output' | 'exit code';
  readonly real: string;
  readonly simulated: string;
}

/** Where two outcomes differ. `exact`: the order of addresses counts too. */
export function compareOutcomes(
  real: Outcome,
  simulated: Outcome,
  order: 'exact' | 'sorted',
): readonly Difference[] {
  const textOf = (outcome: Outcome) =>
    order === 'exact' ? outcome.output : normaliseOutput(outcome.output);
  const pairs = [
    {
      what: 'queries',
      real: real.queries.map(queryText).join('\n'),
      simulated: simulated.queries.map(queryText).join('\n'),
    },
    { what: 'output', real: textOf(real), simulated: textOf(simulated) },
    {
      what: 'exit code',
      real: String(real.exitCode),
      simulated: String(simulated.exitCode),
    },
  ] as const;
  return pairs.filter((pair) => pair.real !== pair.simulated);
}
