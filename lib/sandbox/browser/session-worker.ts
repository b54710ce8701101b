import type { SandboxWorker } from '../protocol.ts';

/** What the session needs of a worker; comlink's remote of SandboxWorker fits, and so does a plain object. */
export type SessionWorker = Pick<
  SandboxWorker,
  'open' | 'act' | 'openLive' | 'follow' | 'complete' | 'traceRequest' | 'askPolicies'
>;
