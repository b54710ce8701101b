import 'server-only';
import { spawn, type ChildProcess, type Serializable } from 'node:child_process';
import path from 'node:path';

/** How a job ended. */
export type ConfinedOutcome<Answer> =
  | { readonly type: 'answer'; readonly answer: Answer }
  /** The job took longer than a job may, or more memory. */
  | { readonly type: 'over-budget' }
  /** Our program or its process broke: a fault of ours. */
  | { readonly type: 'fault'; readonly reason: string };

/** What the process says; serve-jobs.ts is its other end. */
export type ConfinedMessage<Answer> =
  { readonly type: 'ready' } | Extract<ConfinedOutcome<Answer>, { type: 'answer' | 'fault' }>;

export interface ConfinedLimits {
  /** Milliseconds for one job. */
  readonly jobTime: number;
  /** Milliseconds until a new process must be ready. */
  readonly startTime: number;
  /** MiB of heap. */
  readonly memory: number;
}

/**
 * A process for work on what strangers sent: a memory limit, a time limit a job, an environment without secrets. A hostile
 * job blocks, fills or breaks only this process. One job at a time: whoever calls waits for the end of the one before.
 */
export class ConfinedProcess<Job extends Serializable, Answer> {
  private readonly child: ChildProcess;
  private isReady = false;

  /** `file`: a program of this project that calls `serveJobs`, from the project's root. */
  constructor(
    file: string,
    private readonly limits: ConfinedLimits,
  ) {
    const { PATH, TMPDIR } = process.env;
    const program = path.join(/* turbopackIgnore: true */ process.cwd(), file);
    const args = [`--max-old-space-size=${limits.memory}`, '--import=tsx', program];
    this.child = spawn(process.execPath, args, {
      env: { ...(PATH ? { PATH } : {}), ...(TMPDIR ? { TMPDIR } : {}), NODE_ENV: 'production' },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      serialization: 'json',
    });
    this.child.on('message', (message: ConfinedMessage<Answer>) => {
      if (message.type === 'ready') this.isReady = true;
    });
    this.child.on('error', () => undefined); // heard where it is waited for
    // A process that waits for work does not keep the server alive.
    this.child.unref();
    this.child.channel?.unref();
  }

  get isAlive(): boolean {
    const { exitCode, signalCode, killed } = this.child;
    return exitCode === null && signalCode === null && !killed;
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }

  /** Does one job. A late one ends the process. */
  run(job: Job): Promise<ConfinedOutcome<Answer>> {
    const { child, limits } = this;
    return new Promise((resolve) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const settle = (outcome: ConfinedOutcome<Answer>) => {
        clearTimeout(timer);
        child.off('message', hear);
        child.off('exit', leave);
        child.off('error', fail);
        resolve(outcome);
      };
      const giveUp = (after: number, outcome: ConfinedOutcome<Answer>) => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          this.stop();
          settle(outcome);
        }, after);
      };
      const begin = () => {
        giveUp(limits.jobTime, { type: 'over-budget' });
        child.send(job, (error) => error && fail(error));
      };
      const hear = (message: ConfinedMessage<Answer>) => {
        if (message.type === 'ready') begin();
        else settle(message);
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
      giveUp(limits.startTime, { type: 'fault', reason: 'the process did not start in time' });
    });
  }
}
