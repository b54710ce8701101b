import { expect, test } from 'vitest';
import { alignRows, alignTabs, WIDE_TABS } from './tab-writer.ts';

test('a column is as wide as its widest cell in the lines that follow one another', () => {
  expect(alignTabs('Name:\tweb\nNamespace:\tdefault\nPlain\nA:\tb\n', WIDE_TABS)).toBe(
    'Name:       web\nNamespace:  default\nPlain\nA:  b\n',
  );
});

test('later rows keep the widths of earlier ones', () => {
  const widths: number[] = [];
  expect(
    alignRows(
      [
        ['NAME', 'AGE'],
        ['a-long-name', '1s'],
      ],
      widths,
    ),
  ).toBe('NAME          AGE\na-long-name   1s\n');
  expect(alignRows([['b', '2s']], widths)).toBe('b             2s\n');
});
