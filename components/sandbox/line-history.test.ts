import { expect, test } from 'vitest';
import { historyOf, moveInHistory, searchBack } from './line-history.ts';

test('up walks back, down returns to the draft', () => {
  const start = historyOf(['kubectl get pods', 'kubectl get svc']);
  const once = moveInHistory(start, -1, 'half a li');
  const twice = moveInHistory(once.history, -1, once.shown);
  const stop = moveInHistory(twice.history, -1, twice.shown);
  expect([once.shown, twice.shown, stop.shown]).toEqual([
    'kubectl get svc',
    'kubectl get pods',
    'kubectl get pods',
  ]);
  const back = moveInHistory(stop.history, 1, stop.shown);
  expect(moveInHistory(back.history, 1, back.shown).shown).toBe('half a li');
});

test('empty lines and repeated lines are not kept', () => {
  expect(historyOf(['ls', 'ls', '', '  ', 'ip a']).lines).toEqual(['ls', 'ip a']);
});

test.each([
  ['newest match', 'get', undefined, 2],
  ['an older match', 'get', 2, 0],
  ['no match', 'dig', undefined, -1],
  ['an empty query', '', undefined, -1],
] as const)('search backwards: %s', (_name, query, before, expected) => {
  const lines = ['kubectl get pods', 'ip route', 'kubectl get svc'];
  expect(searchBack(lines, query, before)).toBe(expected);
});
