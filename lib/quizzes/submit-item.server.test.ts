import { expect, test } from 'vitest';
import { addViewer } from '#lib/auth/testing/people.ts';
import { db } from '#lib/db/client.server.ts';
import { loadContent } from '#lib/content/load-content.server.ts';
import { findUnequalCards, rebuildReviewCards } from '#lib/review/rebuild-review-cards.server.ts';
import { loadVerdicts } from './load-verdicts.server.ts';
import type { Submission } from './public-item.ts';
import { submitItem } from './submit-item.server.ts';

const { items } = await loadContent();
const quizIds = [...items.values()]
  .filter(({ place }) => place === 'quiz')
  .map(({ item }) => item.id);

function answer(itemId: string, change: Partial<Submission> = {}): Submission {
  const placed = items.get(itemId);
  if (placed === undefined) throw new Error(`there is no item ${itemId}`);
  const ids = placed.item.options.map(({ id }) => id);
  const chosen = placed.item.type === 'order' ? ids : ids.slice(0, 1);
  return {
    key: crypto.randomUUID(),
    itemId,
    revision: placed.revision,
    chosen,
    confidence: 'CERTAIN',
    setting: 'quiz',
    ...change,
  };
}
const countAttempts = (userId: string) => db().attempt.count({ where: { userId } });

test('an answer is graded, kept with its verdict, and its skills are scheduled', async () => {
  const viewer = await addViewer();
  const result = await submitItem(
    viewer,
    answer('services-where-is-the-ip', { chosen: ['every-node'] }),
  );
  expect(result).toMatchObject({
    type: 'answered',
    isRepeated: false,
    verdict: { isCorrect: false },
  });
  const cards = await db().reviewCard.findMany({ where: { userId: viewer.id } });
  expect(cards).toMatchObject([{ skillId: 'services.recall', priority: 2, reps: 1, lapses: 1 }]);
  expect(await findUnequalCards(viewer.id)).toEqual([]);
  const placed = items.get('services-where-is-the-ip');
  const verdicts = await loadVerdicts(viewer, placed ? [placed] : []);
  expect(verdicts.get('services-where-is-the-ip')?.options).toHaveLength(4);
});

test('the same key and request is counted once, twenty times in parallel, with one and the same verdict', async () => {
  const viewer = await addViewer();
  const submission = answer('services-keep-alive', { chosen: ['half'] });
  const results = await Promise.all(
    Array.from({ length: 20 }, () => submitItem(viewer, submission)),
  );
  const verdicts = results.map((result) =>
    result.type === 'answered' ? JSON.stringify(sortKeys(result.verdict)) : result.problem,
  );
  expect(new Set(verdicts).size).toBe(1);
  expect(results.filter((result) => result.type === 'answered' && !result.isRepeated)).toHaveLength(
    1,
  );
  expect(await countAttempts(viewer.id)).toBe(1);
});

/** jsonb keeps keys in an order of its own. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, field]) => [key, sortKeys(field)]),
  );
}

test('the same key with another answer is refused and changes nothing', async () => {
  const viewer = await addViewer();
  const submission = answer('services-keep-alive', { chosen: ['half'] });
  await submitItem(viewer, submission);
  const second = await submitItem(viewer, { ...submission, chosen: ['one-pod'] });
  expect(second).toMatchObject({ type: 'problem', status: 422 });
  expect(await countAttempts(viewer.id)).toBe(1);
});

test('two people may use the same key', async () => {
  const submission = answer('services-keep-alive');
  for (const viewer of [await addViewer(), await addViewer()])
    expect(await submitItem(viewer, submission)).toMatchObject({
      type: 'answered',
      isRepeated: false,
    });
});

test('forty answers at once: each kept, and the stored cards equal the fold', async () => {
  const viewer = await addViewer();
  const submissions = Array.from({ length: 40 }, (_, at) =>
    answer(quizIds[at % quizIds.length] ?? ''),
  );
  const settled = await Promise.allSettled(
    submissions.map((submission) => submitItem(viewer, submission)),
  );
  // What was refused under contention is sent again with its key, as the page does.
  for (const [at, result] of settled.entries())
    if (result.status === 'rejected') await submitItem(viewer, submissions[at] ?? answer(''));
  expect(await countAttempts(viewer.id)).toBe(40);
  expect(await findUnequalCards(viewer.id)).toEqual([]);
});

test('a prediction before teaching is kept and schedules nothing', async () => {
  const viewer = await addViewer();
  const result = await submitItem(
    viewer,
    answer('services-front-door', { setting: 'lesson', seed: 'hopwise' }),
  );
  expect(result).toMatchObject({
    type: 'answered',
    verdict: { isCounted: false, isCorrect: false },
  });
  expect(await db().reviewCard.count({ where: { userId: viewer.id } })).toBe(0);
  const progress = await db().lessonProgress.findMany({ where: { userId: viewer.id } });
  expect(progress).toMatchObject([
    { lessonId: 'services', finishedAt: null, place: { question: 'services-front-door' } },
  ]);
});

test('the simulator is the key of a prediction, with a seed of its own', async () => {
  const viewer = await addViewer();
  const result = await submitItem(
    viewer,
    answer('services-source-address', {
      chosen: ['client-pod'],
      seed: 'another-1',
      setting: 'practice',
    }),
  );
  expect(result).toMatchObject({ verdict: { isCorrect: true } });
  expect(result.type === 'answered' ? result.verdict.observed : '').toMatch(/^pod\/shop\/web-/);
  const [attempt] = await db().attempt.findMany({ where: { userId: viewer.id } });
  expect(attempt).toMatchObject({ seed: 'another-1', answer: { setting: 'practice' } });
});

test.each([
  ['of an unknown question', { itemId: 'nothing' }, 404],
  ['of another revision', { revision: '0000000000000000' }, 409],
  ['with an unknown option', { chosen: ['nothing'] }, 422],
])('an answer %s is not kept', async (_name, change, status) => {
  const viewer = await addViewer();
  expect(await submitItem(viewer, { ...answer('services-keep-alive'), ...change })).toMatchObject({
    type: 'problem',
    status,
  });
  expect(await countAttempts(viewer.id)).toBe(0);
});

test('cards that were damaged are found and written anew from the attempts', async () => {
  const viewer = await addViewer();
  await submitItem(viewer, answer('services-keep-alive'));
  await db().reviewCard.updateMany({ where: { userId: viewer.id }, data: { reps: 7 } });
  expect(await findUnequalCards(viewer.id)).toEqual(['services.explain']);
  await rebuildReviewCards(viewer.id);
  expect(await findUnequalCards(viewer.id)).toEqual([]);
});
