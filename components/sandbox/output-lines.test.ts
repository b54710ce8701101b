import { expect, test } from 'vitest';
import { toneOf } from './output-lines.ts';

test.each([
  ['head of a table', 'NAME   READY   STATUS', 0, 'dim'],
  ['the same words lower down', 'NAME   READY   STATUS', 3, 'plain'],
  ['an error of the API', 'Error from server (NotFound): pods "x" not found', 0, 'bad'],
  ['curl gives up', 'curl: (28) Connection timed out after 2001 milliseconds', 1, 'bad'],
  ['a good answer', 'HTTP/1.1 200 OK', 0, 'good'],
  ['a row', 'web-1  1/1  Running', 1, 'plain'],
] as const)('%s', (_name, line, index, tone) => {
  expect(toneOf(line, index)).toBe(tone);
});
