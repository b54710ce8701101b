import { expect, test } from 'vitest';
import { db } from '#lib/db/client.server.ts';
import {
  createFirstAdminLink,
  createInvitation,
  createPasswordLink,
  followLink,
  LINK_LIFE,
  readLink,
} from './one-time-links.server.ts';
import { checkCredentials } from './sign-in.server.ts';
import { addUser, addViewer, PASSWORD } from './testing/people.ts';

const tokenOf = (path: string | undefined) => path!.replace('/link/', '');
const follow = (token: string, email = '') =>
  followLink({ token, password: PASSWORD, name: 'New', email, guestId: null });

test('the first administrator: one link at a time, used once, none afterwards', async () => {
  await db().user.deleteMany({ where: { role: 'ADMIN' } });
  const paths = await Promise.all(Array.from({ length: 5 }, () => createFirstAdminLink()));
  const stillOpen = await Promise.all(paths.map((path) => readLink(tokenOf(path))));
  expect(stillOpen.filter(Boolean)).toEqual([{ purpose: 'FIRST_ADMIN', email: null }]);
  const token = tokenOf(paths.find((_path, i) => stillOpen[i]));
  const email = `${crypto.randomUUID()}@example.com`;
  expect(await follow(token, email)).toMatchObject({
    kind: 'followed',
    user: { role: 'ADMIN', email },
  });
  expect(await follow(token, 'second@example.com')).toEqual({ kind: 'gone' });
  expect(await createFirstAdminLink()).toBeUndefined();
});

test('an invitation gives its own address and role, whatever the form says', async () => {
  const admin = await addViewer('ADMIN');
  const email = `${crypto.randomUUID()}@example.com`;
  const token = tokenOf(await createInvitation(admin, email, 'AUTHOR'));
  expect(await readLink(token)).toEqual({ purpose: 'INVITATION', email });
  expect(await follow(token, 'somebody-else@example.com')).toMatchObject({
    kind: 'followed',
    user: { email, role: 'AUTHOR' },
  });
});

test('a password link sets the password, ends the log-ins and voids older links', async () => {
  const admin = await addViewer('ADMIN');
  const user = await addUser();
  const session = await db().loginSession.create({
    data: { userId: user.id, expiresAt: new Date(Date.now() + 1e6) },
  });
  const older = tokenOf(await createPasswordLink(admin, user.id));
  const newer = tokenOf(await createPasswordLink(admin, user.id));
  const answer = await followLink({
    token: newer,
    password: 'a new walk home',
    name: '',
    email: '',
    guestId: null,
  });
  expect(answer).toMatchObject({ kind: 'followed', user: { id: user.id } });
  expect(await follow(older)).toEqual({ kind: 'gone' });
  expect(await checkCredentials(user.email!, 'a new walk home', crypto.randomUUID())).toMatchObject(
    { kind: 'right' },
  );
  expect(
    (await db().loginSession.findUniqueOrThrow({ where: { id: session.id } })).revokedAt,
  ).not.toBeNull();
});

test('ten people follow one link at once: one gets in', async () => {
  const token = tokenOf(
    await createInvitation(
      await addViewer('ADMIN'),
      `${crypto.randomUUID()}@example.com`,
      'LEARNER',
    ),
  );
  const answers = await Promise.all(Array.from({ length: 10 }, () => follow(token)));
  expect(answers.filter((answer) => answer.kind === 'followed')).toHaveLength(1);
});

test('a link that is too old is gone', async () => {
  const admin = await addViewer('ADMIN');
  const token = tokenOf(await createPasswordLink(admin, (await addUser()).id));
  const late = new Date(Date.now() + LINK_LIFE.PASSWORD_RESET + 1_000);
  expect(await readLink(token, late)).toBeUndefined();
});

test('an invitation to an address that has an account meanwhile is refused and stays usable', async () => {
  const email = `${crypto.randomUUID()}@example.com`;
  const token = tokenOf(await createInvitation(await addViewer('ADMIN'), email, 'LEARNER'));
  await db().user.create({ data: { email } });
  expect(await follow(token)).toEqual({ kind: 'taken' });
  expect(await readLink(token)).toBeDefined();
});

test('only administrators make links', async () => {
  const author = await addViewer('AUTHOR');
  expect(await createInvitation(author, 'x@example.com', 'ADMIN')).toBeUndefined();
  expect(await createPasswordLink(author, author.id)).toBeUndefined();
});

test('the database never holds a token', async () => {
  const token = tokenOf(
    await createInvitation(
      await addViewer('ADMIN'),
      `${crypto.randomUUID()}@example.com`,
      'LEARNER',
    ),
  );
  const rows = await db().$queryRaw<{ row: string }[]>`SELECT l::text AS row FROM "OneTimeLink" l`;
  expect(rows.some(({ row }) => row.includes(token))).toBe(false);
});
