import 'server-only';
import { db, type Transaction } from '#lib/db/client.server.ts';

/**
 * Moves what a guest did to an account, in one transaction, and marks the guest row as merged. Attempts are united
 * (the same key counts once). Of two review cards of one skill the one due earlier stays. A finished lesson stays
 * finished. Of two drafts the newer keeps the place and the older is kept beside it.
 * Returns false when there is no such guest, or it was merged already.
 */
export async function mergeGuest(guestId: string, userId: string): Promise<boolean> {
  if (guestId === userId) return false;
  return db().$transaction(async (tx) => {
    const { count } = await tx.user.updateMany({
      where: { id: guestId, isGuest: true, mergedIntoId: null },
      data: { mergedIntoId: userId },
    });
    if (count === 0) return false;
    await moveAttempts(tx, guestId, userId);
    await moveReviewCards(tx, guestId, userId);
    await moveLessonProgress(tx, guestId, userId);
    await moveDrafts(tx, guestId, userId);
    await tx.sandbox.updateMany({ where: { userId: guestId }, data: { userId } });
    return true;
  });
}

async function moveAttempts(tx: Transaction, guestId: string, userId: string): Promise<void> {
  await tx.$executeRaw`
    UPDATE "Attempt" a SET "userId" = ${userId}::uuid WHERE a."userId" = ${guestId}::uuid
    AND NOT EXISTS (SELECT 1 FROM "Attempt" b WHERE b."userId" = ${userId}::uuid AND b.key = a.key)`;
  await tx.$executeRaw`DELETE FROM "Attempt" WHERE "userId" = ${guestId}::uuid`;
}

async function moveReviewCards(tx: Transaction, guestId: string, userId: string): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO "ReviewCard" AS mine ("userId", "skillId", state, "dueAt", priority, "lastReviewedAt", reps, lapses)
    SELECT ${userId}::uuid, "skillId", state, "dueAt", priority, "lastReviewedAt", reps, lapses
    FROM "ReviewCard" WHERE "userId" = ${guestId}::uuid
    ON CONFLICT ("userId", "skillId") DO UPDATE SET
      state = excluded.state, "dueAt" = excluded."dueAt", priority = greatest(mine.priority, excluded.priority),
      "lastReviewedAt" = excluded."lastReviewedAt", reps = excluded.reps, lapses = excluded.lapses
    WHERE excluded."dueAt" < mine."dueAt"`;
  await tx.$executeRaw`DELETE FROM "ReviewCard" WHERE "userId" = ${guestId}::uuid`;
}

async function moveLessonProgress(tx: Transaction, guestId: string, userId: string): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO "LessonProgress" AS mine ("userId", "lessonId", place, "startedAt", "finishedAt")
    SELECT ${userId}::uuid, "lessonId", place, "startedAt", "finishedAt"
    FROM "LessonProgress" WHERE "userId" = ${guestId}::uuid
    ON CONFLICT ("userId", "lessonId") DO UPDATE SET
      place = CASE WHEN mine."startedAt" < excluded."startedAt" THEN excluded.place ELSE mine.place END,
      "startedAt" = least(mine."startedAt", excluded."startedAt"),
      "finishedAt" = least(mine."finishedAt", excluded."finishedAt")`;
  await tx.$executeRaw`DELETE FROM "LessonProgress" WHERE "userId" = ${guestId}::uuid`;
}

async function moveDrafts(tx: Transaction, guestId: string, userId: string): Promise<void> {
  // Where both have a draft, the older of the two steps aside under a name of its own.
  const aside = `~${guestId}`;
  await tx.$executeRaw`
    UPDATE "SandboxDraft" d SET "contentId" = d."contentId" || ${aside}
    FROM "SandboxDraft" other
    WHERE d."contentId" = other."contentId" AND d."updatedAt" <= other."updatedAt"
      AND ((d."userId" = ${guestId}::uuid AND other."userId" = ${userId}::uuid)
        OR (d."userId" = ${userId}::uuid AND other."userId" = ${guestId}::uuid AND d."updatedAt" < other."updatedAt"))`;
  await tx.$executeRaw`UPDATE "SandboxDraft" SET "userId" = ${userId}::uuid WHERE "userId" = ${guestId}::uuid`;
}
