import 'server-only';
import { createHmac } from 'node:crypto';
import { db } from '#lib/db/client.server.ts';
import { env } from '#lib/env/env.server.ts';

/** How often something may happen: `points` times in `seconds`. docs/operations.md lists them. */
export const LIMITS = {
  'sign-in-account-and-address': { points: 5, seconds: 15 * 60 },
  'sign-in-account': { points: 100, seconds: 60 * 60 },
  'sign-in-address': { points: 50, seconds: 15 * 60 },
  'register-address': { points: 5, seconds: 60 * 60 },
  'guest-address': { points: 500, seconds: 60 * 60 },
  'link-address': { points: 20, seconds: 15 * 60 },
  'password-account': { points: 10, seconds: 15 * 60 },
  'attempt-viewer': { points: 60, seconds: 60 },
  'transcript-viewer': { points: 10, seconds: 60 },
  'draft-viewer': { points: 60, seconds: 60 },
  'sandbox-create-viewer': { points: 20, seconds: 60 * 60 },
  'sandbox-act-viewer': { points: 300, seconds: 60 },
  'kube-token': { points: 1_200, seconds: 60 },
  'export-viewer': { points: 10, seconds: 60 * 60 },
} as const;
export type Limit = keyof typeof LIMITS;

export type LimitAnswer =
  { readonly isAllowed: true } | { readonly isAllowed: false; readonly retryAfterSeconds: number };

/** The row names nobody: addresses and e-mails are hashed with our secret. */
function keyOf(limit: Limit, who: string): string {
  return `${limit}:${createHmac('sha256', env().NEXTAUTH_SECRET).update(`${limit}:${who}`).digest('base64url')}`;
}

/**
 * Counts one use of `limit` by `who`. One statement, so that two processes count together.
 * Throws when the database is away: callers that guard a password must let it, and so fail closed.
 */
export async function consume(limit: Limit, who: string): Promise<LimitAnswer> {
  const { points, seconds } = LIMITS[limit];
  const rows = await db().$queryRaw<{ points: number; left: number }[]>`
    INSERT INTO "RateLimit" AS r (key, points, "expiresAt")
    VALUES (${keyOf(limit, who)}, 1, now() + make_interval(secs => ${seconds}))
    ON CONFLICT (key) DO UPDATE SET
      points = CASE WHEN r."expiresAt" <= now() THEN 1 ELSE r.points + 1 END,
      "expiresAt" = CASE WHEN r."expiresAt" <= now() THEN excluded."expiresAt" ELSE r."expiresAt" END
    RETURNING points, ceil(extract(epoch FROM r."expiresAt" - now()))::int AS left`;
  const row = rows[0];
  if (row === undefined) throw new Error('the limit could not be counted');
  if (row.points <= points * env().HOPWISE_LIMIT_FACTOR) return { isAllowed: true };
  return { isAllowed: false, retryAfterSeconds: Math.max(1, row.left) };
}

/** Takes one use back: a sign-in that succeeds is no failure. */
export async function giveBack(limit: Limit, who: string): Promise<void> {
  await db()
    .$executeRaw`UPDATE "RateLimit" SET points = greatest(points - 1, 0) WHERE key = ${keyOf(limit, who)}`;
}

/** Forgets all uses, and rows that ran out long ago. */
export async function forget(limit: Limit, who: string): Promise<void> {
  await db().$executeRaw`
    DELETE FROM "RateLimit" WHERE key = ${keyOf(limit, who)} OR "expiresAt" < now() - interval '1 day'`;
}
