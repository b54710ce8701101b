import type { Action, Transcript } from '#lib/simulator/index.ts';
import type { SandboxView } from '#lib/sandbox/protocol.ts';
import type { SandboxSession, SandboxSnapshot } from './use-sandbox.ts';

/** What a brief and a check bar may do with the sandbox beside them. */
export interface SandboxHandle {
  readonly view: SandboxView | undefined;
  readonly isReady: boolean;
  readonly fault: string | undefined;
  readonly canUndo: boolean;
  readonly canUndoReset: boolean;
  transcript(): Promise<Transcript>;
  act(action: Action): Promise<void>;
  undo(): Promise<void>;
  reset(): Promise<void>;
  undoReset(): Promise<void>;
  /** Puts a line at the prompt and does not run it. */
  typeIntoPrompt(line: string): void;
}

/** The handle of a session as it is now. */
export const handleOf = (
  session: SandboxSession,
  { view, status, fault, canUndo, canUndoReset }: SandboxSnapshot,
  typeIntoPrompt: (line: string) => void,
): SandboxHandle => ({
  view,
  isReady: status === 'ready',
  fault,
  canUndo,
  canUndoReset,
  transcript: () => session.latestTranscript(),
  act: (action) => session.act(action),
  undo: () => session.undo(),
  reset: () => session.reset(),
  undoReset: () => session.undoReset(),
  typeIntoPrompt,
});
