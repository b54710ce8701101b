import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseCoverage } from './parse-coverage.ts';

test('reads tables under headings and leaves the head rows out', () => {
  const markdown =
    '# Title\n\n## Linux\n\n| Part | Covered | Notes |\n| --- | --- | --- |\n| ARP | yes | ages |\n| SCTP | absent | |\n';
  expect(parseCoverage(markdown)).toEqual([
    {
      title: 'Linux',
      rows: [
        { part: 'ARP', covered: 'yes', notes: 'ages' },
        { part: 'SCTP', covered: 'absent', notes: '' },
      ],
    },
  ]);
});

test('every row of our own coverage has one of the three words', () => {
  const markdown = readFileSync('docs/coverage.md', 'utf8');
  const rows = markdown.split('\n').filter((line) => /^\| (?!Part|-)/.test(line));
  const read = parseCoverage(markdown).flatMap((table) => table.rows);
  expect(read).toHaveLength(rows.length);
});
