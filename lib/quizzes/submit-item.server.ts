import 'server-only';
import { createHash } from 'node:crypto';
import { authorize } from '#lib/auth/authorize.ts';
import type { KnownViewer } from '#lib/auth/viewer.ts';
import { loadContent } from '#lib/content/load-content.server.ts';
import { FIRST_SEED } from '#lib/content/observe-request.ts';
import { recordAttempt, type Recorded } from '#lib/review/record-attempt.server.ts';
import { findChoiceProblem, gradeItem } from './grade-item.ts';
import type { Submission, Verdict } from './public-item.ts';

export type SubmitResult =
  | { readonly type: 'answered'; readonly verdict: Verdict; readonly isRepeated: boolean }
  /** `status` is the HTTP status of the answer; `problem` is for people. */
  | { readonly type: 'problem'; readonly status: 404 | 409 | 422; readonly problem: string };

/** Same submission, same hash: it tells a repeated request from a key that is used twice. */
export function hashRequest(body: object): string {
  const fields = Object.entries(body).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex');
}

/**
 * Grades an answer and keeps it, exactly once for each key: attempt, review cards and progress in one statement. The
 * verdict is made here; nothing that the client says of it is read.
 */
export async function submitItem(
  viewer: KnownViewer,
  submission: Submission,
): Promise<SubmitResult> {
  if (!authorize(viewer, 'attempt:create', { ownerId: viewer.id }))
    return { type: 'problem', status: 404, problem: 'Not found.' };
  const placed = (await loadContent()).items.get(submission.itemId);
  if (placed === undefined)
    return { type: 'problem', status: 404, problem: 'There is no such question.' };
  if (placed.revision !== submission.revision) {
    const problem =
      'This question has changed since the page was opened. Reload the page and answer it anew.';
    return { type: 'problem', status: 409, problem };
  }
  const problem = findChoiceProblem(placed, submission.chosen);
  if (problem !== undefined) return { type: 'problem', status: 422, problem };
  const verdict = gradeItem(placed, submission);
  const { chosen, setting, seed } = submission;
  const recorded = await recordAttempt({
    userId: viewer.id,
    key: submission.key,
    requestHash: hashRequest(submission),
    kind: placed.purpose === 'predict' ? 'PREDICTION' : 'QUIZ_ITEM',
    contentId: placed.contentId,
    itemId: placed.item.id,
    revision: placed.revision,
    seed: placed.item.type === 'predict' && seed !== FIRST_SEED ? (seed ?? null) : null,
    answer: { chosen, setting },
    confidence: submission.confidence,
    verdict,
    isCorrect: verdict.isCorrect,
    score: verdict.score,
    skillIds: placed.item.skills,
    lessonId: placed.place === 'lesson' ? placed.contentId : null,
  });
  return answerOf(recorded);
}

function answerOf(recorded: Recorded): SubmitResult {
  switch (recorded.type) {
    case 'recorded':
    case 'repeated':
      return {
        type: 'answered',
        verdict: recorded.verdict as Verdict,
        isRepeated: recorded.type === 'repeated',
      };
    case 'mismatch':
      return {
        type: 'problem',
        status: 422,
        problem: 'This answer was sent before with other content. Reload the page.',
      };
  }
}
