import { expect, test } from 'vitest';
import { db } from '#lib/db/client.server.ts';
import { changePassword } from './account.server.ts';
import {
  createLoginSession,
  findSignedInUser,
  LIFETIME,
  listLoginSessions,
  revokeLoginSession,
  revokeOtherLoginSessions,
} from './login-sessions.server.ts';
import { sessionCookieName } from './session-cookie.server.ts';
import { startLogin } from './sign-in.server.ts';
import { addUser, PASSWORD } from './testing/people.ts';
import { openBrowser, request } from './testing/request.ts';
import { disableUser } from './users.server.ts';
import { getViewer } from './viewer.server.ts';
import type { KnownViewer } from './viewer.ts';

const later = (ms: number) => new Date(Date.now() + ms);

/** Signs a user in with a browser of their own. */
async function signIn(
  user: Awaited<ReturnType<typeof addUser>>,
): Promise<{ viewer: KnownViewer; cookie: string }> {
  openBrowser();
  await startLogin(user);
  const viewer = await getViewer();
  if (viewer.kind === 'none') throw new Error('not signed in');
  return { viewer, cookie: request.cookies.get(sessionCookieName())! };
}

/** Who does this cookie open the door for? */
async function whoIs(cookie: string) {
  openBrowser();
  request.cookies.set(sessionCookieName(), cookie);
  const viewer = await getViewer();
  return viewer.kind === 'none' ? null : viewer.id;
}

test('a log-in that is ended elsewhere opens nothing any more', async () => {
  const user = await addUser();
  const laptop = await signIn(user);
  const phone = await signIn(user);
  expect(await listLoginSessions(phone.viewer)).toHaveLength(2);
  expect(await revokeLoginSession(phone.viewer, laptop.viewer.loginSessionId!)).toBe(true);
  expect(await whoIs(laptop.cookie)).toBeNull();
  expect(await whoIs(phone.cookie)).toBe(user.id);
});

test('nobody ends the log-in of another', async () => {
  const victim = await signIn(await addUser());
  const other = await signIn(await addUser());
  expect(await revokeLoginSession(other.viewer, victim.viewer.loginSessionId!)).toBe(false);
  expect(await whoIs(victim.cookie)).toBe(victim.viewer.id);
});

test('ending the others keeps this one', async () => {
  const user = await addUser();
  const [one, two] = [await signIn(user), await signIn(user)];
  expect(await revokeOtherLoginSessions(two.viewer)).toBe(1);
  expect(await whoIs(one.cookie)).toBeNull();
  expect(await whoIs(two.cookie)).toBe(user.id);
});

test('a changed password ends every log-in', async () => {
  const user = await addUser();
  const [one, two] = [await signIn(user), await signIn(user)];
  expect(await changePassword(two.viewer, 'not it', 'another long walk')).toBe('wrong');
  expect(await whoIs(one.cookie)).toBe(user.id);
  expect(await changePassword(two.viewer, PASSWORD, 'another long walk')).toBe('done');
  expect(await whoIs(one.cookie)).toBeNull();
  expect(await whoIs(two.cookie)).toBeNull();
});

test('a user who is shut out loses access at the next request', async () => {
  const admin = await signIn(await addUser('ADMIN'));
  const user = await signIn(await addUser());
  expect(await disableUser(admin.viewer, user.viewer.id)).toBe('done');
  expect(await whoIs(user.cookie)).toBeNull();
});

test.each([
  ['a learner at 31 days of use', 'LEARNER', 31 * 24, 0, false],
  ['a learner unused for six days', 'LEARNER', 6 * 24, 6 * 24, true],
  ['a learner unused for eight days', 'LEARNER', 8 * 24, 8 * 24, false],
  ['an administrator at 11 hours', 'ADMIN', 11, 0, true],
  ['an administrator at 13 hours', 'ADMIN', 13, 0, false],
  ['an administrator unused for nine hours', 'ADMIN', 9, 9, false],
] as const)('%s', async (_name, role, ageHours, idleHours, holds) => {
  const user = await addUser(role);
  const id = await createLoginSession(user, '');
  const now = later(ageHours * 3_600_000);
  await db().loginSession.update({
    where: { id },
    data: { lastSeenAt: new Date(now.getTime() - idleHours * 3_600_000) },
  });
  expect((await findSignedInUser(id, now)) !== null).toBe(holds);
});

test('somebody who becomes an administrator gets the shorter life at once', async () => {
  const user = await addUser();
  const id = await createLoginSession(user, '');
  await db().user.update({ where: { id: user.id }, data: { role: 'ADMIN' } });
  expect(await findSignedInUser(id, later(LIFETIME.absolute('ADMIN') + 1))).toBeNull();
});

test.each([
  ['nonsense', 'abc'],
  ['three empty parts', '..'],
  ['a token without a signature', 'eyJhbGciOiJub25lIn0.eyJzaWQiOiJ4In0.'],
])('a cookie that is %s is nobody', async (_name, cookie) => {
  expect(await whoIs(cookie)).toBeNull();
});

test('a token signed with another secret is nobody', async () => {
  const { viewer } = await signIn(await addUser());
  const { encode } = await import('next-auth/jwt');
  const foreign = await encode({
    token: { sid: viewer.loginSessionId },
    secret: 'another secret, which is not ours',
  });
  expect(await whoIs(foreign)).toBeNull();
});
