import { expect, test } from 'vitest';
import { unifiedHunks } from './diff-lines.ts';

/** As GNU diff 3.8 prints them with -u, without the names of the files. */
test.each([
  ['nothing', 'a\nb\n', 'a\nb\n', ''],
  ['a new file', '', 'a\nb\n', '@@ -0,0 +1,2 @@\n+a\n+b\n'],
  ['a changed line', 'a\nb\nc\n', 'a\nx\nc\n', '@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n'],
  ['a repeated line at its end', 'a\nx\n', 'a\na\nx\n', '@@ -1,2 +1,3 @@\n a\n+a\n x\n'],
  [
    'two places far apart',
    '1\n2\n3\n4\n5\n6\n7\n8\n9\n',
    '1\nx\n3\n4\n5\n6\n7\n8\n9\ny\n',
    '@@ -1,5 +1,5 @@\n 1\n-2\n+x\n 3\n 4\n 5\n@@ -7,3 +7,4 @@\n 7\n 8\n 9\n+y\n',
  ],
])('%s is shown in hunks', (_, before, after, expected) => {
  expect(unifiedHunks(before, after)).toBe(expected);
});
