import type { Sandbox } from '../scenario/open-sandbox.ts';
import { continueForeground, interruptForeground, runLine } from '../shell/run.ts';
import type { TerminalState } from '../shell/terminal.ts';

/** Runs lines of a shell one after the other; what keeps the foreground is polled until it is over. */
export interface LineRunner {
  run(line: string): void;
  /** Ctrl-C. */
  interrupt(): void;
  /** What was printed since the last poll, and whether nothing runs and no line waits. */
  poll(): { readonly output: string; readonly isIdle: boolean };
  readonly isUsed: boolean;
}

export function lineRunner({ shell }: Sandbox, terminal: TerminalState): LineRunner {
  const waiting: string[] = [];
  let output = '';
  let isUsed = false;
  /** After `exit` there is no shell that could run more. */
  const hasLeft = () => terminal.places.length < 2;
  const proceed = () => {
    while (!terminal.foreground && !hasLeft()) {
      const line = waiting.shift();
      if (line === undefined) return;
      output += runLine(line, terminal, shell);
    }
  };
  return {
    get isUsed() {
      return isUsed;
    },
    run(line) {
      isUsed = true;
      waiting.push(line);
      proceed();
    },
    interrupt() {
      waiting.length = 0;
      output += interruptForeground(terminal, shell);
    },
    poll() {
      output += continueForeground(terminal, shell, 0);
      proceed();
      const printed = output;
      output = '';
      return {
        output: printed,
        isIdle: !terminal.foreground && (waiting.length === 0 || hasLeft()),
      };
    },
  };
}
