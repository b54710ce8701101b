import type { ShellPlace } from './command.ts';

/** What runs in the foreground and keeps the prompt: plain data, polled after time has passed. */
export type Foreground =
  | {
      readonly type: 'process';
      readonly pid: number;
      printed: number;
      /** A code other than 0 is said at its end. */
      readonly reports?: 'exit code';
    }
  | { readonly type: 'following'; readonly follower: string; readonly state: unknown };

/** What runs in the background (`command &`). Plain data. */
export interface Job {
  readonly id: number;
  /** The command as it was typed. */
  readonly text: string;
  readonly runs: Foreground;
  /** File that its output goes to; `screen` when there is none. */
  readonly output: string;
  /** A signal that its program does not know ended it, with this exit code. */
  endedBy?: number;
}

/** One terminal: where its prompt stands and what it remembers. Plain data. */
export interface TerminalState {
  /** The workstation first; `ssh` and `exec -it` push, `exit` pops. */
  readonly places: ShellPlace[];
  namespace: string;
  readonly files: Record<string, string>;
  readonly variables: Record<string, string>;
  exitCode: number;
  foreground?: Foreground;
  readonly jobs: Job[];
  /** Input that an open quote or here-document waits to complete. */
  pendingInput: string;
}

/** A fresh terminal on the workstation. */
export function createTerminal(
  namespace: string,
  files: Readonly<Record<string, string>>,
): TerminalState {
  return {
    places: [{ type: 'workstation' }],
    namespace,
    files: { ...files },
    variables: {},
    exitCode: 0,
    jobs: [],
    pendingInput: '',
  };
}

export function placeOf(terminal: TerminalState): ShellPlace {
  return terminal.places[terminal.places.length - 1] ?? { type: 'workstation' };
}

/** The prompt's text without its final mark: `shop`, `root@node-a`, `web-7c9d`. */
export function promptOf(terminal: TerminalState): string {
  if (terminal.pendingInput !== '') return '';
  const place = placeOf(terminal);
  switch (place.type) {
    case 'workstation':
      return terminal.namespace;
    case 'node':
      return `root@${place.node}`;
    case 'container':
      return `${place.namespace}/${place.pod}`;
  }
}
