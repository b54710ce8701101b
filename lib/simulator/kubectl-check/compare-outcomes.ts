import type { KubectlCase, Outcome } from './kubectl-case.ts';

/** One thing that is not as it must be. */
export interface Difference {
  readonly what: 'stdout' | 'stderr' | 'exit code';
  readonly expected: string;
  readonly found: string;
}

const agrees = (expected: string | RegExp, found: string) =>
  typeof expected === 'string' ? expected === found : expected.test(found);

/** What a kubectl of this minor version answers otherwise than the table says. */
export function differencesFromTable(
  { stdout = '', stderr = '', exit = 0, seconds, other }: KubectlCase,
  minor: string,
  found: Outcome,
): readonly Difference[] {
  const expected = { stdout, stderr, exit, ...other?.[minor] };
  const differences: Difference[] = [];
  for (const what of ['stdout', 'stderr'] as const) {
    if (!agrees(expected[what], found[what])) {
      differences.push({ what, expected: String(expected[what]), found: found[what] });
    }
  }
  if (seconds === undefined && found.exit !== expected.exit) {
    differences.push({
      what: 'exit code',
      expected: String(expected.exit),
      found: String(found.exit),
    });
  }
  return differences;
}

const onScreen = ({ stdout, stderr, exit }: Outcome): Outcome => ({
  stdout: stdout + stderr,
  stderr: '',
  exit,
});

/** What the page's kubectl answers otherwise than the real one, byte for byte. */
export function differencesFromReal(
  real: Outcome,
  page: Outcome,
  isInterrupted: boolean,
): readonly Difference[] {
  const [expected, found] = page.streams ? [onScreen(real), onScreen(page)] : [real, page];
  const differences: Difference[] = [];
  for (const what of ['stdout', 'stderr'] as const) {
    if (expected[what] !== found[what]) {
      differences.push({ what, expected: expected[what], found: found[what] });
    }
  }
  if (!isInterrupted && real.exit !== page.exit) {
    differences.push({ what: 'exit code', expected: String(real.exit), found: String(page.exit) });
  }
  return differences;
}
