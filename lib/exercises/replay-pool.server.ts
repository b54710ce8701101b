import 'server-only';
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import type { ReplayAnswer, ReplayJob } from './replay.ts';

export type ReplayOutcome =
  | ReplayAnswer
  /** The simulator or its process broke: a fault of ours. */
  | { readonly type: 'fault'; readonly reason: string }
  /** Too many replays wait already. */
  | { readonly type: 'busy' };

type Message =
  | { readonly type: 'ready' }
  | { readonly type: 'answer'; readonly answer: ReplayAnswer }
  | { readonly type: 'fault'; readonly reason: string };

export interface PoolLimits {
  /** Milliseconds for one job. */
  readonly jobTime: number;
  /** Milliseconds until a new process must be ready. */
  readonly startTime: number;
  /** MiB of heap. */
  readonly memory: number;
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
  readonly child: ChildProcess;
  isReady: boolean;
  jobs: number;
}

export interface ReplayPool {
  run(job: ReplayJob): Promise<ReplayOutcome>;
  /** Starts a process ahead of need. */
  warm(): void;
  stop(): void;
}

/** The command, its limits, and an environment without secrets. */
function startReplayer({ memory }: PoolLimits): Replayer {
  const { PATH, TMPDIR } = process.env;
  const file = path.join(/* turbopackIgnore: true */ process.cwd(), 'lib/exercises/replay.cli.ts');
  const args = [`--max-old-space-size=${memory}`, '--import=tsx', file];
  const child = spawn(process.execPath, args, {
    env: { ...(PATH ? { PATH } : {}), ...(TMPDIR ? { TMPDIR } : {}), NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'json',
  });
  const replayer: Replayer = { child, isReady: false, jobs: 0 };
  child.on('message', (message: Message) => {
    if (message.type === 'ready') replayer.isReady = true;
  });
  child.on('error', () => undefined); // heard where it is waited for
  // A process that waits for work does not keep the server alive.
  child.unref();
  child.channel?.unref();
  return replayer;
}

/** One job on one process. Ends the process when it is late. */
function runOn(replayer: Replayer, job: ReplayJob, limits: PoolLimits): Promise<ReplayOutcome> {
  const { child } = replayer;
  return new Promise((resolve) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const settle = (outcome: ReplayOutcome) => {
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
      }, limits.jobTime);
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
        signal === 'SIGABRT' && replayer.isReady
          ? { type: 'over-budget' }
          : { type: 'fault', reason: `the replay process ended (${signal ?? code ?? 'unknown'})` },
      );
    child.on('message', hear);
    child.on('exit', leave);
    child.on('error', fail);
    if (replayer.isReady) return begin();
    timer = setTimeout(() => {
      child.kill('SIGKILL');
      settle({ type: 'fault', reason: 'the replay process did not start in time' });
    }, limits.startTime);
  });
}

const isAlive = ({ child }: Replayer) => child.exitCode === null && child.signalCode === null;

/** Replays run in processes of their own: a hostile transcript blocks, fills or breaks only one of them. */
export function createReplayPool(limits: PoolLimits = LIMITS): ReplayPool {
  const idle: Replayer[] = [];
  const queue: (() => void)[] = [];
  let running = 0;

  const take = (): Replayer => {
    let found = idle.pop();
    while (found && !isAlive(found)) found = idle.pop();
    return found ?? startReplayer(limits);
  };
  const putBack = (replayer: Replayer) => {
    if (!isAlive(replayer) || replayer.child.killed) return;
    if (replayer.jobs >= JOBS_PER_PROCESS) replayer.child.kill('SIGKILL');
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
        return await runOn(replayer, job, limits);
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
      for (const { child } of idle.splice(0)) child.kill('SIGKILL');
    },
  };
}

const kept = globalThis as unknown as { hopwiseReplayPool?: ReplayPool };

/** The pool of this server. */
export function replayPool(): ReplayPool {
  return (kept.hopwiseReplayPool ??= createReplayPool());
}
