import type { Transcript } from '#lib/simulator/index.ts';
import type { LiveBeginning } from '../live-protocol.ts';
import { createLiveLink, type KeptLive, type LiveLink } from './live-link.ts';
import { LiveSession, type LiveHost } from './live-session.ts';
import { logHeard } from './log-action.ts';
import type { SandboxSnapshot } from './sandbox-snapshot.ts';
import type { SessionWorker } from './session-worker.ts';

/** A session from within: what its live part may do with it. */
export interface SessionWithin {
  readonly link: LiveLink | undefined;
  worker(): SessionWorker;
  snapshot(): SandboxSnapshot;
  transcript(): Transcript;
  inOrder(work: () => Promise<void>): Promise<void>;
  hear(transcript: Transcript): void;
  change(part: Partial<SandboxSnapshot>): void;
  keep(): Promise<void>;
  /** The live part is over; the page goes on from what it has heard. */
  goOnAlone(words: string): Promise<void>;
  note(words: string): void;
  fail(fault: string): void;
}

/** What a page goes on with alone: what it heard, until the last time that it was told. */
function untilClock(transcript: Transcript, clock: number): Transcript {
  const { actions } = transcript;
  const rest = actions.at(-1)?.type === 'clock' ? actions.slice(0, -1) : actions;
  return { ...transcript, actions: clock > 0 ? [...rest, { type: 'clock', to: clock }] : actions };
}

/** The live part of a session; it neither opens nor listens yet. */
export const followLive = (kept: KeptLive, session: SessionWithin): LiveSession =>
  new LiveSession(kept, session.link ?? createLiveLink(), hostOf(session));

function hostOf(session: SessionWithin): LiveHost {
  return {
    inOrder: (work) => session.inOrder(work),
    openLive: ({ base, entries, clock }) => session.worker().openLive(base, entries, clock),
    follow: ({ entries, clock }) => session.worker().follow(entries, clock),
    show: async (outcome, { expiresAt, clock }, heard) => {
      session.hear(untilClock(outcome.transcript ?? session.transcript(), clock));
      const { log, live } = session.snapshot();
      session.change({
        status: 'ready',
        view: outcome.view,
        fault: undefined,
        log: logHeard(log, heard, outcome),
        live: { expiresAt, isConnected: live?.isConnected ?? true },
      });
      if (outcome.transcript) await session.keep();
    },
    end: (_kept, words) => session.goOnAlone(words),
    note: (words) => session.note(words),
    setConnected: (isConnected) => {
      const { live } = session.snapshot();
      if (live && live.isConnected !== isConnected)
        session.change({ live: { ...live, isConnected } });
    },
    fail: (fault) => session.fail(fault),
    isHidden: () => typeof document !== 'undefined' && document.hidden,
  };
}

export const NO_CONNECTION = 'There is no connection to the server. Try again when it is back.';

/** What the server calls it: a shared link has no name of its own. */
const contentIdOf = (key: string): string =>
  key.startsWith('shared:') ? 'shared' : (/^exercise:([^:]+)/.exec(key)?.[1] ?? key);

/** Asks the server for a kubeconfig of what stands under a key; a problem is a sentence. */
export async function beginLive(
  link: LiveLink | undefined,
  {
    id,
    key,
    transcript,
  }: { readonly id: string; readonly key: string; readonly transcript: Transcript },
): Promise<LiveBeginning | { readonly problem: string }> {
  const reply = await (link ?? createLiveLink()).begin(id, contentIdOf(key), transcript);
  if (reply.type === 'heard') return reply.value;
  return { problem: reply.type === 'refused' ? reply.problem : NO_CONNECTION };
}
