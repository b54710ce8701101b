import { expect, test } from 'vitest';
import { passwordProblem } from './password-problem.server.ts';

test.each([
  ['seven77', /at least 8/],
  ['x'.repeat(129), /at most 128/],
  ['12345678', /most used/],
  ['Qwertyuiop', /most used/],
  ['aaaaaaaaaaaa', /most used/],
  ['Hopwise2026!', /names the product/],
  ['kubernetes1', /names the product/],
  ['ada.lovelace', /e-mail address/],
])('%s is refused', (password, why) => {
  expect(passwordProblem(password, 'ada.lovelace@example.com')).toMatch(why);
});

test.each([
  ['a long walk home'],
  ['ключ от моей двери'],
  ['x7'.repeat(64)],
  ['        space first 9'],
])('%s is fine', (password) => {
  expect(passwordProblem(password, 'ada@example.com')).toBeUndefined();
});
