import { expect, test } from 'vitest';
import { db } from '#lib/db/client.server.ts';
import { consume, giveBack, LIMITS } from './rate-limit.server.ts';

test('fifty uses at once count as fifty', async () => {
  const who = crypto.randomUUID();
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => consume('register-address', who)),
  );
  expect(answers.filter((answer) => answer.isAllowed)).toHaveLength(
    LIMITS['register-address'].points,
  );
});

test('a window that ran out begins anew, and says before how long to wait', async () => {
  const who = crypto.randomUUID();
  for (let i = 0; i < 5; i++) await consume('register-address', who);
  const refused = await consume('register-address', who);
  expect(refused).toMatchObject({ isAllowed: false });
  if (!refused.isAllowed) expect(refused.retryAfterSeconds).toBeGreaterThan(3_500);
  await db().rateLimit.updateMany({ data: { expiresAt: new Date(Date.now() - 1_000) } });
  expect(await consume('register-address', who)).toEqual({ isAllowed: true });
});

test('a use that is given back does not count', async () => {
  const who = crypto.randomUUID();
  for (let i = 0; i < 20; i++) {
    expect(await consume('register-address', who)).toEqual({ isAllowed: true });
    await giveBack('register-address', who);
  }
});

test('the table names nobody', async () => {
  await consume('sign-in-account', 'somebody@example.com');
  const rows = await db().rateLimit.findMany();
  expect(rows.some((row) => row.key.includes('somebody'))).toBe(false);
});
