import type { Redirect, Word } from './syntax.ts';
import type { TerminalState } from './terminal.ts';

/** What a command leaves behind: two streams and an exit code. */
export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

type Expand = (word: Word) => readonly string[];

/** What `<` and `<<` bring. */
export function inputRedirect(
  redirects: readonly Redirect[],
  terminal: TerminalState,
  expand: Expand,
): { text?: string; error?: string } {
  for (const { operator, target } of redirects) {
    const text = expand(target).join('');
    if (operator === '<<')
      return { text: target.map((part) => (part.type === 'text' ? part.text : '')).join('') };
    if (operator === '<') {
      const content = terminal.files[text];
      return content === undefined
        ? { error: `sh: ${text}: No such file or directory\n` }
        : { text: content };
    }
  }
  return {};
}

/** Sends the streams where the line says; what is left goes to the screen. */
export function redirected(
  ended: Ended,
  redirects: readonly Redirect[],
  terminal: TerminalState,
  expand: Expand,
): Ended {
  let { stdout, stderr } = ended;
  const write = (target: Word, text: string, mode: 'replace' | 'append') => {
    const file = expand(target).join('');
    if (file === '/dev/null') return;
    terminal.files[file] = (mode === 'append' ? (terminal.files[file] ?? '') : '') + text;
  };
  for (const { operator, target } of redirects) {
    switch (operator) {
      case '>':
      case '>>':
        write(target, stdout, operator === '>>' ? 'append' : 'replace');
        stdout = '';
        break;
      case '2>':
      case '2>>':
        write(target, stderr, operator === '2>>' ? 'append' : 'replace');
        stderr = '';
        break;
      case '&>':
        write(target, stdout + stderr, 'replace');
        stdout = '';
        stderr = '';
        break;
      case '2>&1':
        stdout += stderr;
        stderr = '';
        break;
      case '>&2':
        stderr = stdout + stderr;
        stdout = '';
        break;
      case '<':
      case '<<':
        break;
    }
  }
  return { stdout, stderr, exitCode: ended.exitCode };
}
