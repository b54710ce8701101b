import 'server-only';
import { randomBytes } from 'node:crypto';
import { db } from '#lib/db/client.server.ts';
import type { AttemptKind, Confidence } from './evidence.ts';
import { scheduleAttempt, type Memory, type SkillCard } from './schedule.ts';

/** An attempt as a handler has graded it, before it is kept. */
export interface NewAttempt {
  readonly userId: string;
  /** Made by the client before the first send. */
  readonly key: string;
  readonly requestHash: string;
  readonly kind: AttemptKind;
  readonly contentId: string;
  readonly itemId: string | null;
  readonly revision: string;
  readonly seed: string | null;
  /** What was answered, with its setting. Plain data. */
  readonly answer: object;
  readonly confidence: Confidence | null;
  /** What the page is told, now and whenever it asks with this key again. Plain data. */
  readonly verdict: object;
  readonly isCorrect: boolean | null;
  readonly score: number | null;
  readonly skillIds: readonly string[];
  /** The lesson that this was done in: it is started, and finished when the kind is LESSON. */
  readonly lessonId: string | null;
}

export type Recorded =
  | { readonly type: 'recorded'; readonly verdict: unknown }
  /** The key was used before with the same request: the answer of that time. */
  | { readonly type: 'repeated'; readonly verdict: unknown }
  /** The key was used before with another request. */
  | { readonly type: 'mismatch' };

/** What a handler reads before it grades: a key that was seen, and the cards that the answer will change. */
interface Standing {
  readonly attempt: { readonly requestHash: string; readonly verdict: unknown } | null;
  readonly cards: ReadonlyMap<string, SkillCard>;
}

interface CardRow {
  skillId: string;
  state: Memory;
  dueAt: string;
  priority: number;
  lastReviewedAt: string | null;
  reps: number;
  lapses: number;
}

const toCard = (row: CardRow): SkillCard => ({
  ...row,
  dueAt: new Date(row.dueAt),
  lastReviewedAt: row.lastReviewedAt === null ? null : new Date(row.lastReviewedAt),
});

async function readStanding(
  userId: string,
  key: string,
  skillIds: readonly string[],
): Promise<Standing> {
  const rows = await db().$queryRaw<{ attempt: Standing['attempt']; cards: CardRow[] | null }[]>`
    SELECT
      (SELECT jsonb_build_object('requestHash', a."requestHash", 'verdict', a.verdict)
        FROM "Attempt" a WHERE a."userId" = ${userId}::uuid AND a.key = ${key}::uuid) AS attempt,
      (SELECT jsonb_agg(jsonb_build_object('skillId', c."skillId", 'state', c.state, 'dueAt', c."dueAt",
          'priority', c.priority, 'lastReviewedAt', c."lastReviewedAt", 'reps', c.reps, 'lapses', c.lapses))
        FROM "ReviewCard" c WHERE c."userId" = ${userId}::uuid AND c."skillId" = ANY(${[...skillIds]})) AS cards`;
  const row = rows[0];
  return {
    attempt: row?.attempt ?? null,
    cards: new Map((row?.cards ?? []).map((card) => [card.skillId, toCard(card)])),
  };
}

/** What was answered with this key before, for a handler whose grading costs time. */
export async function findRecorded(
  userId: string,
  key: string,
  requestHash: string,
): Promise<Recorded | undefined> {
  const { attempt } = await readStanding(userId, key, []);
  return attempt === null ? undefined : compareRequest(attempt, requestHash);
}

function compareRequest(attempt: NonNullable<Standing['attempt']>, requestHash: string): Recorded {
  return attempt.requestHash === requestHash
    ? { type: 'repeated', verdict: attempt.verdict }
    : { type: 'mismatch' };
}

const TRIES = 6;

/**
 * Keeps an attempt with the review cards and the lesson's progress that follow from it: one statement, all or
 * nothing, exactly once for each key. Cards are written only over the cards that were read (their `reps` is the
 * version); when another answer came between, the statement fails as a whole and is tried again.
 */
export async function recordAttempt(attempt: NewAttempt): Promise<Recorded> {
  for (let tries = 1; ; tries += 1) {
    const standing = await readStanding(attempt.userId, attempt.key, attempt.skillIds);
    if (standing.attempt !== null) return compareRequest(standing.attempt, attempt.requestHash);
    try {
      // False: the same key was kept between our two statements. The next round finds it.
      if (await insertAttempt(attempt, standing.cards))
        return { type: 'recorded', verdict: attempt.verdict };
    } catch (error) {
      if (!isStaleCard(error) || tries >= TRIES) throw error;
    }
    if (tries >= TRIES) throw new Error('the attempt could not be kept');
  }
}

