import { expect, test } from 'vitest';
import { compareSaved } from './compare-saved.ts';

const SAVED =
  '# Generated\n*nat\n:PREROUTING ACCEPT [7:420]\n:OURS - [0:0]\n-A OURS -j ACCEPT\n-A OURS -j DROP\nCOMMIT\n';

test('comments, counters and the order of chains do not matter', () => {
  expect(
    compareSaved(
      SAVED,
      '*nat\n:OURS - [0:0]\n:PREROUTING ACCEPT [0:0]\n-A OURS -j ACCEPT\n-A OURS -j DROP\nCOMMIT\n',
    ),
  ).toEqual([]);
});

test('a built-in chain that nobody touched may be missing', () => {
  expect(
    compareSaved(SAVED, '*nat\n:OURS - [0:0]\n-A OURS -j ACCEPT\n-A OURS -j DROP\nCOMMIT\n'),
  ).toEqual([]);
});

test.each([
  [
    'the order of rules',
    SAVED.replace('-A OURS -j ACCEPT\n-A OURS -j DROP', '-A OURS -j DROP\n-A OURS -j ACCEPT'),
  ],
  ['a missing rule', SAVED.replace('-A OURS -j DROP\n', '')],
  ['a policy', SAVED.replace('PREROUTING ACCEPT', 'PREROUTING DROP')],
  ['the table', SAVED.replace('*nat', '*filter')],
])('%s matters', (_name, other) => {
  expect(compareSaved(SAVED, other)).not.toEqual([]);
});
