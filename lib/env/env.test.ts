import { expect, test } from 'vitest';
import { parseEnvironment } from './env.server.ts';

const good = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgresql://a@b/c',
  NEXTAUTH_SECRET: 'q8Zt3vXw1nLb6rYk0pHs5dGf2jMc9aEu',
  HOPWISE_URL: 'https://hopwise.example.com',
};

test('a whole environment is accepted', () => {
  expect(parseEnvironment(good)).toMatchObject({ environment: { HOPWISE_TRUSTED_PROXIES: 0 } });
});

test.each([
  ['no secret', { NEXTAUTH_SECRET: '' }, /NEXTAUTH_SECRET.*too weak/],
  ['a short secret', { NEXTAUTH_SECRET: 'change-me' }, /too weak/],
  ['a long secret of one letter', { NEXTAUTH_SECRET: 'a'.repeat(64) }, /too weak/],
  ['no database', { DATABASE_URL: undefined }, /DATABASE_URL is missing/],
  ['another kind of database', { DATABASE_URL: 'mysql://x' }, /must begin with postgresql/],
  ['an address without a scheme', { HOPWISE_URL: 'hopwise.example.com' }, /whole address/],
  ['too many proxies', { HOPWISE_TRUSTED_PROXIES: '99' }, /HOPWISE_TRUSTED_PROXIES/],
])('%s is refused in production with a sentence', (_name, wrong, sentence) => {
  const result = parseEnvironment({ ...good, ...wrong });
  expect('problems' in result && result.problems.join('\n')).toMatch(sentence);
});

test('development needs no secret', () => {
  expect(
    parseEnvironment({ ...good, NODE_ENV: 'development', NEXTAUTH_SECRET: '' }),
  ).toHaveProperty('environment');
});
