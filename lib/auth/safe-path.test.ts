import { expect, test } from 'vitest';
import { safePath } from './safe-path.ts';

test.each([
  ['/learn/services?x=1#y', '/learn/services?x=1#y'],
  ['/', '/'],
  ['', '/'],
  [null, '/'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['\\\\evil.example', '/'],
  ['https:evil.example', '/'],
  ['https://evil.example/', '/'],
  ['javascript:alert(1)', '/'],
  ['/\t/evil.example', '/'],
  ['/..//evil.example', '/'],
  ['/%2f%2fevil.example', '/%2f%2fevil.example'],
])('%j leads to %j', (next, path) => {
  expect(safePath(next)).toBe(path);
});
