import 'server-only';
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import type { FoldAnswer, FoldJob } from './fold-jobs.ts';

export type FoldOutcome =
  | FoldAnswer
  /** The job took longer than a job may, or more memory. */
  | { readonly type: 'over-budget' }
  /** The simulator or its process broke: a fault of ours. */
  | { readonly type: 'fault'; readonly reason: string }
  /** Too many jobs wait already. */
  | { readonly type: 'busy' };

type Message =
  | { readonly type: 'ready' }
  | { readonly type: 'answer'; readonly answer: FoldAnswer }
  | { readonly type: 'fault'; readonly reason: string };

/** Milliseconds for one job; the first of a sandbox folds everything that was done. */
const JOB_TIME = 20_000;
const START_TIME = 30_000;
/** MiB of heap. */
const MEMORY = 512;
const PROCESSES = 2;
const WAITING = 200;

export interface FoldPool {
  /** The same sandbox always meets the same process, which keeps it folded. */
  run(job: FoldJob): Promise<FoldOutcome>;
  stop(): void;
}

/** One process with the jobs that wait for it. */
class Folder {
  private child: ChildProcess | undefined;
  private isReady = false;
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  async run(job: FoldJob): Promise<FoldOutcome> {
    if (this.waiting >= WAITING) return { type: 'busy' };
    this.waiting += 1;
    const outcome = this.last.then(() => this.runNow(job));
    this.last = outcome;
    try {
      return await outcome;
    } finally {
      this.waiting -= 1;
    }
  }

  start(): ChildProcess {
    const { child } = this;
    if (child && child.exitCode === null && child.signalCode === null && !child.killed)
      return child;
    const { PATH, TMPDIR } = process.env;
    const file = path.join(
      /* turbopackIgnore: true */ process.cwd(),
      'lib/sandbox/server/fold-live.cli.ts',
    );
    const started = spawn(
      process.execPath,
      [`--max-old-space-size=${MEMORY}`, '--import=tsx', file],
      {
        env: { ...(PATH ? { PATH } : {}), ...(TMPDIR ? { TMPDIR } : {}), NODE_ENV: 'production' },
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        serialization: 'json',
      },
    );
    this.isReady = false;
    started.on('message', (message: Message) => {
      if (message.type === 'ready' && this.child === started) this.isReady = true;
    });
    started.on('error', () => undefined); // heard where it is waited for
    // A process that waits for work does not keep the server alive.
    started.unref();
    started.channel?.unref();
    this.child = started;
    return started;
  }

  stop(): void {
    this.child?.kill('SIGKILL');
    this.child = undefined;
  }

  private runNow(job: FoldJob): Promise<FoldOutcome> {
    const child = this.start();
    return new Promise((resolve) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const settle = (outcome: FoldOutcome) => {
        clearTimeout(timer);
        child.off('message', hear);
        child.off('exit', leave);
        child.off('error', fail);
        resolve(outcome);
      };
      const begin = () => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          child.kill('SIGKILL');
          settle({ type: 'over-budget' });
        }, JOB_TIME);
        child.send(job, (error) => error && fail(error));
      };
      const hear = (message: Message) => {
        if (message.type === 'ready') begin();
        else settle(message.type === 'answer' ? message.answer : message);
      };
      const fail = (error: Error) => settle({ type: 'fault', reason: error.message });
      const leave = (code: number | null, signal: NodeJS.Signals | null) =>
        // V8 aborts when the heap is full.
        settle(
          signal === 'SIGABRT' && this.isReady
            ? { type: 'over-budget' }
            : { type: 'fault', reason: `the process ended (${signal ?? code ?? 'unknown'})` },
        );
      child.on('message', hear);
      child.on('exit', leave);
      child.on('error', fail);
      if (this.isReady) return begin();
      timer = setTimeout(() => {
        child.kill('SIGKILL');
        settle({ type: 'fault', reason: 'the process did not start in time' });
      }, START_TIME);
    });
  }
}

/** Live sandboxes are folded in processes of their own: a hostile one blocks, fills or breaks only one of them. */
export function createFoldPool(): FoldPool {
  const folders = Array.from({ length: PROCESSES }, () => new Folder());
  const folderOf = (sandboxId: string) =>
    folders[Number.parseInt(sandboxId.slice(-2), 16) % PROCESSES] ?? folders[0]!;
  return {
    run: (job) => folderOf(job.sandboxId).run(job),
    stop: () => folders.forEach((folder) => folder.stop()),
  };
}

const kept = globalThis as unknown as { hopwiseFoldPool?: FoldPool };

/** The pool of this server. */
export function foldPool(): FoldPool {
  return (kept.hopwiseFoldPool ??= createFoldPool());
}
