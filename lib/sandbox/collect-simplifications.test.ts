import { expect, test } from 'vitest';
import { collectSimplifications } from './collect-simplifications.ts';

const rows = [
  ['a line comment', '// Simplified: no VLANs.\nconst a = 1;', ['no VLANs.']],
  [
    'a docstring in one line',
    '/** A switch. Simplified: without loss. */\nfunction a() {}',
    ['without loss.'],
  ],
  [
    'a paragraph over two lines, ended by an empty one',
    '/**\n * Simplified: one segment,\n * without loss.\n *\n * More.\n */',
    ['one segment, without loss.'],
  ],
  ['two tags in one comment', '// Simplified: one.\n// Simplified: two.', ['one.', 'two.']],
  ['a string that is no comment', "const tag = 'Simplified: not this';", []],
] as const;

test.each(rows)('%s', (_name, source, expected) => {
  expect(collectSimplifications('linux/link/bridge.ts', source).map(({ text }) => text)).toEqual(
    expected,
  );
});

test('says where it stands', () => {
  expect(collectSimplifications('linux/link/bridge.ts', '\n// Simplified: x')).toEqual([
    { room: 'linux/link', file: 'linux/link/bridge.ts', line: 2, text: 'x' },
  ]);
});
