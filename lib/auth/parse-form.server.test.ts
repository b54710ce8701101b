import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { answerForm, field, parseForm } from './parse-form.server.ts';
import { request } from './testing/request.ts';

const schema = z.object({ email: field.email, password: field.anyPassword });

function form(fields: [string, string][]): FormData {
  const data = new FormData();
  for (const [name, value] of fields) data.append(name, value);
  return data;
}

test('fields are trimmed and given as the schema says', () => {
  const parsed = parseForm(
    schema,
    form([
      ['email', ' a@example.com '],
      ['password', ' p '],
    ]),
  );
  expect(parsed).toEqual({ ok: true, value: { email: 'a@example.com', password: ' p ' } });
});

test('what is wrong is said for each field, and no password comes back', () => {
  const parsed = parseForm(
    schema,
    form([
      ['email', 'not an address'],
      ['password', ''],
    ]),
  );
  expect(parsed).toEqual({
    ok: false,
    state: {
      status: 'problem',
      message: 'Look at the marked fields.',
      fields: {
        email: 'Enter an e-mail address, such as you@example.com.',
        password: 'Enter your password.',
      },
      values: { email: 'not an address' },
    },
  });
});

test.each<[string, [string, string][]]>([
  [
    'an unknown field',
    [
      ['email', 'a@example.com'],
      ['password', 'p'],
      ['role', 'ADMIN'],
    ],
  ],
  [
    'a field given twice',
    [
      ['email', 'a@example.com'],
      ['email', 'b@example.com'],
      ['password', 'p'],
    ],
  ],
])('%s is refused', (_name, fields) => {
  expect(parseForm(schema, form(fields))).toMatchObject({
    ok: false,
    state: { status: 'problem' },
  });
});

test.each<[string, Record<string, string>, boolean]>([
  [
    'our own page',
    { origin: 'http://localhost:3000', host: 'localhost:3000', 'sec-fetch-site': 'same-origin' },
    true,
  ],
  [
    'our page at another address of this machine',
    { origin: 'http://192.168.1.2:3000', host: '192.168.1.2:3000' },
    true,
  ],
  [
    'another site',
    { origin: 'https://evil.example', host: 'localhost:3000', 'sec-fetch-site': 'cross-site' },
    false,
  ],
  [
    'another site in an old browser',
    { origin: 'https://evil.example', host: 'localhost:3000' },
    false,
  ],
  [
    'a sibling of our site',
    { origin: 'http://x.localhost:3000', host: 'localhost:3000', 'sec-fetch-site': 'same-site' },
    false,
  ],
  ['a sandboxed frame', { origin: 'null', host: 'localhost:3000' }, false],
  [
    'a browser that hides where it comes from, with cookies',
    { host: 'localhost:3000', cookie: 'a=b' },
    false,
  ],
])('a form from %s', async (_name, headers, isServed) => {
  for (const [name, value] of Object.entries(headers)) request.headers.set(name, value);
  const work = vi.fn(() => Promise.resolve({ status: 'done' as const, message: 'Saved.' }));
  const state = await answerForm(work);
  expect(work).toHaveBeenCalledTimes(isServed ? 1 : 0);
  expect(state.status).toBe(isServed ? 'done' : 'problem');
});

test('when our machine breaks the person reads so, and sees nothing of the inside', async () => {
  const silent = vi.spyOn(console, 'error').mockImplementation(() => {});
  const state = await answerForm(() => Promise.reject(new Error('relation "User" does not exist')));
  expect(state).toMatchObject({
    status: 'problem',
    message: expect.stringContaining('on our side') as string,
  });
  expect(JSON.stringify(state)).not.toContain('relation');
  silent.mockRestore();
});

test('a redirect passes through', async () => {
  const redirect = Object.assign(new Error('NEXT_REDIRECT'), {
    digest: 'NEXT_REDIRECT;push;/;307;',
  });
  await expect(answerForm(() => Promise.reject(redirect))).rejects.toBe(redirect);
});
