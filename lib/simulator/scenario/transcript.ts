import type { Action } from './action.ts';
import type { Scenario } from './scenario.ts';

/** Raised when replaying an old transcript would mean something else. Old passes stay valid. */
export const ENGINE_VERSION = 2;

/** Scenario, seed and actions: undo, time travel, what-if, share, grading, replay and bug reports are folds over it. */
export interface Transcript {
  readonly version: number;
  readonly scenario: Scenario;
  readonly seed: string;
  readonly actions: readonly Action[];
}
