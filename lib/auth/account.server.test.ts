import { expect, test } from 'vitest';
import { db } from '#lib/db/client.server.ts';
import { deleteMyData } from './account.server.ts';
import { recordAct } from './audit.server.ts';
import { exportAccount } from './export-account.server.ts';
import { createInvitation } from './one-time-links.server.ts';
import { addAttempt, addViewer, PASSWORD } from './testing/people.ts';
import { changeRole, listAuditEntries, listUsers } from './users.server.ts';
import type { KnownViewer } from './viewer.ts';

/** Every column that holds the id of a user, as the database itself knows them. */
async function userColumns(): Promise<{ table: string; column: string; rule: string }[]> {
  return db().$queryRaw`
    SELECT k.table_name AS "table", k.column_name AS "column", r.delete_rule AS rule
    FROM information_schema.referential_constraints r
    JOIN information_schema.key_column_usage k USING (constraint_schema, constraint_name)
    JOIN information_schema.table_constraints t ON t.constraint_name = r.unique_constraint_name
    WHERE t.table_name = 'User' AND t.constraint_schema = 'public'`;
}

async function fill(viewer: KnownViewer): Promise<void> {
  const userId = viewer.id;
  const at = new Date();
  await addAttempt(userId);
  await db().account.create({ data: { provider: 'github', providerAccountId: userId, userId } });
  await db().loginSession.create({ data: { userId, expiresAt: at } });
  await db().oneTimeLink.create({
    data: { tokenHash: userId, purpose: 'PASSWORD_RESET', userId, expiresAt: at },
  });
  await db().oneTimeLink.create({
    data: { tokenHash: `${userId}-2`, purpose: 'INVITATION', email: viewer.email, expiresAt: at },
  });
  await db().reviewCard.create({ data: { userId, skillId: 's', state: {}, dueAt: at } });
  await db().lessonProgress.create({ data: { userId, lessonId: 'l', place: {} } });
  await db().sandboxDraft.create({ data: { userId, contentId: 'c', transcript: [] } });
  const sandboxId = crypto.randomUUID();
  await db().sandbox.create({
    data: {
      id: sandboxId,
      userId,
      contentId: 'open',
      transcript: {},
      tokenHash: 'tokenHash of this sandbox',
      expiresAt: at,
      mostActions: 1,
      size: 0,
      clockMs: 0,
      actions: {
        create: {
          sequence: 1,
          key: userId,
          source: 'KUBECTL',
          atMs: 0,
          what: { by: viewer.email },
        },
      },
    },
  });
  await db().user.create({ data: { isGuest: true, mergedIntoId: userId } });
  await db().$transaction((tx) =>
    recordAct(tx, { actorId: userId, action: 'test', resource: `user:${userId}` }),
  );
}

test('the export has every table that names a user', async () => {
  const viewer = await addViewer();
  await fill(viewer);
  const data = (await exportAccount(viewer))!;
  const tables = new Set((await userColumns()).map(({ table }) => table));
  expect(tables.size).toBeGreaterThanOrEqual(9);
  expect(data).toHaveProperty('SandboxAction');
  for (const table of tables) expect(data, table).toHaveProperty(table);
  for (const [name, rows] of Object.entries(data))
    if (Array.isArray(rows)) expect(rows.length, name).toBeGreaterThan(0);
  expect(JSON.stringify(data)).not.toMatch(/argon2|tokenHash/);
});

test('deletion leaves no trace of id, address or name in any table', async () => {
  const viewer = await addViewer();
  const admin = await addViewer('ADMIN');
  await fill(viewer);
  await changeRole(admin, viewer.id, 'AUTHOR');
  expect(await deleteMyData(viewer, PASSWORD)).toBe('done');
  const tables = await db().$queryRaw<{ name: string }[]>`
    SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`;
  for (const { name } of tables) {
    const rows = await db().$queryRawUnsafe<{ row: string }[]>(
      `SELECT t::text AS row FROM "${name}" t`,
    );
    const traces = rows.filter(({ row }) => row.includes(viewer.id) || row.includes(viewer.email!));
    expect(traces, name).toEqual([]);
  }
});

test('every column that names a user lets go of it by itself', async () => {
  for (const { table, column, rule } of await userColumns()) {
    expect(['CASCADE', 'SET NULL'], `${table}.${column}`).toContain(rule);
  }
});

test('deletion needs the password', async () => {
  const viewer = await addViewer();
  expect(await deleteMyData(viewer, 'wrong')).toBe('wrong');
  expect(await db().user.count({ where: { id: viewer.id } })).toBe(1);
});

test('every act of an administrator is written down once, with who and what', async () => {
  const admin = await addViewer('ADMIN');
  const user = await addViewer();
  await changeRole(admin, user.id, 'REVIEWER');
  await createInvitation(admin, `${crypto.randomUUID()}@example.com`, 'AUTHOR');
  const acts = (await listAuditEntries(admin)).filter((act) => act.actor?.email === admin.email);
  expect(acts.map((act) => act.action).sort()).toEqual(['invitation:create', 'role:change']);
});

test('the last administrator stays one', async () => {
  await db().user.updateMany({ where: { role: 'ADMIN' }, data: { role: 'LEARNER' } });
  const admin = await addViewer('ADMIN');
  expect(await changeRole(admin, admin.id, 'LEARNER')).toBe('last-admin');
  await addViewer('ADMIN');
  expect(await changeRole(admin, admin.id, 'LEARNER')).toBe('done');
});

test('people without the role see no users and no audit log, and change no role', async () => {
  const author = await addViewer('AUTHOR');
  expect(await listUsers(author)).toEqual([]);
  expect(await listAuditEntries(author)).toEqual([]);
  expect(await changeRole(author, author.id, 'ADMIN')).toBe('not-found');
});

test('the list of users carries no hash', async () => {
  expect(JSON.stringify(await listUsers(await addViewer('ADMIN')))).not.toMatch(
    /argon2|passwordHash/,
  );
});
