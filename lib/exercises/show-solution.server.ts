import 'server-only';
import { createHash } from 'node:crypto';
import { authorize } from '#lib/auth/authorize.ts';
import type { KnownViewer } from '#lib/auth/viewer.ts';
import { loadContent } from '#lib/content/load-content.server.ts';
import { recordAttempt } from '#lib/review/record-attempt.server.ts';
import { refuse, type Refusal } from './refusal.ts';
import { loadStanding, SOLUTION_SHOWN } from './standing.server.ts';
import type { SolutionRequest, SolutionStep } from './submission.ts';

export type SolutionResult =
  { readonly type: 'solution'; readonly steps: readonly SolutionStep[] } | Refusal;

/**
 * The author's way, after a check or when somebody gives up. That it was shown is kept first: a pass afterwards is no
 * evidence of a skill. Whoever has passed already loses nothing by looking.
 */
export async function showSolution(
  viewer: KnownViewer,
  slug: string,
  { key, reason }: SolutionRequest,
): Promise<SolutionResult> {
  const exercise = (await loadContent()).exercises.get(slug);
  if (!exercise || !authorize(viewer, 'attempt:create', { ownerId: viewer.id }))
    return refuse(404, 'There is no such exercise.');
  const { hasPassed, maySeeSolution } = await loadStanding(viewer, exercise);
  if (reason === 'asked' && !maySeeSolution)
    return refuse(403, 'The solution is shown after a check, after five minutes, or on giving up.');
  if (!hasPassed) {
    const recorded = await recordAttempt({
      userId: viewer.id,
      key,
      requestHash: createHash('sha256').update(`solution ${slug} ${reason}`).digest('hex'),
      kind: 'EXERCISE',
      contentId: slug,
      itemId: null,
      revision: exercise.revision,
      seed: null,
      answer: { reason },
      confidence: null,
      verdict: SOLUTION_SHOWN,
      isCorrect: null,
      score: null,
      skillIds: [],
      lessonId: null,
    });
    if (recorded.type === 'mismatch')
      return refuse(422, 'This request was sent before with other content. Reload the page.');
  }
  return { type: 'solution', steps: exercise.solution.steps };
}
