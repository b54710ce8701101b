import type { SandboxView } from '../protocol.ts';
import type { LogEntry } from './sandbox-log.ts';

/** What a page draws. A new object after every change. */
export interface SandboxSnapshot {
  readonly status: 'starting' | 'ready' | 'faulted';
  readonly view: SandboxView | undefined;
  readonly log: readonly LogEntry[];
  readonly isBusy: boolean;
  readonly fault: string | undefined;
  /** Another tab wrote the same sandbox after this one had opened it. */
  readonly isOvertaken: boolean;
  readonly canUndo: boolean;
  readonly canUndoReset: boolean;
  /** The page could not keep the work in this browser. */
  readonly isUnkept: boolean;
  /** A kubeconfig of this sandbox is live: the server orders what is done. */
  readonly live: { readonly expiresAt: string; readonly isConnected: boolean } | undefined;
}

/** Before anything is opened. */
export const EMPTY: SandboxSnapshot = {
  status: 'starting',
  view: undefined,
  log: [],
  isBusy: true,
  fault: undefined,
  isOvertaken: false,
  canUndo: false,
  canUndoReset: false,
  isUnkept: false,
  live: undefined,
};
