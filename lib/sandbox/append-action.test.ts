import { expect, test } from 'vitest';
import type { Action, Transcript } from '#lib/simulator/index.ts';
import { appendAction, hasActs, withoutLastAct } from './append-action.ts';

const EMPTY: Transcript = {
  version: 1,
  scenario: { name: 'x', manifests: [] },
  seed: 's',
  actions: [],
};
const advance = (duration: number): Action => ({ type: 'advance', duration });
const command = (line: string): Action => ({ type: 'command', line });
const fold = (...actions: Action[]) =>
  actions.reduce((transcript, action) => appendAction(transcript, action, 'idle'), EMPTY);

test('time that passes while nothing runs is one action', () => {
  expect(fold(command('a'), advance(1), advance(2), command('b'), advance(3)).actions).toEqual([
    command('a'),
    advance(3),
    command('b'),
    advance(3),
  ]);
});

test('ticks of something that runs stay apart', () => {
  const started = appendAction(fold(command('ping x')), advance(1), 'while-running');
  expect(appendAction(started, advance(1), 'while-running').actions).toHaveLength(3);
});

test('taking back removes the last act and the time after it', () => {
  expect(withoutLastAct(fold(command('a'), advance(1), command('b'), advance(5))).actions).toEqual([
    command('a'),
    advance(1),
  ]);
});

test('only time is nothing to take back', () => {
  expect(hasActs(fold(advance(9)))).toBe(false);
  expect(withoutLastAct(fold(advance(9))).actions).toEqual([]);
});
