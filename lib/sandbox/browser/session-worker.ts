import type { Action, Transcript } from '#lib/simulator/index.ts';
import type { PolicyAnswer, PolicyQuestion } from '../policy-protocol.ts';
import type {
  ActionOutcome,
  LiveEntry,
  LiveOutcome,
  SandboxFault,
  SandboxView,
  ShownTrace,
} from '../protocol.ts';

/** What the session needs of a worker; comlink's remote of SandboxWorker fits, and so does a plain object. */
export interface SessionWorker {
  open(transcript: Transcript): Promise<SandboxView | SandboxFault>;
  act(action: Action): Promise<ActionOutcome | SandboxFault>;
  openLive(
    base: Transcript,
    entries: readonly LiveEntry[],
    clock: number,
  ): Promise<LiveOutcome | SandboxFault>;
  follow(entries: readonly LiveEntry[], clock: number): Promise<LiveOutcome | SandboxFault>;
  complete(line: string): Promise<readonly string[]>;
  traceRequest(from: string, url: string): Promise<ShownTrace | SandboxFault>;
  askPolicies(question: PolicyQuestion): Promise<PolicyAnswer | SandboxFault>;
}
