import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Failure, Suite, SuiteResult } from './suite.ts';
import { SUITES } from './suites.ts';

/**
 * `npm run conformance -- [--dir DIR] [--suite NAME] [--json] [--check-floor] [--skipped-code N]`: asks the simulator
 * everything that was recorded from real systems. Without a folder of tables it says so and exits 0 (or N). With
 * `--check-floor` it exits 1 when a suite does worse than floor.json.
 */
const REPOSITORY = path.resolve(import.meta.dirname, '../../..');
const DEFAULT_DIR = path.resolve(REPOSITORY, '../shared/conformance');
const FLOOR_FILE = path.join(import.meta.dirname, 'floor.json');

type Row = SuiteResult & Pick<Suite, 'name' | 'unit'>;

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

function runSuites(directory: string, only: string | undefined): Row[] {
  return SUITES.filter(({ name }) => only === undefined || name === only).flatMap((suite) => {
    const file = path.join(directory, `${suite.name}.json`);
    return existsSync(file)
      ? [{ name: suite.name, unit: suite.unit, ...suite.run(readJson(file)) }]
      : [];
  });
}

/** How many of each reason, so that a long list stays readable. */
function skippedLines({ skipped }: Row): string[] {
  const reasons = new Map<string, string[]>();
  for (const { reason, probe, case: name } of skipped) {
    reasons.set(reason, [...(reasons.get(reason) ?? []), `${name} ${probe}`]);
  }
  return [...reasons].map(
    ([reason, cases]) => `  not claimed: ${cases.length} (${reason}), such as ${cases[0]}`,
  );
}

function printFailure({ case: name, probe, expected, seen, trace }: Failure): void {
  console.log(
    `  ${name}: ${probe}\n    expected\n      ${indent(expected)}\n    seen\n      ${indent(seen)}`,
  );
  if (trace !== undefined) console.log(`    trace\n      ${indent(trace)}`);
}

const indent = (text: string) => text.trimEnd().split('\n').join('\n      ');

function printRow(row: Row): void {
  console.log(`${row.name} ${row.passed}/${row.total} (${row.unit})`);
  for (const line of skippedLines(row)) console.log(line);
  for (const { name, passed, total } of row.apart ?? []) {
    console.log(`  apart: ${name} ${passed}/${total}`);
  }
  row.failures.forEach(printFailure);
  for (const { failures } of row.apart ?? []) failures.forEach(printFailure);
}

/** Suites that do worse than they once did, in words. */
function belowFloor(rows: readonly Row[]): string[] {
  const floor = readJson(FLOOR_FILE) as Record<string, number>;
  const counts = rows.flatMap(({ name, passed, apart = [] }) => [
    { name, passed },
    ...apart.map((each) => ({ name: `${name}, ${each.name}`, passed: each.passed })),
  ]);
  // What was once counted apart and is not any more is below its floor too.
  const isAsked = (name: string) =>
    rows.some((row) => name === row.name || name.startsWith(`${row.name}, `));
  return Object.entries(floor).flatMap(([name, least]) => {
    if (!isAsked(name)) return [];
    const passed = counts.find((each) => each.name === name)?.passed ?? 0;
    return passed < least ? [`${name}: ${passed} passed, the floor is ${least}`] : [];
  });
}

function main(): number {
  const { values } = parseArgs({
    options: {
      dir: { type: 'string' },
      suite: { type: 'string' },
      json: { type: 'boolean' },
      'check-floor': { type: 'boolean' },
      'skipped-code': { type: 'string' },
    },
  });
  const directory = path.resolve(values.dir ?? DEFAULT_DIR);
  if (!existsSync(directory)) {
    console.log(
      `No conformance tables in ${directory}: nothing was asked. Name their folder with --dir.`,
    );
    return Number(values['skipped-code'] ?? 0);
  }
  if (values.suite !== undefined && !SUITES.some(({ name }) => name === values.suite)) {
    console.error(
      `There is no suite ${values.suite}. The suites are: ${SUITES.map(({ name }) => name).join(', ')}.`,
    );
    return 2;
  }
  const rows = runSuites(directory, values.suite);
  if (values.json) console.log(JSON.stringify({ suites: rows }, null, 2));
  else rows.forEach(printRow);
  const below = values['check-floor'] ? belowFloor(rows) : [];
  for (const line of below) console.error(`Below the floor: ${line}`);
  return below.length > 0 ? 1 : 0;
}

process.exitCode = main();
