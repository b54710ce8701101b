import { expect, test } from 'vitest';
import { z } from 'zod';
import { jsonDepth, readJsonBody } from './read-json-body.ts';

const post = (body: string) => new Request('https://hopwise.example', { method: 'POST', body });
const schema = z.strictObject({ a: z.number() });

test.each([
  ['nothing', '', 0],
  ['a number', '1', 0],
  ['an object in a list', '[{"a": 1}]', 2],
  ['brackets in a string', '"[[[["', 0],
  ['an escaped quote before brackets', '["\\"[[["]', 1],
  ['brackets that never close', '[[[[', 4],
])('the depth of %s is counted', (_name, text, depth) => {
  expect(jsonDepth(text)).toBe(depth);
});

test.each([
  ['a body of the shape', '{"a":1}', { ok: true, value: { a: 1 } }],
  ['a field more', '{"a":1,"b":2}', { ok: false, status: 400 }],
  ['65 levels', `${'['.repeat(65)}${']'.repeat(65)}`, { ok: false, status: 400 }],
  ['100 bytes where 50 are read', `{"a":1${' '.repeat(94)}}`, { ok: false, status: 413 }],
])('%s', async (name, text, expected) => {
  const limit = name.startsWith('65') ? 1_000 : 50;
  expect(await readJsonBody(post(text), schema, limit)).toMatchObject(expected);
});
