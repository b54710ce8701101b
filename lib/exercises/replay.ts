import {
  gradeSandbox,
  openSandbox,
  type Check,
  type Grade,
  type Transcript,
} from '#lib/simulator/index.ts';

/** What the replay process is asked. Plain data. */
export interface ReplayJob {
  readonly transcript: Transcript;
  readonly checks: readonly Check[];
}

export type ReplayAnswer =
  { readonly type: 'graded'; readonly grade: Grade } | { readonly type: 'over-budget' };

/** Events that a submitted transcript may cause: about seven hours of a small cluster's life. */
const EVENT_BUDGET = 300_000;

/** Folds a transcript and grades what it leads to; past the budget nothing is graded. */
export function replay(job: ReplayJob, eventBudget = EVENT_BUDGET): ReplayAnswer {
  const sandbox = openSandbox(job.transcript, eventBudget);
  if (sandbox.cluster.isExhausted) return { type: 'over-budget' };
  // The checks run on forks with a budget of their own: work well done must not fail for what was spent on it.
  sandbox.cluster.eventBudget = EVENT_BUDGET;
  return { type: 'graded', grade: gradeSandbox(sandbox, job.checks, job.transcript) };
}
