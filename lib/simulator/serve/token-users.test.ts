import { expect, test } from 'vitest';
import { parseTokenFile, userOf } from './token-users.ts';

test('a token file names users and their groups', () => {
  const parsed = parseTokenFile('# who\nt1,ada,1,"dev,ops"\n\nt2,bob,2\n');
  const users = parsed.ok ? parsed.users : new Map();
  expect(userOf('Bearer t1', users)).toEqual({
    name: 'ada',
    groups: ['dev', 'ops', 'system:authenticated'],
  });
  expect(userOf('bearer t2', users)).toEqual({ name: 'bob', groups: ['system:authenticated'] });
});

test('without a token one is anonymous, with a wrong one nobody', () => {
  expect(userOf(undefined, new Map())?.name).toBe('system:anonymous');
  expect(userOf('Bearer wrong', new Map())).toBeUndefined();
  expect(userOf('Basic YTpi', new Map())).toBeUndefined();
});

test('a line without a user is refused with its number', () => {
  expect(parseTokenFile('t1,ada,1\nt2\n')).toEqual({
    ok: false,
    problem: 'line 2: a token and a user are needed',
  });
});
