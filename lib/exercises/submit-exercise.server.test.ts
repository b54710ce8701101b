import { afterAll, expect, test } from 'vitest';
import { addViewer } from '#lib/auth/testing/people.ts';
import { db } from '#lib/db/client.server.ts';
import { loadContent } from '#lib/content/load-content.server.ts';
import { findUnequalCards } from '#lib/review/rebuild-review-cards.server.ts';
import { ENGINE_VERSION, type Action } from '#lib/simulator/index.ts';
import { createReplayPool, replayPool, type ReplayPool } from './replay-pool.server.ts';
import { showSolution } from './show-solution.server.ts';
import { loadStanding } from './standing.server.ts';
import type { Submission } from './submission.ts';
import { submitExercise } from './submit-exercise.server.ts';

const SLUG = 'selector-matches-nothing';
const exercise = (await loadContent()).exercises.get(SLUG)!;

const REPAIR: Action = {
  type: 'apply',
  yaml: `apiVersion: v1
kind: Service
metadata: { name: catalog, namespace: shop }
spec:
  clusterIP: 10.96.40.17
  selector: { app: catalogue }
  ports: [{ name: http, port: 80, targetPort: http }]
`,
};

const submission = (change: Partial<Submission> = {}): Submission => ({
  key: crypto.randomUUID(),
  revision: exercise.revision,
  engine: ENGINE_VERSION,
  seed: 'hopwise',
  actions: [REPAIR],
  hintsOpened: 0,
  ...change,
});
const countAttempts = (userId: string) => db().attempt.count({ where: { userId } });

afterAll(() => replayPool().stop());

test('a way that repairs the cluster passes, is kept with its verdict, and its skills are scheduled', async () => {
  const viewer = await addViewer();
  const result = await submitExercise(viewer, SLUG, submission());
  expect(result).toMatchObject({ type: 'answer', answer: { type: 'graded', passed: true } });
  const attempts = await db().attempt.findMany({ where: { userId: viewer.id } });
  expect(attempts).toMatchObject([
    { kind: 'EXERCISE', contentId: SLUG, isCorrect: true, score: 1, seed: 'hopwise' },
  ]);
  expect(await findUnequalCards(viewer.id)).toEqual([]);
  expect(await db().reviewCard.count({ where: { userId: viewer.id } })).toBeGreaterThan(0);
  expect(await loadStanding(viewer, exercise)).toEqual({ hasPassed: true, maySeeSolution: true });
});

test('a cluster that was left broken fails, and every criterion says what was seen', async () => {
  const viewer = await addViewer();
  const result = await submitExercise(viewer, SLUG, submission({ actions: [] }));
  expect(result).toMatchObject({ type: 'answer', answer: { type: 'graded', passed: false } });
  const answer = result.type === 'answer' && result.answer.type === 'graded' ? result.answer : null;
  expect(answer?.findings[0]).toMatchObject({ passed: false, expected: 'HTTP 200' });
  expect(answer?.findings[0]?.observed).toMatch(/^refused in \d+ ms$/);
  expect(answer?.findings[1]?.observed).toBe('0 ready endpoints');
  expect(answer?.findings).toHaveLength(exercise.source.checks.length);
});

test('a wider selector answers too, and fails for the endpoints that nobody asked for', async () => {
  const wide: Action = {
    type: 'apply',
    yaml: REPAIR.yaml.replace('app: catalogue', 'tier: backend'),
  };
  const result = await submitExercise(await addViewer(), SLUG, submission({ actions: [wide] }));
  expect(result).toMatchObject({ answer: { passed: false } });
});

test('one key sent twenty times in parallel counts once, with one and the same answer', async () => {
  const viewer = await addViewer();
  const body = submission();
  const results = await Promise.all(
    Array.from({ length: 20 }, () => submitExercise(viewer, SLUG, { ...body })),
  );
  const told = results.map((result) => (result.type === 'answer' ? result.answer.type : result));
  expect(new Set(told)).toEqual(new Set(['graded']));
  expect(await countAttempts(viewer.id)).toBe(1);
  const later = await submitExercise(viewer, SLUG, body);
  expect(later).toEqual(results[0]);
  expect(await countAttempts(viewer.id)).toBe(1);
});

test('two servers that replay the same key at once keep one attempt', async () => {
  const viewer = await addViewer();
  const body = submission();
  // The map of what is under way belongs to one process; a pool that answers late lets both go to the database.
  const slow: ReplayPool = {
    ...replayPool(),
    run: async (job) => {
      const outcome = await replayPool().run(job);
      await new Promise((resolve) => setTimeout(resolve, 50));
      return outcome;
    },
  };
  const { vi } = await import('vitest');
  vi.resetModules();
  const other = await import('./submit-exercise.server.ts');
  const [a, b] = await Promise.all([
    submitExercise(viewer, SLUG, body, slow),
    other.submitExercise(viewer, SLUG, body, slow),
  ]);
  expect(a).toMatchObject({ answer: { passed: true } });
  expect(b).toMatchObject({ answer: { passed: true } });
  expect(await countAttempts(viewer.id)).toBe(1);
});

