/**
 * `tsx lib/simulator/testing/recorded-sessions/record-sessions.cli.ts [--compare] [FILE...]`: types the lines of every
 * session into a real shell in an empty network namespace and writes down what the real tools said; `--compare` writes
 * nothing and shows where the sandbox shell says something else. Root, iproute2, nftables, iptables and ipset are needed.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { replaySession } from './replay.ts';
import {
  headingOf,
  parseSession,
  printSession,
  withoutTimes,
  type SessionStep,
} from './session.ts';

const MARK = '\u0001';

/** One bash for the whole session; each line's output and exit code end with a mark. */
function typeForReal(lines: readonly string[]): SessionStep[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'session-'));
  const script = lines.map((line) => `{ ${line}\n} 2>&1\nprintf '${MARK}%s${MARK}' $?`).join('\n');
  const { stdout } = spawnSync(
    '/usr/bin/unshare',
    ['-n', 'bash', '-c', `ip link set lo up\n${script}`],
    {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    },
  );
  rmSync(folder, { recursive: true });
  const parts = stdout.split(MARK);
  return lines.map((line, i) => ({
    line,
    output: withoutTimes(parts[2 * i] ?? ''),
    exitCode: Number(parts[2 * i + 1] ?? 255),
  }));
}

function compare(name: string, real: readonly SessionStep[], ours: readonly SessionStep[]): void {
  let different = 0;
  real.forEach((step, i) => {
    const mine = ours[i];
    if (mine && mine.output === step.output && mine.exitCode === step.exitCode) return;
    different += 1;
    process.stdout.write(
      `${name}: $ ${step.line}\n--- real (${step.exitCode})\n${step.output}+++ ours (${mine?.exitCode})\n${mine?.output}\n`,
    );
  });
  process.stdout.write(`${name}: ${different} of ${real.length} differ\n`);
}

const words = process.argv.slice(2);
const named = words.filter((word) => !word.startsWith('-'));
const all = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.txt'))
  .map((name) => path.join(import.meta.dirname, name));

for (const file of named.length > 0 ? named : all) {
  const text = readFileSync(file, 'utf8');
  const lines = parseSession(text).map(({ line }) => line);
  const real = typeForReal(lines);
  if (words.includes('--compare')) compare(path.basename(file), real, replaySession(lines));
  else writeFileSync(file, printSession(headingOf(text), real));
}
