import type { Sandbox } from '../scenario/open-sandbox.ts';
import type { CommandResult } from '../shell/command.ts';
import type { TerminalState } from '../shell/terminal.ts';
import type { ContainerSession, SessionEnding, SessionProgress } from './container-session.ts';
import { lineRunner } from './run-lines.ts';

const INTERRUPT = '\u0003';

/**
 * One command in a container. `whole`: it begins when all its input is there. Its output goes to the client as it comes;
 * what a shell would wait for (`sh -c` with loops and pauses) passes on the cluster's clock.
 */
export function commandSession(
  sandbox: Sandbox,
  terminal: TerminalState,
  start: (stdin: string) => CommandResult,
  input: 'whole' | 'none',
): ContainerSession {
  const { shell, cluster } = sandbox;
  const runner = lineRunner(sandbox, terminal);
  const fresh = { stdout: '', stderr: '' };
  let stdin = '';
  let ending: SessionEnding | undefined;
  let running: { pid: number; printed: number; deadline: number | undefined } | undefined;

  const exited = (exitCode: number) => (ending = { type: 'exited', exitCode });

  const begin = () => {
    const result = start(stdin);
    switch (result.type) {
      case 'finished':
        fresh.stdout += result.stdout;
        fresh.stderr += result.stderr;
        exited(result.exitCode);
        return;
      case 'process':
        running = { pid: result.pid, printed: 0, deadline: result.deadline };
        return;
      case 'script':
        runner.run(result.line);
        return;
      case 'moved':
        exited(result.exitCode ?? 0);
        return;
      case 'following':
      case 'elsewhere':
        fresh.stderr += 'sh: nested too deep\n';
        exited(1);
    }
  };

  const pollProcess = ({ pid, deadline }: NonNullable<typeof running>) => {
    const { output, exitCode } = shell.outputOf(pid);
    if (running) {
      fresh.stdout += output.slice(running.printed);
      running.printed = output.length;
    }
    if (exitCode !== undefined) {
      // timeout(1): what was ended by the clock counts as 124.
      exited(deadline !== undefined && cluster.now >= deadline ? 124 : exitCode);
    }
  };

  if (input === 'none') begin();
  return {
    write(text) {
      stdin += text;
      if (text.includes(INTERRUPT) && running) shell.interrupt(running.pid);
    },
    end() {
      if (input === 'whole' && !running && !ending) begin();
    },
    hangUp() {
      if (running) shell.signal(running.pid, 'SIGKILL');
    },
    poll(): SessionProgress {
      if (running && !ending) pollProcess(running);
      if (runner.isUsed && !ending) {
        const { output, isIdle } = runner.poll();
        fresh.stdout += output;
        if (isIdle) exited(terminal.exitCode);
      }
      const progress = { ...fresh, ...(ending ? { ending } : {}) };
      fresh.stdout = '';
      fresh.stderr = '';
      return progress;
    },
  };
}
