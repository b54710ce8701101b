import type * as argon2 from '@node-rs/argon2';
import { verify } from '@node-rs/argon2';
import { expect, test, vi } from 'vitest';
import { db } from '#lib/db/client.server.ts';
import { register } from './register.server.ts';
import { checkCredentials } from './sign-in.server.ts';
import { addUser, PASSWORD } from './testing/people.ts';

vi.mock('@node-rs/argon2', async (original) => {
  const real = await original<typeof argon2>();
  return { ...real, verify: vi.fn(real.verify) };
});

const address = () => crypto.randomUUID();

test('the right password lets in, whatever the case of the address', async () => {
  const user = await addUser();
  const answer = await checkCredentials(user.email!.toUpperCase(), PASSWORD, address());
  expect(answer).toMatchObject({ kind: 'right', user: { id: user.id } });
});

test.each([
  ['a wrong password', async () => (await addUser()).email!, 'not the password'],
  ['an unknown address', () => Promise.resolve('nobody@example.com'), PASSWORD],
  ['a password cut short', async () => (await addUser()).email!, PASSWORD.slice(0, -1)],
  ['a password with a space behind', async () => (await addUser()).email!, `${PASSWORD} `],
  [
    'an account that is shut',
    async () => {
      const user = await addUser();
      await db().user.update({ where: { id: user.id }, data: { disabledAt: new Date() } });
      return user.email!;
    },
    PASSWORD,
  ],
  [
    'an account without a password',
    async () => {
      const user = await addUser();
      await db().user.update({ where: { id: user.id }, data: { passwordHash: null } });
      return user.email!;
    },
    PASSWORD,
  ],
])('%s gives the same answer', async (_name, email, password) => {
  expect(await checkCredentials(await email(), password, address())).toEqual({ kind: 'wrong' });
});

test('a password of 100 characters is compared to its end', async () => {
  const long = 'x1'.repeat(50);
  const email = `${crypto.randomUUID()}@example.com`;
  await register({ kind: 'none' }, { email, password: long, name: '' }, address());
  expect(await checkCredentials(email, `${long.slice(0, -1)}3`, address())).toEqual({
    kind: 'wrong',
  });
  expect(await checkCredentials(email, long, address())).toMatchObject({ kind: 'right' });
});

test('the sixth failure from one address within a quarter of an hour is refused, another address is not', async () => {
  const { email } = await addUser();
  const here = address();
  for (let i = 0; i < 5; i++)
    expect(await checkCredentials(email!, 'wrong', here)).toEqual({ kind: 'wrong' });
  expect(await checkCredentials(email!, PASSWORD, here)).toMatchObject({ kind: 'limited' });
  expect(await checkCredentials(email!, PASSWORD, address())).toMatchObject({ kind: 'right' });
});

test('people who sign in rightly are never refused for it', async () => {
  const { email } = await addUser();
  const here = address();
  for (let i = 0; i < 8; i++)
    expect(await checkCredentials(email!, PASSWORD, here)).toMatchObject({ kind: 'right' });
});

test('a hash with older parameters is made anew at sign-in', async () => {
  const user = await addUser();
  const { hash } = await import('@node-rs/argon2');
  const old = await hash(PASSWORD, { memoryCost: 8_192, timeCost: 2, parallelism: 1 });
  await db().user.update({ where: { id: user.id }, data: { passwordHash: old } });
  await checkCredentials(user.email!, PASSWORD, address());
  const { passwordHash } = await db().user.findUniqueOrThrow({ where: { id: user.id } });
  expect(passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
});

test.each([
  ['a wrong password', async () => (await addUser()).email!],
  ['an unknown address', () => Promise.resolve('nobody@example.com')],
])(
  '%s costs one check of a hash with the same parameters, so that time tells nothing',
  async (_, who) => {
    const email = await who();
    vi.mocked(verify).mockClear();
    await checkCredentials(email, 'wrong', address());
    expect(verify).toHaveBeenCalledTimes(1);
    expect(vi.mocked(verify).mock.calls[0]![0]).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  },
);
