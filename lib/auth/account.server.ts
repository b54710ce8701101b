import 'server-only';
import { db } from '#lib/db/client.server.ts';
import { recordAct } from './audit.server.ts';
import { authorize } from './authorize.ts';
import { hashPassword, TooManyHashes, verifyPassword } from './passwords.server.ts';
import { consume } from './rate-limit.server.ts';
import type { KnownViewer, Theme } from './viewer.ts';

export async function updateProfile(
  viewer: KnownViewer,
  profile: { name?: string; theme?: Theme },
): Promise<void> {
  if (!authorize(viewer, 'account:update', { ownerId: viewer.id })) return;
  await db().user.update({ where: { id: viewer.id }, data: profile });
}

export type PasswordAnswer = 'done' | 'wrong' | 'limited' | 'busy';

/** Is this the viewer's password? Accounts without one (GitHub, guests) have nothing to prove. */
async function provePassword(viewer: KnownViewer, password: string): Promise<PasswordAnswer> {
  const allowed = await consume('password-account', viewer.id);
  if (!allowed.isAllowed) return 'limited';
  const { passwordHash } = await db().user.findUniqueOrThrow({ where: { id: viewer.id } });
  if (passwordHash === null) return 'done';
  try {
    return (await verifyPassword(password, passwordHash)) ? 'done' : 'wrong';
  } catch (error) {
    if (error instanceof TooManyHashes) return 'busy';
    throw error;
  }
}

/** Sets another password and ends every log-in, this one too: the caller starts a new one. */
export async function changePassword(
  viewer: KnownViewer,
  current: string,
  next: string,
): Promise<PasswordAnswer> {
  if (viewer.kind !== 'user' || !authorize(viewer, 'account:update', { ownerId: viewer.id }))
    return 'wrong';
  const proof = await provePassword(viewer, current);
  if (proof !== 'done') return proof;
  const passwordHash = await hashPassword(next);
  await db().$transaction(async (tx) => {
    await tx.user.update({ where: { id: viewer.id }, data: { passwordHash } });
    await tx.loginSession.updateMany({
      where: { userId: viewer.id, revokedAt: null },
      data: { revokedAt: new Date() },
    });
    await tx.oneTimeLink.deleteMany({ where: { userId: viewer.id, usedAt: null } });
    await recordAct(tx, {
      actorId: viewer.id,
      action: 'password:change',
      resource: `user:${viewer.id}`,
    });
  });
  return 'done';
}

/**
 * Deletes everything that is kept about the viewer. The tables that name a user go with the row; invitations sent to
 * the address and what the audit log says about the person lose their subject. What remains names nobody.
 */
export async function deleteMyData(viewer: KnownViewer, password: string): Promise<PasswordAnswer> {
  if (!authorize(viewer, 'account:delete', { ownerId: viewer.id })) return 'wrong';
  const proof = await provePassword(viewer, password);
  if (proof !== 'done') return proof;
  await db().$transaction(async (tx) => {
    if (viewer.email !== null) await tx.oneTimeLink.deleteMany({ where: { email: viewer.email } });
    const guests = await tx.user.findMany({
      where: { mergedIntoId: viewer.id },
      select: { id: true },
    });
    const resources = [viewer.id, ...guests.map((guest) => guest.id)].map((id) => `user:${id}`);
    await tx.auditEntry.updateMany({
      where: { resource: { in: resources } },
      data: { resource: 'user:deleted', detail: {} },
    });
    await tx.user.delete({ where: { id: viewer.id } });
    await recordAct(tx, { actorId: null, action: 'account:delete', resource: 'user:deleted' });
  });
  return 'done';
}
