import 'server-only';
import { ConfinedProcess, type ConfinedLimits } from '#lib/confined/confined-process.server.ts';
import type { ReplayAnswer, ReplayJob } from './replay.ts';

export type ReplayOutcome =
  | ReplayAnswer
  /** The simulator or its process broke: a fault of ours. */
  | { readonly type: 'fault'; readonly reason: string }
  /** Too many replays wait already. */
  | { readonly type: 'busy' };

export interface PoolLimits extends ConfinedLimits {
  readonly processes: number;
  /** Jobs that may wait. */
  readonly waiting: number;
}

const LIMITS: PoolLimits = {
  jobTime: 10_000,
  startTime: 30_000,
  memory: 384,
  processes: 2,
  waiting: 40,
};
/** A process that has done so many jobs is replaced, so that nothing grows for ever. */
const JOBS_PER_PROCESS = 200;

interface Replayer {
  readonly confined: ConfinedProcess<ReplayJob, ReplayAnswer>;
  jobs: number;
}

export interface ReplayPool {
  run(job: ReplayJob): Promise<ReplayOutcome>;
  /** Starts a process ahead of need. */
  warm(): void;
  stop(): void;
}

const startReplayer = (limits: PoolLimits): Replayer => ({
  confined: new ConfinedProcess('lib/exercises/replay.cli.ts', limits),
  jobs: 0,
});

/** Replays run in processes of their own: a hostile transcript blocks, fills or breaks only one of them. */
export function createReplayPool(limits: PoolLimits = LIMITS): ReplayPool {
  const idle: Replayer[] = [];
  const queue: (() => void)[] = [];
  let running = 0;

  const take = (): Replayer => {
    let found = idle.pop();
    while (found?.confined.isAlive === false) found = idle.pop();
    return found ?? startReplayer(limits);
  };
  const putBack = (replayer: Replayer) => {
    if (!replayer.confined.isAlive) return;
    if (replayer.jobs >= JOBS_PER_PROCESS) replayer.confined.stop();
    else idle.push(replayer);
  };

  return {
    async run(job) {
      if (running >= limits.processes) {
        if (queue.length >= limits.waiting) return { type: 'busy' };
        await new Promise<void>((resolve) => queue.push(resolve));
      } else running += 1;
      const replayer = take();
      replayer.jobs += 1;
      try {
        const outcome = await replayer.confined.run(job);
        return outcome.type === 'answer' ? outcome.answer : outcome;
      } finally {
        putBack(replayer);
        const next = queue.shift();
        if (next) next();
        else running -= 1;
      }
    },
    warm() {
      if (running === 0 && idle.length === 0) idle.push(startReplayer(limits));
    },
    stop() {
      for (const { confined } of idle.splice(0)) confined.stop();
    },
  };
}

const kept = globalThis as unknown as { hopwiseReplayPool?: ReplayPool };

/** The pool of this server. */
export function replayPool(): ReplayPool {
  return (kept.hopwiseReplayPool ??= createReplayPool());
}
