// The process that folds live sandboxes, started by fold-pool.server.ts.
import { serveJobs } from '#lib/confined/serve-jobs.ts';
import type { FoldJob } from './fold-jobs.ts';
import { LiveFolds } from './fold-live.ts';

const folds = new LiveFolds();

serveJobs(
  (job: FoldJob) => folds.answer(job),
  ({ sandboxId }) => folds.forget(sandboxId),
);
