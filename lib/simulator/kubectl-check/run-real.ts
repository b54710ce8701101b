import { spawn } from 'node:child_process';
import { SECOND } from '../base/clock.ts';
import type { Sandbox } from '../scenario/open-sandbox.ts';
import type { RunningServer } from '../serve/serve.ts';
import type { KubectlCase, Outcome } from './kubectl-case.ts';

/** Real milliseconds: no line may take longer, and what was sent to an interrupted one gets there. */
const PATIENCE = 60_000;
const DELIVERY = 250;
const LOOK = 10;

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Runs a line in a real shell whose PATH begins with the folder of the kubectl that is judged. */
export async function runReal(
  sandbox: Sandbox,
  server: RunningServer,
  { line, seconds, polls }: KubectlCase,
  options: { readonly folder: string; readonly environment: NodeJS.ProcessEnv },
): Promise<Outcome> {
  const { cluster } = sandbox;
  const end = cluster.now + (seconds ?? 0) * SECOND;
  server.clock.limit = seconds === undefined ? Number.POSITIVE_INFINITY : end;
  server.clock.between = polls ? 'flows' : 'nothing';
  const child = spawn('/bin/sh', ['-c', line], {
    cwd: options.folder,
    env: options.environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = (signal: NodeJS.Signals) => {
    try {
      process.kill(-child.pid!, signal);
    } catch {
      // It has just ended by itself.
    }
  };
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => (texts[name] += chunk));
  }
  let exit: number | undefined;
  let isOver = false;
  child.on('close', (code) => {
    exit = code ?? undefined;
    isOver = true;
  });
  const began = performance.now();
  while (!isOver && performance.now() - began < PATIENCE) {
    await pause(LOOK);
    if (seconds === undefined || cluster.now < end) continue;
    await pause(DELIVERY);
    stop('SIGINT');
  }
  if (!isOver) {
    stop('SIGKILL');
    texts.stderr += `[did not end in ${PATIENCE / 1000} s]\n`;
  }
  server.clock.limit = Number.POSITIVE_INFINITY;
  return { ...texts, exit };
}
