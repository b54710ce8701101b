import 'server-only';
import { z } from 'zod';
import { authorize } from '#lib/auth/authorize.ts';
import type { KnownViewer } from '#lib/auth/viewer.ts';
import { loadContent } from '#lib/content/load-content.server.ts';
import { recordAttempt } from '#lib/review/record-attempt.server.ts';
import { hashRequest } from './submit-item.server.ts';

/** Body of POST /api/lessons/<slug>/finish */
export const finishSchema = z.strictObject({ key: z.uuid() });

/** Marks a lesson as read, once, and brings its skills into the review queue. False: there is no such lesson. */
export async function finishLesson(
  viewer: KnownViewer,
  slug: string,
  key: string,
): Promise<boolean> {
  const lesson = (await loadContent()).lessons.get(slug);
  if (lesson === undefined || !authorize(viewer, 'attempt:create', { ownerId: viewer.id }))
    return false;
  await recordAttempt({
    userId: viewer.id,
    key,
    requestHash: hashRequest({ key, slug }),
    kind: 'LESSON',
    contentId: slug,
    itemId: null,
    revision: lesson.revision,
    seed: null,
    answer: { setting: 'lesson' },
    confidence: null,
    verdict: {},
    isCorrect: null,
    score: null,
    skillIds: lesson.front.skills,
    lessonId: slug,
  });
  return true;
}
