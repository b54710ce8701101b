import { expect, test } from 'vitest';
import type { Evidence } from '#lib/review/evidence.ts';
import type { SkillCard } from '#lib/review/schedule.ts';
import { foldMastery } from './fold-mastery.ts';

const DAY = 24 * 60 * 60 * 1000;
const NOW = new Date('2026-11-22T12:00:00Z');

function answer(daysAgo: number, more: Partial<Evidence> = {}): Evidence {
  return {
    id: `a${daysAgo}${JSON.stringify(more)}`,
    kind: 'QUIZ_ITEM',
    contentId: 'services',
    itemId: 'x',
    isCorrect: true,
    confidence: 'FAIRLY',
    seed: null,
    setting: 'quiz',
    skillIds: ['services.recall'],
    createdAt: new Date(NOW.getTime() - daysAgo * DAY),
    ...more,
  };
}

const card = (dueInDays: number): SkillCard => ({
  skillId: 'services.recall',
  state: {
    stability: 1,
    difficulty: 1,
    elapsed_days: 0,
    scheduled_days: 1,
    learning_steps: 0,
    state: 2,
  },
  dueAt: new Date(NOW.getTime() + dueInDays * DAY),
  priority: 0,
  lastReviewedAt: null,
  reps: 1,
  lapses: 0,
});

const five = [answer(9), answer(8), answer(7), answer(6), answer(5)];
const withVariant = [...five.slice(0, 4), answer(5, { seed: 'p1' })];
const mixed = [
  ...withVariant,
  answer(4, { setting: 'practice' }),
  answer(1, { setting: 'practice' }),
];

test.each<[string, Evidence[], SkillCard[], string]>([
  ['nothing answered', [], [], 'new'],
  ['only a prediction', [answer(1, { kind: 'PREDICTION' })], [], 'new'],
  ['four right answers', five.slice(1), [], 'practising'],
  ['five right answers, no generated variant', five, [], 'practising'],
  ['five right answers, one generated variant', withVariant, [card(1)], 'proficient'],
  [
    'a newest wrong answer falls back',
    [...withVariant, answer(1, { isCorrect: false })],
    [card(1)],
    'practising',
  ],
  ['right in mixed sets three days apart', mixed, [card(1)], 'mastered'],
  ['overdue by more than a day', mixed, [card(-2)], 'refresh'],
])('%s', (_name, evidence, cards, mastery) => {
  expect(
    foldMastery(['services.recall'], new Set(['services.recall']), evidence, cards, NOW)[0]
      ?.mastery,
  ).toBe(mastery);
});

test('where no question is generated, five right answers are enough; repeats of one day are one', () => {
  const of = (evidence: Evidence[]) =>
    foldMastery(['services.recall'], new Set(), evidence, [card(1)], NOW)[0]?.mastery;
  expect(of(five)).toBe('proficient');
  expect(of([0.1, 0.2, 0.3, 0.4, 0.45].map((days) => answer(days)))).toBe('practising');
});

test('an exercise is no generated question', () => {
  const evidence = [...five, answer(4, { kind: 'EXERCISE', itemId: null, seed: 's' })];
  const generated = new Set(['services.recall']);
  expect(foldMastery(['services.recall'], generated, evidence, [card(1)], NOW)[0]?.mastery).toBe(
    'practising',
  );
});

test('a wrong answer never raises, and other skills are untouched', () => {
  const [recall, debug] = foldMastery(
    ['services.recall', 'services.debug'],
    new Set(),
    [answer(1, { isCorrect: false })],
    [],
    NOW,
  );
  expect(recall).toMatchObject({ mastery: 'practising', answers: 1, right: 0 });
  expect(debug).toMatchObject({ mastery: 'new', answers: 0 });
});
