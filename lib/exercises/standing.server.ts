import 'server-only';
import { authorize } from '#lib/auth/authorize.ts';
import type { Viewer } from '#lib/auth/viewer.ts';
import type { Exercise } from '#lib/content/content.ts';
import { db } from '#lib/db/client.server.ts';

/** Where a viewer stands with an exercise. */
export interface Standing {
  /** Once passed, always passed: also when the exercise has changed since. */
  readonly hasPassed: boolean;
  /** A check of theirs failed or passed, or they gave up: the solution may be told. */
  readonly maySeeSolution: boolean;
}

const NONE: Standing = { hasPassed: false, maySeeSolution: false };

export async function loadStanding(viewer: Viewer, { slug }: Exercise): Promise<Standing> {
  if (viewer.kind === 'none' || !authorize(viewer, 'attempt:read', { ownerId: viewer.id }))
    return NONE;
  const where = { userId: viewer.id, kind: 'EXERCISE', contentId: slug } as const;
  const [passes, attempts] = await Promise.all([
    db().attempt.count({ where: { ...where, isCorrect: true } }),
    db().attempt.count({ where }),
  ]);
  return { hasPassed: passes > 0, maySeeSolution: attempts > 0 };
}

/** Slugs of the exercises that the viewer has passed. */
export async function loadPassedExercises(viewer: Viewer): Promise<ReadonlySet<string>> {
  if (viewer.kind === 'none' || !authorize(viewer, 'attempt:read', { ownerId: viewer.id }))
    return new Set();
  const rows = await db().attempt.findMany({
    where: { userId: viewer.id, kind: 'EXERCISE', isCorrect: true },
    distinct: ['contentId'],
    select: { contentId: true },
  });
  return new Set(rows.map(({ contentId }) => contentId));
}

/** What is kept when somebody was shown the solution. */
export const SOLUTION_SHOWN = { type: 'solution-shown' } as const;

/** Was the solution of this revision shown before the learner had passed it without? */
export async function hasSeenSolution(
  viewer: Viewer,
  { slug, revision }: Exercise,
): Promise<boolean> {
  if (viewer.kind === 'none') return false;
  const shown = await db().attempt.count({
    where: {
      userId: viewer.id,
      contentId: slug,
      revision,
      kind: 'EXERCISE',
      verdict: { path: ['type'], equals: SOLUTION_SHOWN.type },
    },
  });
  return shown > 0;
}
