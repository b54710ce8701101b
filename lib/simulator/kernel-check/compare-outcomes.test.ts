import { expect, test } from 'vitest';
import { mayBeDrawnPort } from './compare-outcomes.ts';

const answered = (port: string, by = 'p0') =>
  `answered by ${by}, which saw 10.244.0.1 (port ${port}); the answer came from 10.96.0.1:53`;

test.each([
  ['the kernel drew the old port', answered('changed'), answered('kept'), true],
  ['the simulator kept it', answered('kept'), answered('changed'), false],
  ['both kept it', answered('kept'), answered('kept'), false],
  ['the kernel was silent', answered('changed'), 'silence', false],
])('may be a port that was drawn as it was: %s', (_name, simulator, kernel, isSo) => {
  expect(mayBeDrawnPort([simulator], [kernel])).toBe(isSo);
});
