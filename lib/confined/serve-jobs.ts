import { Worker } from 'node:worker_threads';

/**
 * The other end of ConfinedProcess: does one job after the other over IPC, and ends with whoever started it. `afterFault`
 * drops what a job that broke may have left behind.
 */
export function serveJobs<Job, Answer>(
  work: (job: Job) => Answer,
  afterFault: (job: Job) => void = () => undefined,
): void {
  // A job keeps this thread busy, so another one watches for the parent's death.
  new Worker(
    `const parent = process.ppid;
   setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL'); }, 500);`,
    { eval: true },
  ).unref();
  process.on('disconnect', () => process.exit(0));
  // Ctrl-C reaches the whole group: the server finishes its requests first, and then disconnects.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);

  process.on('message', (job: Job) => {
    try {
      process.send?.({ type: 'answer', answer: work(job) });
    } catch (error) {
      afterFault(job);
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.send?.({ type: 'fault', reason });
    }
  });
  process.send?.({ type: 'ready' });
}
