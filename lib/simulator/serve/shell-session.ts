import type { Sandbox } from '../scenario/open-sandbox.ts';
import type { TerminalState } from '../shell/terminal.ts';
import type { ContainerSession, SessionProgress } from './container-session.ts';
import { lineRunner } from './run-lines.ts';

const INTERRUPT = '\u0003';
const END_OF_INPUT = '\u0004';
const ERASE = /[\b\u007f]/;

/** What a terminal does to lines on their way out. */
const toTerminal = (text: string) => text.replace(/\r?\n/g, '\r\n');

/**
 * A shell that reads its commands. `pipe`: they come from a file, and it says nothing of its own. `tty`: somebody types;
 * it echoes, prompts, and knows Ctrl-C, Ctrl-D and backspace. Simplified: no other editing of a line.
 */
export function shellSession(
  sandbox: Sandbox,
  terminal: TerminalState,
  input: 'tty' | 'pipe',
): ContainerSession {
  const runner = lineRunner(sandbox, terminal);
  const isTerminal = input === 'tty';
  let screen = '';
  let line = '';
  let isAtPrompt = false;
  let hasEnded = false;

  const prompt = () => (terminal.pendingInput === '' ? '/ # ' : '> ');
  const enter = () => {
    if (isTerminal) screen += '\r\n';
    isAtPrompt = false;
    runner.run(line);
    line = '';
  };
  const type = (key: string) => {
    if (key === '\n' || (key === '\r' && isTerminal)) return enter();
    if (!isTerminal) line += key;
    else if (key === INTERRUPT) {
      runner.interrupt();
      line = '';
      isAtPrompt = false;
    } else if (key === END_OF_INPUT) hasEnded ||= line === '';
    else if (ERASE.test(key)) {
      if (line !== '') screen += '\b \b';
      line = line.slice(0, -1);
    } else {
      line += key;
      screen += key;
    }
  };

  return {
    write(text) {
      for (const key of text) type(key);
    },
    end() {
      if (line !== '') enter();
      hasEnded = true;
    },
    hangUp() {
      if (terminal.foreground) runner.interrupt();
    },
    poll(): SessionProgress {
      const { output, isIdle } = runner.poll();
      const shown = isTerminal ? toTerminal(output) : output;
      let stdout = screen + shown;
      screen = '';
      const hasLeft = terminal.places.length < 2;
      if (isIdle && (hasLeft || hasEnded)) {
        return { stdout, stderr: '', ending: { type: 'exited', exitCode: terminal.exitCode } };
      }
      if (isTerminal && isIdle && !isAtPrompt) {
        stdout += prompt();
        isAtPrompt = true;
      }
      return { stdout, stderr: '' };
    },
  };
}
