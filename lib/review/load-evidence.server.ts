import 'server-only';
import { authorize } from '#lib/auth/authorize.ts';
import type { Viewer } from '#lib/auth/viewer.ts';
import { db } from '#lib/db/client.server.ts';
import type { Evidence, Setting } from './evidence.ts';
import type { Memory, SkillCard } from './schedule.ts';

/** Without the answers themselves: the transcript of an exercise may be half a megabyte. */
async function readEvidence(userId: string): Promise<Evidence[]> {
  const rows = await db().$queryRaw<(Omit<Evidence, 'setting'> & { setting: string | null })[]>`
    SELECT id, kind::text, "contentId", "itemId", "isCorrect", confidence::text, seed, "skillIds", "createdAt",
      CASE WHEN kind = 'EXERCISE' THEN NULL ELSE answer->>'setting' END AS setting
    FROM "Attempt" WHERE "userId" = ${userId}::uuid ORDER BY "createdAt", id`;
  return rows.map(({ setting, ...row }) => ({ ...row, setting: asSetting(setting) }));
}

const SETTINGS: readonly string[] = ['lesson', 'quiz', 'practice'] satisfies Setting[];
const asSetting = (text: string | null): Setting =>
  text !== null && SETTINGS.includes(text) ? (text as Setting) : 'quiz';

/** All attempts of the viewer, oldest first; none for a stranger. */
export async function loadEvidence(viewer: Viewer): Promise<Evidence[]> {
  if (viewer.kind === 'none' || !authorize(viewer, 'attempt:read', { ownerId: viewer.id }))
    return [];
  return readEvidence(viewer.id);
}

async function readCards(userId: string): Promise<SkillCard[]> {
  const rows = await db().reviewCard.findMany({ where: { userId } });
  return rows.map(({ userId: _owner, state, ...card }) => ({
    ...card,
    state: state as unknown as Memory,
  }));
}

/** The viewer's review cards as they are stored. */
export async function loadCards(viewer: Viewer): Promise<SkillCard[]> {
  if (viewer.kind === 'none' || !authorize(viewer, 'review:read', { ownerId: viewer.id }))
    return [];
  return readCards(viewer.id);
}

/** Attempts and cards of a row by its id, for the rebuild and for the check of the two. */
export async function readReviewState(
  userId: string,
): Promise<{ evidence: Evidence[]; cards: SkillCard[] }> {
  const [evidence, cards] = await Promise.all([readEvidence(userId), readCards(userId)]);
  return { evidence, cards };
}
