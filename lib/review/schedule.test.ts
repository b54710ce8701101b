import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Evidence } from './evidence.ts';
import {
  answerSkill,
  dueToday,
  foldCards,
  introduceSkill,
  LONGEST_INTERVAL,
  scheduleAttempt,
  type SkillCard,
} from './schedule.ts';

const START = new Date('2026-11-02T09:00:00Z');
const after = (minutes: number) => new Date(START.getTime() + minutes * 60_000);
const DAY = 24 * 60;

function attempt(minutes: number, change: Partial<Evidence> = {}): Evidence {
  return {
    id: String(minutes).padStart(9, '0'),
    kind: 'QUIZ_ITEM',
    contentId: 'services',
    itemId: 'services-keep-alive',
    isCorrect: true,
    confidence: 'FAIRLY',
    seed: null,
    setting: 'quiz',
    skillIds: ['services.recall'],
    createdAt: after(minutes),
    ...change,
  };
}
const cardAfter = (...attempts: Evidence[]) => foldCards(attempts).get('services.recall');

test('a wrong answer is due again on the same day, a right one not before the next', () => {
  expect(cardAfter(attempt(0, { isCorrect: false }))?.dueAt).toEqual(after(10));
  expect(cardAfter(attempt(0))?.dueAt.getTime()).toBeGreaterThanOrEqual(after(DAY).getTime());
});

test.each([
  ['wrong and certain', false, 'CERTAIN', 2],
  ['wrong and fairly sure', false, 'FAIRLY', 1],
  ['a wrong guess', false, 'GUESS', 1],
  ['right', true, 'CERTAIN', 0],
] as const)('%s has priority %4$i', (_name, isCorrect, confidence, priority) => {
  expect(cardAfter(attempt(0, { isCorrect, confidence }))?.priority).toBe(priority);
});

test('wrong and certain comes first, then wrong, then what is due longest', () => {
  const cards = foldCards([
    attempt(0, { skillIds: ['a.recall'], confidence: 'FAIRLY' }),
    attempt(DAY * 30, { skillIds: ['b.recall'], isCorrect: false, confidence: 'GUESS' }),
    attempt(DAY * 30 + 1, { skillIds: ['c.recall'], isCorrect: false, confidence: 'CERTAIN' }),
  ]);
  const due = dueToday(cards.values(), after(DAY * 30 + 2));
  expect(due.map(({ skillId }) => skillId)).toEqual(['c.recall', 'b.recall', 'a.recall']);
});

test('a right answer to another question does not settle a wrong one before it comes back', () => {
  const card = cardAfter(attempt(0, { isCorrect: false, confidence: 'CERTAIN' }), attempt(2));
  expect(card).toMatchObject({ priority: 2, dueAt: after(10), reps: 2 });
  const settled = cardAfter(attempt(0, { isCorrect: false }), attempt(2), attempt(11));
  expect(settled?.priority).toBe(0);
  expect(settled?.dueAt.getTime()).toBeGreaterThanOrEqual(after(11 + DAY).getTime());
});

test('right answers on later days push the next one further away, a guess stays near', () => {
  const first = cardAfter(attempt(0));
  const second = cardAfter(attempt(0), attempt(3 * DAY));
  const wait = (card: SkillCard | undefined, since: Date) =>
    (card?.dueAt.getTime() ?? 0) - since.getTime();
  expect(wait(second, after(3 * DAY))).toBeGreaterThan(wait(first, START));
  const guess = cardAfter(attempt(0), attempt(30 * DAY, { confidence: 'GUESS' }));
  expect(wait(guess, after(30 * DAY))).toBeLessThanOrEqual(3 * DAY * 60_000);
});

test('a prediction before teaching and a failed check change nothing, a finished lesson brings its skills in', () => {
  expect(cardAfter(attempt(0, { kind: 'PREDICTION', isCorrect: false }))).toBeUndefined();
  expect(cardAfter(attempt(0, { kind: 'EXERCISE', isCorrect: false }))).toBeUndefined();
  expect(cardAfter(attempt(0, { kind: 'LESSON', isCorrect: null }))).toMatchObject({
    reps: 0,
    dueAt: after(DAY),
  });
});

test('a lesson finished after its quiz leaves the cards alone', () => {
  const quiz = attempt(0, { isCorrect: false });
  expect(cardAfter(quiz, attempt(1, { kind: 'LESSON', isCorrect: null }))).toEqual(cardAfter(quiz));
});

const histories = fc.array(
  fc.record({
    minutes: fc.integer({ min: 0, max: DAY * 400 }),
    isCorrect: fc.boolean(),
    confidence: fc.constantFrom('GUESS', 'FAIRLY', 'CERTAIN' as const),
    kind: fc.constantFrom('QUIZ_ITEM', 'LESSON', 'PREDICTION', 'EXERCISE' as const),
    skillIds: fc.subarray(['services.recall', 'services.predict'], { minLength: 1 }),
  }),
  { maxLength: 40 },
);

test('one attempt after the other gives the cards of the fold, whatever the order of the list', () => {
  fc.assert(
    fc.property(histories, (history) => {
      const attempts = history.map(({ minutes, ...rest }, at) =>
        attempt(minutes, {
          ...rest,
          id: `${String(minutes).padStart(9, '0')}-${at}`,
        }),
      );
      const sorted = [...attempts].sort((a, b) => (a.id < b.id ? -1 : 1));
      const cards = new Map<string, SkillCard>();
      for (const each of sorted)
        for (const card of scheduleAttempt(cards, each)) cards.set(card.skillId, card);
      expect(foldCards([...attempts].reverse())).toEqual(cards);
    }),
    { numRuns: 60 },
  );
});

test('whatever happens, a card is due within half a year and after its last answer', () => {
  fc.assert(
    fc.property(histories, (history) => {
      const cards = foldCards(
        history.map(({ minutes, ...rest }) => attempt(minutes, rest as Partial<Evidence>)),
      );
      for (const { dueAt, lastReviewedAt } of cards.values()) {
        if (lastReviewedAt === null) continue;
        const wait = dueAt.getTime() - lastReviewedAt.getTime();
        expect(wait).toBeGreaterThan(0);
        expect(wait).toBeLessThanOrEqual(LONGEST_INTERVAL);
      }
    }),
    { numRuns: 60 },
  );
});

test('a card survives being kept as JSON', () => {
  const card = answerSkill('services.recall', introduceSkill('services.recall', undefined, START), {
    isCorrect: true,
    confidence: 'CERTAIN',
    at: after(DAY),
  });
  expect(JSON.parse(JSON.stringify(card.state))).toEqual(card.state);
});
