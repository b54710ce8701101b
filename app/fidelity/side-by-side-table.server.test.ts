import { expect, test } from 'vitest';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { SideBySideTable } from '#components/fidelity/side-by-side-table.tsx';

const ROW = { judge: 'a kernel', unit: 'probe', asked: 1500, differences: 0 };

test.each([
  ['nothing', {}, '<b>0</b></td>'],
  ['never', { seenOnce: 0 }, '<b>0</b></td>'],
  ['twice', { seenOnce: 2 }, '<b>0</b>, and 2 once, not when asked again</td>'],
])('what differed once is said beside what differs: %s', (_name, more, shown) => {
  const html = renderToStaticMarkup(
    createElement(SideBySideTable, { rows: [{ ...ROW, ...more }] }),
  );
  expect(html).toContain(shown);
});
