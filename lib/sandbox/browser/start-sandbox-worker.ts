import { wrap, type Remote } from 'comlink';
import type { SandboxWorker } from '../protocol.ts';

export interface RunningWorker {
  readonly worker: Remote<SandboxWorker>;
  /** Ends the worker; whatever it still computes is lost. */
  stop(): void;
}

/** Starts a worker with a simulator in it. Only in a browser. */
export function startSandboxWorker(onBroken?: (message: string) => void): RunningWorker {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  if (onBroken) worker.addEventListener('error', (event) => onBroken(event.message));
  return { worker: wrap<SandboxWorker>(worker), stop: () => worker.terminate() };
}
