import { expect, test } from 'vitest';
import { db } from '#lib/db/client.server.ts';
import { signInWithGithub } from './sign-in-with-github.server.ts';
import { addUser } from './testing/people.ts';
import { requireViewer } from './viewer.server.ts';

const number = () => crypto.randomUUID();

test('a new person gets an account, and the same one the next time', async () => {
  const [id, email] = [number(), `${number()}@Example.com`];
  const first = await signInWithGithub(id, { email, login: 'ada' });
  expect(await signInWithGithub(id, { email: 'changed@example.com' })).toEqual(first);
  if (first.kind !== 'in') throw new Error('refused');
  const user = await db().user.findUniqueOrThrow({ where: { id: first.userId } });
  expect(user).toMatchObject({
    email: email.toLowerCase(),
    name: 'ada',
    passwordHash: null,
    role: 'LEARNER',
  });
});

test('a new person keeps the guest row of this browser', async () => {
  const guest = await requireViewer();
  expect(await signInWithGithub(number(), { login: 'ada' })).toEqual({
    kind: 'in',
    userId: guest.id,
  });
});

test('nobody takes over an account by having its address at GitHub', async () => {
  const victim = await addUser();
  expect(await signInWithGithub(number(), { email: victim.email! })).toEqual({ kind: 'refused' });
  expect(await db().account.count({ where: { userId: victim.id } })).toBe(0);
});

test('an account that is shut stays shut', async () => {
  const id = number();
  const first = await signInWithGithub(id, {});
  if (first.kind !== 'in') throw new Error('refused');
  await db().user.update({ where: { id: first.userId }, data: { disabledAt: new Date() } });
  expect(await signInWithGithub(id, {})).toEqual({ kind: 'refused' });
});
