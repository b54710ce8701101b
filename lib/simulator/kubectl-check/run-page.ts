import { MILLISECOND, SECOND } from '../base/clock.ts';
import { forkSandbox, type Sandbox } from '../scenario/open-sandbox.ts';
import { continueForeground, runLine } from '../shell/run.ts';
import type { KubectlCase, Outcome } from './kubectl-case.ts';

const STDERR = '.stderr';
/** Simulated time between two looks at what streams. */
const STEP = 10 * MILLISECOND;
const PATIENCE = 300 * SECOND;

/** A line whose errors can be led into a file by what is put behind it. */
const canRedirect = (line: string) => !/[|;&>]/.test(line.replace(/'[^']*'|"[^"]*"/g, ''));

/** Types a line in the page's terminal, on a copy of the sandbox that goes its own way from here. */
export function runPage(
  sandbox: Sandbox,
  { line, seconds }: KubectlCase,
  files: Readonly<Record<string, string>>,
): Outcome {
  const fork = forkSandbox(sandbox);
  const { terminal, shell, cluster } = fork;
  Object.assign(terminal.files, files);
  const end = cluster.now + (seconds === undefined ? PATIENCE : seconds * SECOND);
  let stdout = runLine(canRedirect(line) ? `${line} 2> ${STDERR}` : line, terminal, shell);
  const streams = terminal.foreground !== undefined;
  while (terminal.foreground && cluster.now < end)
    stdout += continueForeground(terminal, shell, STEP);
  const exit = terminal.foreground ? undefined : terminal.exitCode;
  return { stdout, stderr: terminal.files[STDERR] ?? '', exit, ...(streams ? { streams } : {}) };
}
