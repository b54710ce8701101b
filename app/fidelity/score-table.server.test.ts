import { expect, test } from 'vitest';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { ScoreTable } from '#components/fidelity/score-table.tsx';
import { fidelityResultsSchema } from '#lib/sandbox/server/fidelity-report.server.ts';

const SUITE = { name: 'a_table', unit: 'probe', passed: 506, total: 506, notClaimed: [] };
const APART = { name: 'a pod reaches itself', passed: 204, total: 205 };

const shownOf = (suite: object) => {
  const { suites } = fidelityResultsSchema.parse({
    date: '2026-11-23T00:00:00.000Z',
    commit: '0000000',
    machine: 'a machine',
    suites: [suite],
    kernel: null,
    sideBySide: [],
  });
  return renderToStaticMarkup(createElement(ScoreTable, { suites }));
};

test('what a suite counts apart stands under it, one line each', () => {
  const html = shownOf({ ...SUITE, apart: [APART, { ...APART, name: 'by rules of nftables' }] });
  expect(html).toContain('506 of 506');
  expect(html).toContain('>Counted apart, a pod reaches itself: 204 of 205</div>');
  expect(html).toContain('>Counted apart, by rules of nftables: 204 of 205</div>');
});

test('results from before anything was counted apart are shown as they are', () => {
  expect(shownOf(SUITE)).not.toContain('apart');
});
