import { createShellSystem } from '../shell/system.ts';
import * as open from './open-sandbox.ts';
import type { Scenario } from './scenario.ts';
import type { Transcript } from './transcript.ts';

/*
 * Sandboxes with every command of the terminal. A page opens its own by open-sandbox.ts, and loads the commands apart.
 */

export {
  act,
  forkSandbox,
  lastTrace,
  sandboxFingerprint,
  type ActionResult,
  type Sandbox,
} from './open-sandbox.ts';

/** `startScenario` of open-sandbox.ts, with all commands. */
export const startScenario = (scenario: Scenario, seed: string): open.Sandbox =>
  open.startScenario(scenario, seed, createShellSystem);

/** `openSandbox` of open-sandbox.ts, with all commands. */
export const openSandbox = (transcript: Transcript, eventBudget?: number): open.Sandbox =>
  open.openSandbox(transcript, createShellSystem, eventBudget);
