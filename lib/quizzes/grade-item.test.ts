import { expect, test } from 'vitest';
import type { PlacedItem } from '#lib/content/content.ts';
import type { Item } from '#lib/content/schema/item.ts';
import { findChoiceProblem, gradeItem } from './grade-item.ts';
import { publishItem } from './publish-item.ts';

const CANARY = 'canary-5d41402abc';
const common = {
  id: 'an-item',
  stem: 'Which?',
  skills: ['services.recall'],
  level: 'junior' as const,
};
const option = (id: string, right?: true) => ({
  id,
  text: `Option ${id}`,
  why: `${CANARY} why ${id}`,
  belief: `${CANARY} belief ${id}`,
  ...(right ? { right } : {}),
});
const single: Item = {
  type: 'single',
  ...common,
  options: [option('a', true), option('b'), option('c')],
};
const multiple: Item = {
  type: 'multiple',
  ...common,
  options: [option('a', true), option('b'), option('c', true), option('d')],
};
const order: Item = {
  type: 'order',
  ...common,
  options: [option('a'), option('b'), option('c'), option('d')],
};
const place = (item: Item, purpose: PlacedItem['purpose'] = 'quiz'): PlacedItem => ({
  item,
  place: 'quiz',
  contentId: 'services',
  purpose,
  revision: '0123456789abcdef',
});
const grade = (item: Item, chosen: string[]) =>
  gradeItem(place(item), { chosen, confidence: 'FAIRLY' });

test.each([
  ['single, right', single, ['a'], true, 1],
  ['single, wrong', single, ['b'], false, 0],
  ['multiple, all and only the right ones', multiple, ['c', 'a'], true, 1],
  ['multiple, one missed', multiple, ['a'], false, 0.75],
  ['multiple, one too many', multiple, ['a', 'b', 'c'], false, 0.75],
  ['multiple, everything', multiple, ['a', 'b', 'c', 'd'], false, 0.5],
  ['order, right', order, ['a', 'b', 'c', 'd'], true, 1],
  ['order, neighbours swapped', order, ['b', 'a', 'c', 'd'], false, 5 / 6],
  ['order, reversed', order, ['d', 'c', 'b', 'a'], false, 0],
] as const)('%s', (_name, item, chosen, isCorrect, score) => {
  expect(grade(item, [...chosen])).toMatchObject({ isCorrect, score });
});

test.each([
  ['an option that is not there', single, ['x']],
  ['two options of a single choice', single, ['a', 'b']],
  ['no option', multiple, []],
  ['an option twice', multiple, ['a', 'a']],
  ['some of the steps', order, ['a', 'b']],
] as const)('%s cannot be graded', (_name, item, chosen) => {
  expect(findChoiceProblem(place(item), [...chosen])).toBeTypeOf('string');
});

test('every option gets its reason once the answer is graded', () => {
  const { options } = grade(multiple, ['a', 'b']);
  expect(options.map(({ isRight, isChosen }) => [isRight, isChosen])).toEqual([
    [true, true],
    [false, true],
    [true, false],
    [false, false],
  ]);
  expect(options.every(({ why }) => why.startsWith(CANARY))).toBe(true);
});

test.each([single, multiple, order])(
  'the public side of a $type item holds nothing of its key',
  (item) => {
    const text = JSON.stringify(publishItem(place(item)));
    expect(text).not.toContain(CANARY);
    expect(text).not.toContain('"right"');
  },
);

test('a published order is never the right one, whatever the seed', () => {
  for (let seed = 0; seed < 200; seed += 1)
    expect(
      publishItem(place(order), `seed-${seed}`)
        .options.map(({ id }) => id)
        .join(''),
    ).not.toBe('abcd');
});

test('the right option stands in every place about equally often', () => {
  const places = [0, 0, 0];
  for (let seed = 0; seed < 300; seed += 1) {
    const at = publishItem(place(single), `seed-${seed}`).options.findIndex(({ id }) => id === 'a');
    places[at] = (places[at] ?? 0) + 1;
  }
  expect(Math.min(...places)).toBeGreaterThan(60);
});

test('a prediction before teaching is not counted', () => {
  expect(
    gradeItem(place(single, 'predict'), { chosen: ['a'], confidence: 'GUESS' }).isCounted,
  ).toBe(false);
});
