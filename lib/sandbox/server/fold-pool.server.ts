import 'server-only';
import {
  ConfinedProcess,
  type ConfinedLimits,
  type ConfinedOutcome,
} from '#lib/confined/confined-process.server.ts';
import type { FoldAnswer, FoldJob } from './fold-jobs.ts';

export type FoldOutcome =
  | FoldAnswer
  | Exclude<ConfinedOutcome<FoldAnswer>, { type: 'answer' }>
  /** Too many jobs wait already. */
  | { readonly type: 'busy' };

/** A job may take long: the first of a sandbox folds everything that was done. */
const LIMITS: ConfinedLimits = { jobTime: 10_000, startTime: 30_000, memory: 512 };
const PROCESSES = 2;
const WAITING = 200;

export interface FoldPool {
  /** The same sandbox always meets the same process, which keeps it folded. */
  run(job: FoldJob): Promise<FoldOutcome>;
  stop(): void;
}

/** One process with the jobs that wait for it; another one takes its place when it has ended. */
class Folder {
  private confined: ConfinedProcess<FoldJob, FoldAnswer> | undefined;
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  async run(job: FoldJob): Promise<FoldOutcome> {
    if (this.waiting >= WAITING) return { type: 'busy' };
    this.waiting += 1;
    const outcome = this.last.then(() => this.alive().run(job));
    this.last = outcome;
    try {
      const ended = await outcome;
      return ended.type === 'answer' ? ended.answer : ended;
    } finally {
      this.waiting -= 1;
    }
  }

  stop(): void {
    this.confined?.stop();
    this.confined = undefined;
  }

  private alive(): ConfinedProcess<FoldJob, FoldAnswer> {
    if (!this.confined?.isAlive)
      this.confined = new ConfinedProcess('lib/sandbox/server/fold-live.cli.ts', LIMITS);
    return this.confined;
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
