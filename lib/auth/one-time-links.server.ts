import 'server-only';
import { createHash, randomBytes } from 'node:crypto';
import { db, type Transaction } from '#lib/db/client.server.ts';
import { isUniqueViolation } from '#lib/db/unique-violation.server.ts';
import { recordAct } from './audit.server.ts';
import { authorize } from './authorize.ts';
import { hashPassword } from './passwords.server.ts';
import { normaliseEmail } from './normalise-email.ts';
import type { KnownViewer, Role } from './viewer.ts';

const HOUR = 3_600_000;
/** How long each kind of link works, in milliseconds. */
export const LINK_LIFE = {
  FIRST_ADMIN: 24 * HOUR,
  PASSWORD_RESET: HOUR,
  INVITATION: 7 * 24 * HOUR,
} as const;
export type LinkPurpose = keyof typeof LINK_LIFE;

const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');
const newToken = () => randomBytes(32).toString('base64url');
const pathOf = (token: string) => `/link/${token}`;

/**
 * A fresh path for the first administrator while there is none; undefined when there is one. Older ones stop working.
 * Two processes that start at once on an empty database make one link: the other finds the lock taken and waits.
 */
export async function createFirstAdminLink(now = new Date()): Promise<string | undefined> {
  const token = newToken();
  const isMade = await db().$transaction(async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('hopwise first admin'))`;
    if ((await tx.user.count({ where: { role: 'ADMIN' } })) > 0) return false;
    await tx.oneTimeLink.deleteMany({ where: { purpose: 'FIRST_ADMIN', usedAt: null } });
    const expiresAt = new Date(now.getTime() + LINK_LIFE.FIRST_ADMIN);
    await tx.oneTimeLink.create({
      data: { tokenHash: hashOf(token), purpose: 'FIRST_ADMIN', role: 'ADMIN', expiresAt },
    });
    return true;
  });
  return isMade ? pathOf(token) : undefined;
}

/** A path that invites `email` with a role. Undefined when the viewer may not. */
export async function createInvitation(
  viewer: KnownViewer,
  email: string,
  role: Role,
  now = new Date(),
): Promise<string | undefined> {
  if (!authorize(viewer, 'links:manage')) return undefined;
  const token = newToken();
  await db().$transaction(async (tx) => {
    const expiresAt = new Date(now.getTime() + LINK_LIFE.INVITATION);
    const data = {
      tokenHash: hashOf(token),
      purpose: 'INVITATION' as const,
      email: normaliseEmail(email),
      role,
      createdById: viewer.id,
      expiresAt,
    };
    const { id } = await tx.oneTimeLink.create({ data });
    await recordAct(tx, {
      actorId: viewer.id,
      action: 'invitation:create',
      resource: `link:${id}`,
      detail: { role },
    });
  });
  return pathOf(token);
}

/** A path that sets a new password for a user; older ones for the same user stop working. Undefined: not allowed, or no such user. */
export async function createPasswordLink(
  viewer: KnownViewer,
  userId: string,
  now = new Date(),
): Promise<string | undefined> {
  if (!authorize(viewer, 'links:manage')) return undefined;
  const token = newToken();
  const isMade = await db().$transaction(async (tx) => {
    const user = await tx.user.findFirst({ where: { id: userId, isGuest: false } });
    if (!user) return false;
    await tx.oneTimeLink.deleteMany({ where: { userId, purpose: 'PASSWORD_RESET', usedAt: null } });
    const expiresAt = new Date(now.getTime() + LINK_LIFE.PASSWORD_RESET);
    const { id } = await tx.oneTimeLink.create({
      data: {
        tokenHash: hashOf(token),
        purpose: 'PASSWORD_RESET',
        userId,
        createdById: viewer.id,
        expiresAt,
      },
    });
    await recordAct(tx, {
      actorId: viewer.id,
      action: 'password-link:create',
      resource: `user:${userId}`,
      detail: { link: id },
    });
    return true;
  });
  return isMade ? pathOf(token) : undefined;
}

export interface LinkView {
  readonly purpose: LinkPurpose;
  /** who is invited, or whose password is set; null for the first administrator */
  readonly email: string | null;
}

/** What a link is for; undefined when it is unknown, used or too old. */
export async function readLink(token: string, now = new Date()): Promise<LinkView | undefined> {
  const link = await db().oneTimeLink.findFirst({
    where: { tokenHash: hashOf(token), usedAt: null, expiresAt: { gt: now } },
    include: { user: { select: { email: true } } },
  });
  return link
    ? { purpose: link.purpose, email: link.email ?? link.user?.email ?? null }
    : undefined;
}

export type FollowAnswer =
  | { readonly kind: 'followed'; readonly user: { id: string; role: Role; theme: string } }
  | { readonly kind: 'gone' }
  | { readonly kind: 'taken' };

export interface FollowLink {
  readonly token: string;
  readonly password: string;
  readonly name: string;
  /** only the first administrator says it; the other links know it */
  readonly email: string;
  /** the guest of this browser, whose row a new account keeps */
  readonly guestId: string | null;
}

/** Uses a link up and does what it is for, in one transaction. Its password has passed passwordProblem already. */
export async function followLink(wanted: FollowLink, now = new Date()): Promise<FollowAnswer> {
  const passwordHash = await hashPassword(wanted.password);
  try {
    return await db().$transaction(async (tx): Promise<FollowAnswer> => {
      const used = await tx.oneTimeLink.updateManyAndReturn({
        where: { tokenHash: hashOf(wanted.token), usedAt: null, expiresAt: { gt: now } },
        data: { usedAt: now },
      });
      const link = used[0];
      if (!link) return { kind: 'gone' };
      if (link.purpose === 'PASSWORD_RESET') return resetPassword(tx, link.userId, passwordHash);
      const email =
        link.purpose === 'INVITATION' ? (link.email ?? '') : normaliseEmail(wanted.email);
      const data = {
        email,
        name: wanted.name.trim(),
        passwordHash,
        role: link.role ?? 'LEARNER',
        isGuest: false,
      };
      const user = await createAccount(tx, wanted.guestId, data);
      await recordAct(tx, {
        actorId: user.id,
        action: 'link:follow',
        resource: `user:${user.id}`,
        detail: { purpose: link.purpose, role: data.role },
      });
      return { kind: 'followed', user };
    });
  } catch (error) {
    if (isUniqueViolation(error)) return { kind: 'taken' };
    throw error;
  }
}

interface AccountData {
  email: string;
  name: string;
  passwordHash: string;
  role: Role;
  isGuest: boolean;
}

async function createAccount(tx: Transaction, guestId: string | null, data: AccountData) {
  if (guestId !== null) {
    const kept = await tx.user.updateManyAndReturn({
      where: { id: guestId, isGuest: true, mergedIntoId: null },
      data,
    });
    if (kept[0]) return kept[0];
  }
  return tx.user.create({ data });
}

async function resetPassword(
  tx: Transaction,
  userId: string | null,
  passwordHash: string,
): Promise<FollowAnswer> {
  if (userId === null) return { kind: 'gone' };
  const user = await tx.user.update({ where: { id: userId }, data: { passwordHash } });
  await tx.loginSession.updateMany({
    where: { userId, revokedAt: null },
    data: { revokedAt: new Date() },
  });
  await recordAct(tx, { actorId: userId, action: 'password:reset', resource: `user:${userId}` });
  return user.disabledAt ? { kind: 'gone' } : { kind: 'followed', user };
}
