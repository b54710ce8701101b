import 'server-only';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { collectSimplifications, type Simplification } from '../collect-simplifications.ts';
import { parseCoverage, type CoverageTable } from '../parse-coverage.ts';

/** What `npm run fidelity` writes. */
export const fidelityResultsSchema = z.object({
  date: z.string(),
  commit: z.string(),
  machine: z.string(),
  suites: z.array(
    z.object({
      name: z.string(),
      unit: z.string(),
      passed: z.number(),
      total: z.number(),
      /** Counted by itself, and not in `passed` and `total`. */
      apart: z
        .array(z.object({ name: z.string(), passed: z.number(), total: z.number() }))
        .optional(),
      notClaimed: z.array(z.object({ reason: z.string(), count: z.number() })),
    }),
  ),
  kernel: z
    .object({ version: z.string(), loaded: z.number(), total: z.number(), differences: z.number() })
    .nullable(),
  sideBySide: z.array(
    z.object({
      judge: z.string(),
      unit: z.string(),
      asked: z.number(),
      differences: z.number(),
      seenOnce: z.number().optional(),
    }),
  ),
});
export type FidelityResults = z.infer<typeof fidelityResultsSchema>;

export interface FidelityReport {
  /** Absent when the judges have not been run in this copy. */
  readonly results: FidelityResults | undefined;
  readonly coverage: readonly CoverageTable[];
  readonly simplifications: readonly Simplification[];
}

const inCopy = (...parts: string[]) =>
  path.join(/* turbopackIgnore: true */ process.cwd(), ...parts);

async function readText(...parts: string[]): Promise<string | undefined> {
  try {
    return await readFile(inCopy(...parts), 'utf8');
  } catch {
    return undefined;
  }
}

async function readResults(): Promise<FidelityResults | undefined> {
  const text = await readText('docs', 'fidelity-results.json');
  if (text === undefined) return undefined;
  const parsed = fidelityResultsSchema.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : undefined;
}

async function readSimplifications(): Promise<readonly Simplification[]> {
  const root = inCopy('lib', 'simulator');
  try {
    const names = await readdir(root, { recursive: true });
    const files = names.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts')).sort();
    const found = await Promise.all(
      files.map(async (file) =>
        collectSimplifications(file, await readFile(path.join(root, file), 'utf8')),
      ),
    );
    return found.flat();
  } catch {
    return []; // a copy without sources, such as an image
  }
}

let known: Promise<FidelityReport> | undefined;

/** What is simulated, simplified and absent, and how the judges score it; read once per process. */
export function fidelityReport(): Promise<FidelityReport> {
  known ??= (async () => ({
    results: await readResults(),
    coverage: parseCoverage((await readText('docs', 'coverage.md')) ?? ''),
    simplifications: await readSimplifications(),
  }))();
  return known;
}