test('a key that was used for another way is refused with 422 and changes nothing', async () => {
  const viewer = await addViewer();
  const body = submission();
  await submitExercise(viewer, SLUG, body);
  const second = await submitExercise(viewer, SLUG, { ...body, actions: [] });
  expect(second).toMatchObject({ type: 'refused', status: 422 });
  expect(await countAttempts(viewer.id)).toBe(1);
});

test('too much time to replay is told, and is no attempt', async () => {
  const viewer = await addViewer();
  const hour: Action = { type: 'advance', duration: 3_600_000_000 };
  const actions = Array.from({ length: 2_000 }, () => hour);
  const result = await submitExercise(viewer, SLUG, submission({ actions }));
  expect(result).toMatchObject({ type: 'answer', answer: { type: 'over-budget' } });
  expect(await countAttempts(viewer.id)).toBe(0);
});

test('a replay that takes too long is ended, and the next one runs', async () => {
  const viewer = await addViewer();
  const pool = createReplayPool({
    jobTime: 1_500,
    startTime: 30_000,
    memory: 384,
    processes: 1,
    waiting: 5,
  });
  const hour: Action = { type: 'advance', duration: 3_600_000_000 };
  const long = submission({ actions: Array.from({ length: 7 }, () => hour) });
  expect(await submitExercise(viewer, SLUG, long, pool)).toMatchObject({
    answer: { type: 'over-budget' },
  });
  const patient = createReplayPool();
  expect(await submitExercise(viewer, SLUG, submission(), patient)).toMatchObject({
    answer: { passed: true },
  });
  pool.stop();
  patient.stop();
});

test('a replay process that cannot live is a fault of ours, and no attempt', async () => {
  const viewer = await addViewer();
  const broken: ReplayPool = {
    ...replayPool(),
    run: () => Promise.resolve({ type: 'fault', reason: 'a test broke it' }),
  };
  const result = await submitExercise(viewer, SLUG, submission(), broken);
  expect(result).toMatchObject({ type: 'refused', status: 500 });
  expect(result.type === 'refused' && result.problem).toMatch(/fault of ours/);
  expect(await countAttempts(viewer.id)).toBe(0);
});

test('a process without memory to run in ends as over budget or as our fault, never as a verdict', async () => {
  const pool = createReplayPool({
    jobTime: 10_000,
    startTime: 30_000,
    memory: 8,
    processes: 1,
    waiting: 5,
  });
  const viewer = await addViewer();
  const result = await submitExercise(viewer, SLUG, submission(), pool);
  expect(result.type === 'answer' ? result.answer.type : result.status).not.toBe('graded');
  expect(await countAttempts(viewer.id)).toBe(0);
});

test.each([
  ['of another revision', { revision: '0000000000000000' }, SLUG, 409],
  ['of another simulator', { engine: ENGINE_VERSION + 1 }, SLUG, 409],
  ['of an exercise that is not there', {}, 'nothing', 404],
])('a check %s is not kept', async (_name, change, slug, status) => {
  const viewer = await addViewer();
  const result = await submitExercise(viewer, slug, submission(change));
  expect(result).toMatchObject({ type: 'refused', status });
  expect(await countAttempts(viewer.id)).toBe(0);
});

test('the solution is told after a check, or to whoever gives up, and that is kept', async () => {
  const viewer = await addViewer();
  const asked = { key: crypto.randomUUID(), reason: 'asked' } as const;
  expect(await showSolution(viewer, SLUG, asked)).toMatchObject({ type: 'refused', status: 403 });
  await submitExercise(viewer, SLUG, submission({ actions: [] }));
  expect(await showSolution(viewer, SLUG, asked)).toMatchObject({
    type: 'solution',
    steps: exercise.solution.steps,
  });
  const other = await addViewer();
  const gaveUp = { key: crypto.randomUUID(), reason: 'gave-up' } as const;
  await Promise.all([showSolution(other, SLUG, gaveUp), showSolution(other, SLUG, gaveUp)]);
  expect(await countAttempts(other.id)).toBe(1);
});

test('a pass after the solution was shown is done, but no evidence of a skill', async () => {
  const viewer = await addViewer();
  await showSolution(viewer, SLUG, { key: crypto.randomUUID(), reason: 'gave-up' });
  expect(await loadStanding(viewer, exercise)).toEqual({ hasPassed: false, maySeeSolution: true });
  await submitExercise(viewer, SLUG, submission());
  expect(await loadStanding(viewer, exercise)).toMatchObject({ hasPassed: true });
  expect(await db().reviewCard.count({ where: { userId: viewer.id } })).toBe(0);
  expect(await findUnequalCards(viewer.id)).toEqual([]);
});
