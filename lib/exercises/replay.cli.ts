// The process that replays what learners hand in, started by replay-pool.server.ts: one job at a time over IPC. It
// has no secrets, no database and a memory limit; whoever started it ends it when a job takes too long.
import { Worker } from 'node:worker_threads';
import { replay, type ReplayJob } from './replay.ts';

// A replay keeps this thread busy, so another one watches for the parent's death.
new Worker(
  `const parent = process.ppid;
   setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL'); }, 500);`,
  { eval: true },
).unref();
process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole group: the server finishes its requests first, and then disconnects.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

process.on('message', (job: ReplayJob) => {
  try {
    process.send?.({ type: 'answer', answer: replay(job) });
  } catch (error) {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.send?.({ type: 'fault', reason });
  }
});
process.send?.({ type: 'ready' });
