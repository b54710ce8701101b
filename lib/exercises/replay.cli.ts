// The process that replays what learners hand in, started by replay-pool.server.ts.
import { serveJobs } from '#lib/confined/serve-jobs.ts';
import { replay, type ReplayJob } from './replay.ts';

serveJobs((job: ReplayJob) => replay(job));
