import 'server-only';
import { authorize } from '#lib/auth/authorize.ts';
import type { Viewer } from '#lib/auth/viewer.ts';
import { db } from '#lib/db/client.server.ts';

export type LessonState = 'started' | 'finished';

/** What this viewer has begun or finished, by lesson; empty when the database is away: the map can be read. */
export async function loadLessonStates(viewer: Viewer): Promise<ReadonlyMap<string, LessonState>> {
  if (viewer.kind === 'none' || !authorize(viewer, 'progress:read', { ownerId: viewer.id }))
    return new Map();
  try {
    const rows = await db().lessonProgress.findMany({
      where: { userId: viewer.id },
      select: { lessonId: true, finishedAt: true },
    });
    return new Map(
      rows.map(({ lessonId, finishedAt }) => [lessonId, finishedAt ? 'finished' : 'started']),
    );
  } catch {
    return new Map();
  }
}
