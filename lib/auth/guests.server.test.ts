import { expect, test } from 'vitest';
import { db } from '#lib/db/client.server.ts';
import { mergeGuest } from './merge-guest.server.ts';
import { register } from './register.server.ts';
import { guestCookieName } from './session-cookie.server.ts';
import { startLogin } from './sign-in.server.ts';
import { addAttempt, addUser } from './testing/people.ts';
import { openBrowser, request } from './testing/request.ts';
import { getViewer, requireViewer } from './viewer.server.ts';

test('a stranger has no row until the first write, and one row afterwards', async () => {
  expect(await getViewer()).toEqual({ kind: 'none' });
  const first = await requireViewer();
  const again = await requireViewer();
  expect(first.kind).toBe('guest');
  expect(again.id).toBe(first.id);
});

test('a forged guest cookie opens nothing', async () => {
  const victim = await requireViewer();
  openBrowser();
  request.cookies.set(guestCookieName(), `${victim.id}.AAAA`);
  expect(await getViewer()).toEqual({ kind: 'none' });
  request.cookies.set(guestCookieName(), victim.id);
  expect(await getViewer()).toEqual({ kind: 'none' });
});

test('signing up keeps the row of the guest and everything on it', async () => {
  const guest = await requireViewer();
  const attempt = await addAttempt(guest.id);
  const answer = await register(
    guest,
    { email: `${guest.id}@Example.com`, password: 'a long walk home', name: 'Ada' },
    'a',
  );
  expect(answer).toMatchObject({ kind: 'registered', user: { id: guest.id } });
  if (answer.kind !== 'registered') return;
  await startLogin(answer.user);
  expect(await getViewer()).toMatchObject({
    kind: 'user',
    id: guest.id,
    email: `${guest.id}@example.com`,
  });
  expect(request.cookies.has(guestCookieName())).toBe(false);
  expect(await db().attempt.findMany({ where: { userId: guest.id } })).toMatchObject([
    { id: attempt.id },
  ]);
});

test('signing in on a device with guest work unites both, and the same key counts once', async () => {
  const user = await addUser();
  const shared = crypto.randomUUID();
  await addAttempt(user.id);
  await addAttempt(user.id, { key: shared });
  const guest = await requireViewer();
  await addAttempt(guest.id);
  await addAttempt(guest.id, { key: shared });
  expect(await startLogin(user)).toEqual({ mergedGuestId: guest.id });
  expect(await db().attempt.count({ where: { userId: user.id } })).toBe(3);
  expect(await db().attempt.count({ where: { userId: guest.id } })).toBe(0);
  expect(await db().user.findUnique({ where: { id: guest.id } })).toMatchObject({
    mergedIntoId: user.id,
  });
});

test('a merged guest is nobody any more, and is not merged twice', async () => {
  const [one, two] = [await addUser(), await addUser()];
  const guest = await requireViewer();
  expect(await mergeGuest(guest.id, one.id)).toBe(true);
  expect(await getViewer()).toEqual({ kind: 'none' });
  expect(await mergeGuest(guest.id, two.id)).toBe(false);
});

test('an account is never merged as if it were a guest', async () => {
  const [one, two] = [await addUser(), await addUser()];
  await addAttempt(one.id);
  expect(await mergeGuest(one.id, two.id)).toBe(false);
  expect(await db().attempt.count({ where: { userId: one.id } })).toBe(1);
});

test('of two review cards of one skill the one due earlier stays', async () => {
  const user = await addUser();
  const guest = await requireViewer();
  const card = (userId: string, skillId: string, day: number) =>
    db().reviewCard.create({
      data: { userId, skillId, state: { day }, dueAt: new Date(Date.UTC(2030, 0, day)) },
    });
  await card(user.id, 'both-mine-later', 9);
  await card(guest.id, 'both-mine-later', 2);
  await card(user.id, 'both-mine-earlier', 1);
  await card(guest.id, 'both-mine-earlier', 5);
  await card(guest.id, 'guest-only', 7);
  await mergeGuest(guest.id, user.id);
  const cards = await db().reviewCard.findMany({
    where: { userId: user.id },
    orderBy: { skillId: 'asc' },
  });
  expect(cards.map((c) => [c.skillId, c.state])).toEqual([
    ['both-mine-earlier', { day: 1 }],
    ['both-mine-later', { day: 2 }],
    ['guest-only', { day: 7 }],
  ]);
});

test('a lesson finished on either side is finished, and of two drafts none is lost', async () => {
  const user = await addUser();
  const guest = await requireViewer();
  const finishedAt = new Date('2030-01-02T00:00:00Z');
  await db().lessonProgress.create({
    data: { userId: user.id, lessonId: 'services', place: { section: 2 } },
  });
  await db().lessonProgress.create({
    data: { userId: guest.id, lessonId: 'services', place: { section: 9 }, finishedAt },
  });
  await db().sandboxDraft.create({
    data: { userId: user.id, contentId: 'x', transcript: ['older'] },
  });
  await db().sandboxDraft.create({
    data: {
      userId: guest.id,
      contentId: 'x',
      transcript: ['newer'],
      updatedAt: new Date('2099-01-01'),
    },
  });
  await mergeGuest(guest.id, user.id);
  expect(await db().lessonProgress.findMany({ where: { userId: user.id } })).toMatchObject([
    { finishedAt, place: { section: 9 } },
  ]);
  const drafts = await db().sandboxDraft.findMany({
    where: { userId: user.id },
    orderBy: { contentId: 'asc' },
  });
  expect(drafts.map((d) => [d.contentId, d.transcript])).toEqual([
    ['x', ['newer']],
    [`x~${guest.id}`, ['older']],
  ]);
});
