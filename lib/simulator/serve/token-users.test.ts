import { expect, test } from 'vitest';
import { bearerToken, parseTokenFile } from './token-users.ts';

test('a token file names users and their groups', () => {
  const parsed = parseTokenFile('# who\nt1,ada,1,"dev,ops"\n\nt2,bob,2\n');
  expect(parsed.ok && [...parsed.users]).toEqual([
    ['t1', { name: 'ada', groups: ['dev', 'ops'] }],
    ['t2', { name: 'bob', groups: [] }],
  ]);
});

test('a bearer token is read from its header, and nothing else is', () => {
  expect(bearerToken('Bearer t1')).toBe('t1');
  expect(bearerToken('bearer t2')).toBe('t2');
  expect(bearerToken('Basic YTpi')).toBeUndefined();
  expect(bearerToken(undefined)).toBeUndefined();
});

test('a line without a user is refused with its number', () => {
  expect(parseTokenFile('t1,ada,1\nt2\n')).toEqual({
    ok: false,
    problem: 'line 2: a token and a user are needed',
  });
});
