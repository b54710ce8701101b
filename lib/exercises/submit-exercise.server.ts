import 'server-only';
import { createHash } from 'node:crypto';
import { authorize } from '#lib/auth/authorize.ts';
import { consume } from '#lib/auth/rate-limit.server.ts';
import type { KnownViewer } from '#lib/auth/viewer.ts';
import type { Exercise } from '#lib/content/content.ts';
import { loadContent } from '#lib/content/load-content.server.ts';
import { checksOf } from '#lib/content/prove-exercise.ts';
import { findRecorded, recordAttempt, type Recorded } from '#lib/review/record-attempt.server.ts';
import { ENGINE_VERSION } from '#lib/simulator/index.ts';
import { refuse, type Refusal } from './refusal.ts';
import { replayPool, type ReplayPool } from './replay-pool.server.ts';
import { hasSeenSolution } from './standing.server.ts';
import type { CheckAnswer, ExerciseVerdict, Submission } from './submission.ts';

export type SubmitResult = { readonly type: 'answer'; readonly answer: CheckAnswer } | Refusal;

const OVER_BUDGET =
  'This way takes longer to replay than a check may take, so nothing was counted. Most of it is time that passed: reset, and do what helped again without the waiting.';
const STALE =
  'This exercise has changed since the page was opened. Reload the page; your way is kept.';
const OUR_FAULT =
  'The check broke because of a fault of ours. Nothing was counted and your work is kept. Try again, and tell whoever runs this place if it happens again.';

/** Same submission, same hash: it tells a repeated request from a key that is used twice. */
export function hashSubmission(slug: string, submission: Submission): string {
  const { revision, engine, seed, actions, hintsOpened } = submission;
  const fields = actions.map((action) =>
    Object.entries(action).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  return createHash('sha256')
    .update(JSON.stringify([slug, revision, engine, seed, hintsOpened, fields]))
    .digest('hex');
}

/** Submissions that are being replayed: the same one, sent again meanwhile, waits for the same answer. */
const underWay = new Map<string, Promise<SubmitResult>>();

/**
 * Replays what was done, on the server's own scenario, and keeps the verdict exactly once for each key. What cannot be
 * decided is no attempt: over budget, a fault of ours, a page that is out of date.
 */
export async function submitExercise(
  viewer: KnownViewer,
  slug: string,
  submission: Submission,
  pool: ReplayPool = replayPool(),
): Promise<SubmitResult> {
  const exercise = (await loadContent()).exercises.get(slug);
  if (!exercise || !authorize(viewer, 'attempt:create', { ownerId: viewer.id }))
    return refuse(404, 'There is no such exercise.');
  const hash = hashSubmission(slug, submission);
  const place = `${viewer.id} ${submission.key} ${hash}`;
  const same = underWay.get(place);
  if (same) return same;
  const work = decide(viewer, exercise, submission, hash, pool).finally(() =>
    underWay.delete(place),
  );
  underWay.set(place, work);
  return work;
}

async function decide(
  viewer: KnownViewer,
  exercise: Exercise,
  submission: Submission,
  hash: string,
  pool: ReplayPool,
): Promise<SubmitResult> {
  const before = await findRecorded(viewer.id, submission.key, hash);
  if (before) return answerOf(before);
  // An older page, or one that is older than the simulator: its transcript may mean something else today.
  if (submission.revision !== exercise.revision || submission.engine !== ENGINE_VERSION)
    return refuse(409, STALE);
  const allowed = await consume('transcript-viewer', viewer.id);
  if (!allowed.isAllowed)
    return refuse(429, 'Too many checks in a minute. Wait a moment.', allowed.retryAfterSeconds);
  const outcome = await pool.run({
    transcript: {
      version: ENGINE_VERSION,
      scenario: exercise.scenario,
      seed: submission.seed,
      actions: submission.actions,
    },
    checks: checksOf(exercise),
  });
  switch (outcome.type) {
    case 'graded':
      return answerOf(
        await keep(viewer, exercise, submission, hash, { ...outcome.grade, type: 'graded' }),
      );
    case 'over-budget':
      return { type: 'answer', answer: { type: 'over-budget', problem: OVER_BUDGET } };
    case 'busy':
      return refuse(503, 'Many checks are running. Yours is sent again in a moment.', 5);
    case 'fault':
      console.error(`exercise ${exercise.slug}, key ${submission.key}: ${outcome.reason}`);
      return refuse(500, OUR_FAULT);
  }
}

/** One attempt. A pass after the solution was shown counts as done, and as no evidence of a skill. */
async function keep(
  viewer: KnownViewer,
  exercise: Exercise,
  { key, seed, engine, actions, hintsOpened }: Submission,
  requestHash: string,
  verdict: ExerciseVerdict,
): Promise<Recorded> {
  const afterSolution = await hasSeenSolution(viewer, exercise);
  const met = verdict.findings.filter(({ passed }) => passed).length;
  return recordAttempt({
    userId: viewer.id,
    key,
    requestHash,
    kind: 'EXERCISE',
    contentId: exercise.slug,
    itemId: null,
    revision: exercise.revision,
    seed,
    answer: { engine, actions, hintsOpened, afterSolution },
    confidence: null,
    verdict,
    isCorrect: verdict.passed,
    score: verdict.findings.length === 0 ? 0 : met / verdict.findings.length,
    skillIds: afterSolution ? [] : exercise.source.skills,
    lessonId: null,
  });
}

function answerOf(recorded: Recorded): SubmitResult {
  switch (recorded.type) {
    case 'recorded':
    case 'repeated':
      return { type: 'answer', answer: recorded.verdict as ExerciseVerdict };
    case 'mismatch':
      return refuse(422, 'This check was sent before with other content. Check again.');
  }
}
