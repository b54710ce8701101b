// The process that folds live sandboxes, started by fold-pool.server.ts: one job at a time over IPC. It has no secrets,
// no database and a memory limit; whoever started it ends it when a job takes too long.
import { Worker } from 'node:worker_threads';
import type { FoldJob } from './fold-jobs.ts';
import { LiveFolds } from './fold-live.ts';

// A fold keeps this thread busy, so another one watches for the parent's death.
new Worker(
  `const parent = process.ppid;
   setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL'); }, 500);`,
  { eval: true },
).unref();
process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole group: the server finishes its requests first, and then disconnects.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

const folds = new LiveFolds();

process.on('message', (job: FoldJob) => {
  try {
    process.send?.({ type: 'answer', answer: folds.answer(job) });
  } catch (error) {
    folds.forget(job.sandboxId);
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.send?.({ type: 'fault', reason });
  }
});
process.send?.({ type: 'ready' });
