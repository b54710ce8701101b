'use client';

import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Transcript } from '#lib/simulator/index.ts';
import { createBrowserKeeper } from '#lib/sandbox/browser/keep-sandbox.ts';
import { SandboxSession } from '#lib/sandbox/browser/sandbox-session.ts';
import type { SandboxSnapshot } from '#lib/sandbox/browser/sandbox-snapshot.ts';
import { startSandboxWorker } from '#lib/sandbox/browser/start-sandbox-worker.ts';

export type { SandboxSnapshot, SandboxSession };

/** A sandbox that starts with the page and ends with it; the worker begins only in the browser. */
export function useSandbox(
  key: string,
  initial: Transcript,
  from: 'kept' | 'initial' = 'kept',
): { readonly session: SandboxSession; readonly snapshot: SandboxSnapshot } {
  const [session] = useState(
    () =>
      new SandboxSession({
        key,
        initial,
        from,
        writer: crypto.randomUUID(),
        keeper: typeof window === 'undefined' ? NOWHERE : createBrowserKeeper(),
        startWorker: startSandboxWorker,
      }),
  );
  const snapshot = useSyncExternalStore(
    session.subscribe,
    session.getSnapshot,
    session.getSnapshot,
  );
  useEffect(() => {
    void session.start();
    return () => session.stop();
  }, [session]);
  return { session, snapshot };
}

/** On the server nothing is kept and nothing runs. */
const NOWHERE = {
  load: () => Promise.resolve(undefined),
  save: () => Promise.resolve(),
  watch: () => () => undefined,
};
