import 'server-only';
import { db } from '#lib/db/client.server.ts';
import { recordAct } from './audit.server.ts';
import { authorize } from './authorize.ts';
import type { KnownViewer, Role } from './viewer.ts';

export interface ListedUser {
  readonly id: string;
  readonly email: string | null;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: Date;
  readonly disabledAt: Date | null;
  readonly attempts: number;
}

/** Everybody with an account, newest first, at most 200; guests are not people that an administrator knows. */
export async function listUsers(viewer: KnownViewer): Promise<ListedUser[]> {
  if (!authorize(viewer, 'users:read')) return [];
  const rows = await db().user.findMany({
    where: { isGuest: false },
    orderBy: { createdAt: 'desc' },
    take: 200,
    select: {
      id: true,
      email: true,
      name: true,
      role: true,
      createdAt: true,
      disabledAt: true,
      _count: { select: { attempts: true } },
    },
  });
  return rows.map(({ _count, ...user }) => ({ ...user, attempts: _count.attempts }));
}

export type ManageAnswer = 'done' | 'not-found' | 'last-admin';

/** Changes a role; the last administrator keeps it. */
export function changeRole(viewer: KnownViewer, userId: string, role: Role): Promise<ManageAnswer> {
  return manage(viewer, userId, { role }, { action: 'role:change', detail: { role } });
}

/** Shuts an account and ends its log-ins; nothing is deleted. */
export function disableUser(viewer: KnownViewer, userId: string): Promise<ManageAnswer> {
  return manage(viewer, userId, { disabledAt: new Date() }, { action: 'user:disable', detail: {} });
}

export function enableUser(viewer: KnownViewer, userId: string): Promise<ManageAnswer> {
  return manage(viewer, userId, { disabledAt: null }, { action: 'user:enable', detail: {} });
}

async function manage(
  viewer: KnownViewer,
  userId: string,
  data: { role?: Role; disabledAt?: Date | null },
  act: { action: string; detail: Record<string, string> },
): Promise<ManageAnswer> {
  if (!authorize(viewer, 'users:manage')) return 'not-found';
  return db().$transaction(async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('hopwise admins'))`;
    const user = await tx.user.findFirst({ where: { id: userId, isGuest: false } });
    if (!user) return 'not-found';
    const losesAdmin =
      user.role === 'ADMIN' &&
      ((data.role !== undefined && data.role !== 'ADMIN') || data.disabledAt instanceof Date);
    if (
      losesAdmin &&
      (await tx.user.count({ where: { role: 'ADMIN', disabledAt: null, id: { not: userId } } })) ===
        0
    )
      return 'last-admin';
    await tx.user.update({ where: { id: userId }, data });
    if (data.disabledAt instanceof Date) {
      await tx.loginSession.updateMany({
        where: { userId, revokedAt: null },
        data: { revokedAt: new Date() },
      });
    }
    await recordAct(tx, { actorId: viewer.id, resource: `user:${userId}`, ...act });
    return 'done';
  });
}

export interface ListedAct {
  readonly id: string;
  readonly createdAt: Date;
  readonly action: string;
  readonly resource: string;
  readonly detail: unknown;
  /** null when the machine acted, or the person's data was deleted */
  readonly actor: { readonly email: string | null; readonly name: string } | null;
}

/** What was done with power, newest first, at most 200. */
export async function listAuditEntries(viewer: KnownViewer): Promise<ListedAct[]> {
  if (!authorize(viewer, 'audit:read')) return [];
  return db().auditEntry.findMany({
    orderBy: { createdAt: 'desc' },
    take: 200,
    select: {
      id: true,
      createdAt: true,
      action: true,
      resource: true,
      detail: true,
      actor: { select: { email: true, name: true } },
    },
  });
}
