import { expect, test } from 'vitest';
import { ENGINE_VERSION, type Action, type Check } from '#lib/simulator/index.ts';
import { replay } from './replay.ts';

const MINUTE: Action = { type: 'advance', duration: 60_000_000 };
const CHECKS: Check[] = [
  {
    type: 'object',
    title: 'The namespace is there',
    kind: 'Namespace',
    name: 'shop',
    path: '.metadata.name',
    equals: 'shop',
  },
];
const job = (actions: readonly Action[]) => ({
  transcript: {
    version: ENGINE_VERSION,
    scenario: { name: 'empty', manifests: [] },
    seed: 'a',
    actions,
  },
  checks: CHECKS,
});

test('what was done is graded, and what was not done is not', () => {
  const made: Action = {
    type: 'apply',
    yaml: 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n',
  };
  expect(replay(job([]))).toMatchObject({ type: 'graded', grade: { passed: false } });
  expect(replay(job([made]))).toMatchObject({ type: 'graded', grade: { passed: true } });
});

test('past the budget nothing is graded, and below it the same way is', () => {
  expect(replay(job([MINUTE, MINUTE]), 100)).toEqual({ type: 'over-budget' });
  expect(replay(job([MINUTE, MINUTE]), 100_000)).toMatchObject({ type: 'graded' });
});

test('a work that used almost its whole budget is graded by checks with a budget of their own', () => {
  const spent = (budget: number) => replay(job([MINUTE]), budget).type;
  let budget = 100;
  while (spent(budget) === 'over-budget') budget += 100;
  expect(replay(job([MINUTE]), budget)).toEqual(replay(job([MINUTE])));
});