/** Later than every answer that the cards know, so that folding attempts by time gives the cards again. */
function timeAfter(cards: ReadonlyMap<string, SkillCard>): Date {
  const last = Math.max(
    0,
    ...[...cards.values()].map((card) => card.lastReviewedAt?.getTime() ?? 0),
  );
  return new Date(Math.max(Date.now(), last + 1));
}

async function insertAttempt(
  attempt: NewAttempt,
  standing: ReadonlyMap<string, SkillCard>,
): Promise<boolean> {
  const createdAt = timeAfter(standing);
  const cards = scheduleAttempt(standing, { ...attempt, createdAt });
  const finishedAt = attempt.kind === 'LESSON' ? createdAt : null;
  const place = attempt.itemId === null ? {} : { question: attempt.itemId };
  const rows = await db().$queryRaw<{ id: string }[]>`
    WITH new AS (
      INSERT INTO "Attempt" (id, "userId", key, "requestHash", kind, "contentId", "itemId", revision, seed, answer,
        confidence, verdict, "isCorrect", score, "skillIds", "createdAt")
      VALUES (${timeOrderedId(createdAt)}::uuid, ${attempt.userId}::uuid, ${attempt.key}::uuid, ${attempt.requestHash},
        ${attempt.kind}::"AttemptKind", ${attempt.contentId}, ${attempt.itemId}, ${attempt.revision}, ${attempt.seed},
        ${JSON.stringify(attempt.answer)}::jsonb, ${attempt.confidence}::"Confidence",
        ${JSON.stringify(attempt.verdict)}::jsonb, ${attempt.isCorrect}, ${attempt.score}, ${[...attempt.skillIds]},
        ${createdAt})
      ON CONFLICT ("userId", key) DO NOTHING
      RETURNING id, "userId"
    ), cards AS (
      INSERT INTO "ReviewCard" AS mine
        ("userId", "skillId", state, "dueAt", priority, "lastReviewedAt", reps, lapses)
      SELECT new."userId", c."skillId", c.state, c."dueAt", c.priority, c."lastReviewedAt", c.reps, c.lapses
      FROM new, jsonb_to_recordset(${JSON.stringify(cards)}::jsonb) AS c("skillId" text, state jsonb,
        "dueAt" timestamptz, priority int, "lastReviewedAt" timestamptz, reps int, lapses int)
      ON CONFLICT ("userId", "skillId") DO UPDATE SET
        -- An introduction (reps 0) leaves a card alone. NULL breaks the column's rule and so the whole statement:
        -- the card is not the one that was read.
        state = CASE WHEN excluded.reps = 0 THEN mine.state WHEN mine.reps = excluded.reps - 1 THEN excluded.state END,
        "dueAt" = CASE WHEN excluded.reps = 0 THEN mine."dueAt" ELSE excluded."dueAt" END,
        priority = CASE WHEN excluded.reps = 0 THEN mine.priority ELSE excluded.priority END,
        "lastReviewedAt" = CASE WHEN excluded.reps = 0 THEN mine."lastReviewedAt" ELSE excluded."lastReviewedAt" END,
        reps = CASE WHEN excluded.reps = 0 THEN mine.reps ELSE excluded.reps END,
        lapses = CASE WHEN excluded.reps = 0 THEN mine.lapses ELSE excluded.lapses END
    ), lesson AS (
      INSERT INTO "LessonProgress" AS mine ("userId", "lessonId", place, "startedAt", "finishedAt")
      SELECT new."userId", ${attempt.lessonId}, ${JSON.stringify(place)}::jsonb, ${createdAt}, ${finishedAt}::timestamptz
      FROM new WHERE ${attempt.lessonId}::text IS NOT NULL
      ON CONFLICT ("userId", "lessonId") DO UPDATE SET
        place = mine.place || excluded.place,
        "finishedAt" = coalesce(mine."finishedAt", excluded."finishedAt")
    )
    SELECT id FROM new`;
  return rows.length === 1;
}

/** SQLSTATE 23502, in whatever wrapping the driver gives it. */
function isStaleCard(error: unknown): boolean {
  const text = `${String(error)} ${JSON.stringify((error as { meta?: unknown }).meta ?? {})}`;
  return /23502|[Nn]ull constraint violation|null value in column "state"/.test(text);
}

/** A UUID of version 7 (RFC 9562): sorts by time. */
function timeOrderedId(at: Date): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(at.getTime(), 0, 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
