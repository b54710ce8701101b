import 'server-only';
import { authorize } from '#lib/auth/authorize.ts';
import type { Viewer } from '#lib/auth/viewer.ts';
import { db } from '#lib/db/client.server.ts';
import type { Evidence, Setting } from './evidence.ts';
import type { Memory, SkillCard } from './schedule.ts';

const SELECT = {
  id: true,
  kind: true,
  contentId: true,
  itemId: true,
  isCorrect: true,
  confidence: true,
  seed: true,
  answer: true,
  skillIds: true,
  createdAt: true,
} as const;

const SETTINGS: readonly string[] = ['lesson', 'quiz', 'practice'] satisfies Setting[];

function settingOf(answer: unknown): Setting {
  const setting = (answer as { setting?: unknown } | null)?.setting;
  return typeof setting === 'string' && SETTINGS.includes(setting) ? (setting as Setting) : 'quiz';
}

async function readEvidence(userId: string): Promise<Evidence[]> {
  const rows = await db().attempt.findMany({
    where: { userId },
    select: SELECT,
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
  return rows.map(({ answer, ...row }) => ({ ...row, setting: settingOf(answer) }));
}

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
