import { expect, test } from 'vitest';
import { measure } from './measure.ts';
import { printTable } from './print-table.ts';
import { SCENARIOS } from './scenarios.ts';

/** `npx vitest run lib/simulator/testing/truth-tables -u` writes the tables anew; read them before you commit them. */
test.each(SCENARIOS)(
  'who reaches what: $name',
  async (scenario) => {
    const table = printTable(scenario, measure(scenario));
    await expect(table).toMatchFileSnapshot(`./tables/${scenario.name}.txt`);
  },
  30_000,
);
