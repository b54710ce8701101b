import 'server-only';
import { db } from '#lib/db/client.server.ts';
import { authorize } from './authorize.ts';
import type { KnownViewer } from './viewer.ts';

/** Everything that is kept about the viewer, table by table; hashes of passwords and tokens stay here. */
export async function exportAccount(
  viewer: KnownViewer,
): Promise<Record<string, unknown> | undefined> {
  if (!authorize(viewer, 'account:export', { ownerId: viewer.id })) return undefined;
  const mine = { where: { userId: viewer.id } } as const;
  const [user, ...rest] = await Promise.all([
    db().user.findUniqueOrThrow({ where: { id: viewer.id }, omit: { passwordHash: true } }),
    db().user.findMany({
      where: { mergedIntoId: viewer.id },
      select: { id: true, createdAt: true },
    }),
    db().account.findMany(mine),
    db().loginSession.findMany(mine),
    db().oneTimeLink.findMany({
      where: { OR: [{ userId: viewer.id }, { createdById: viewer.id }] },
      omit: { tokenHash: true },
    }),
    db().attempt.findMany({ ...mine, orderBy: { createdAt: 'asc' } }),
    db().reviewCard.findMany(mine),
    db().lessonProgress.findMany(mine),
    db().sandboxDraft.findMany(mine),
    db().sandbox.findMany({ ...mine, omit: { tokenHash: true } }),
    db().sandboxAction.findMany({
      where: { sandbox: { userId: viewer.id } },
      orderBy: [{ sandboxId: 'asc' }, { sequence: 'asc' }],
    }),
    db().auditEntry.findMany({
      where: { OR: [{ actorId: viewer.id }, { resource: `user:${viewer.id}` }] },
    }),
  ]);
  const [
    mergedGuests,
    accounts,
    loginSessions,
    links,
    attempts,
    reviewCards,
    lessonProgress,
    sandboxDrafts,
    sandboxes,
    sandboxActions,
    auditEntries,
  ] = rest;
  return {
    format: 'hopwise-export-1',
    exportedAt: new Date().toISOString(),
    User: user,
    mergedGuests,
    Account: accounts,
    LoginSession: loginSessions,
    OneTimeLink: links,
    Attempt: attempts,
    ReviewCard: reviewCards,
    LessonProgress: lessonProgress,
    SandboxDraft: sandboxDrafts,
    Sandbox: sandboxes,
    SandboxAction: sandboxActions,
    AuditEntry: auditEntries,
  };
}
