import 'server-only';
import { db } from '#lib/db/client.server.ts';
import { authorize } from './authorize.ts';
import type { KnownViewer, Role } from './viewer.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** How long a log-in lasts, and how long it lasts unused. Administrators sign in more often. */
export const LIFETIME = {
  absolute: (role: Role) => (role === 'ADMIN' ? 12 * HOUR : 30 * DAY),
  idle: (role: Role) => (role === 'ADMIN' ? 8 * HOUR : 7 * DAY),
} as const;

/** A last look is written down at most this often. */
const SEEN_EVERY = 5 * 60_000;

export async function createLoginSession(
  user: { id: string; role: Role },
  userAgent: string,
  now = new Date(),
): Promise<string> {
  const { id } = await db().loginSession.create({
    data: {
      userId: user.id,
      createdAt: now,
      lastSeenAt: now,
      expiresAt: new Date(now.getTime() + LIFETIME.absolute(user.role)),
      userAgent: userAgent.slice(0, 300),
    },
    select: { id: true },
  });
  return id;
}

/** The user of a log-in that is neither revoked nor run out, nor the user disabled; else null. */
export async function findSignedInUser(id: string, now = new Date()) {
  const found = await db().loginSession.findUnique({ where: { id }, include: { user: true } });
  if (!found || found.revokedAt || found.user.disabledAt || found.user.isGuest) return null;
  // The role as it is now decides, so that somebody who becomes an administrator gets the shorter life at once.
  const { role } = found.user;
  const end = Math.min(
    found.expiresAt.getTime(),
    found.createdAt.getTime() + LIFETIME.absolute(role),
  );
  if (now.getTime() >= end) return null;
  const idle = now.getTime() - found.lastSeenAt.getTime();
  if (idle >= LIFETIME.idle(role)) return null;
  if (idle >= SEEN_EVERY) {
    await db().loginSession.updateMany({ where: { id }, data: { lastSeenAt: now } });
  }
  return found.user;
}

export interface LoginSessionRow {
  readonly id: string;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
  readonly userAgent: string;
  /** the browser that asks */
  readonly isThis: boolean;
}

/** The log-ins of the viewer that still hold, newest use first. */
export async function listLoginSessions(
  viewer: KnownViewer,
  now = new Date(),
): Promise<LoginSessionRow[]> {
  if (!authorize(viewer, 'account:read', { ownerId: viewer.id })) return [];
  const rows = await db().loginSession.findMany({
    where: {
      userId: viewer.id,
      revokedAt: null,
      expiresAt: { gt: now },
      lastSeenAt: { gt: new Date(now.getTime() - LIFETIME.idle(viewer.role)) },
    },
    orderBy: { lastSeenAt: 'desc' },
    select: { id: true, createdAt: true, lastSeenAt: true, userAgent: true },
  });
  return rows.map((row) => ({ ...row, isThis: row.id === viewer.loginSessionId }));
}

/** Ends one of the viewer's own log-ins. False when there is no such one, also when it is another's. */
export async function revokeLoginSession(viewer: KnownViewer, id: string): Promise<boolean> {
  if (!authorize(viewer, 'login-session:revoke', { ownerId: viewer.id })) return false;
  const { count } = await db().loginSession.updateMany({
    where: { id, userId: viewer.id, revokedAt: null },
    data: { revokedAt: new Date() },
  });
  return count === 1;
}

/** Ends all of the viewer's log-ins but this one. */
export async function revokeOtherLoginSessions(viewer: KnownViewer): Promise<number> {
  if (!authorize(viewer, 'login-session:revoke', { ownerId: viewer.id })) return 0;
  const { count } = await db().loginSession.updateMany({
    where: {
      userId: viewer.id,
      revokedAt: null,
      ...(viewer.loginSessionId === null ? {} : { id: { not: viewer.loginSessionId } }),
    },
    data: { revokedAt: new Date() },
  });
  return count;
}
