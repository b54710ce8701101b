import { expect, test } from 'vitest';
import { formatLabelSelector, matchesLabelSelector } from './label-selector.ts';
import { matchRequirements, parseLabelSelector } from './parse-label-selector.ts';

const LABELS = { app: 'web', tier: 'front', rank: '3' };

test.each([
  ['', true],
  ['app=web', true],
  ['app==web,tier=front', true],
  ['app!=web', false],
  ['app in (api, web)', true],
  ['app notin (api,web)', false],
  ['app', true],
  ['!app', false],
  ['!gone,tier', true],
  ['rank>2', true],
  ['rank<3', false],
  ['app in (web),in=', false],
])('%j selects: %s', (text, expected) => {
  const parsed = parseLabelSelector(text);
  expect(parsed.ok && matchRequirements(parsed.requirements, LABELS)).toBe(expected);
});

test.each([
  ['a in', "unable to parse requirement: found '' expected: '('"],
  ['a,', "found '', expected: identifier after ','"],
  ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
  ['=a', "found '=', expected: !, identifier, or 'end of string'"],
])('%j is refused as apimachinery refuses it', (text, message) => {
  expect(parseLabelSelector(text)).toEqual({ ok: false, message });
});

test('a selector object needs all of both parts', () => {
  const selector = {
    matchLabels: { app: 'web' },
    matchExpressions: [
      { key: 'tier', operator: 'In' as const, values: ['front', 'back'] },
      { key: 'gone', operator: 'DoesNotExist' as const },
    ],
  };
  expect(matchesLabelSelector(selector, LABELS)).toBe(true);
  expect(matchesLabelSelector(selector, { ...LABELS, gone: '' })).toBe(false);
  expect(matchesLabelSelector({}, {})).toBe(true);
  expect(matchesLabelSelector(undefined, LABELS)).toBe(false);
  expect(formatLabelSelector(selector)).toBe('app=web,!gone,tier in (back,front)');
});
