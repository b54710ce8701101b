// `npm test`: everything CI runs, one check after the other; all of them run even when one fails. It installs the
// dependencies and, after saying so, a browser; nothing else. The last line is `N passed, N failed` over all of them.
// `npm test -- unit e2e` runs those alone.
import './bootstrap.mjs';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { isBuilt, markBuilt, unmarkBuilt } from './built.mjs';
import { ensureGeneratedClient } from './generated-client.mjs';

const root = path.resolve(import.meta.dirname, '..');
const require = createRequire(import.meta.url);
const isCI = process.env.CI === 'true' || process.env.CI === '1';
const results = path.join(root, '.cache', 'test');
/** A check that cannot run on this machine says so and exits with this number; in CI that is a failure. */
const SKIPPED = 77;

const tool = (file) => path.join(root, 'node_modules', file);
const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', CHECKPOINT_DISABLE: '1' };

let running;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    running?.kill(signal);
    process.exitCode = 130;
    stopAfterThis = true;
  });
}
let stopAfterThis = false;

function run(args, more = {}, watch = undefined) {
  return new Promise((resolve) => {
    running = spawn(process.execPath, args, {
      cwd: root,
      stdio: watch ? ['inherit', 'pipe', 'pipe'] : 'inherit',
      env: { ...env, ...more },
    });
    for (const side of watch ? ['stdout', 'stderr'] : []) {
      running[side].on('data', (text) => {
        process[side].write(text);
        watch(text.toString());
      });
    }
    running.on('error', () => resolve(1));
    running.on('close', (code) => resolve(code ?? 1));
  });
}

/** So much of what a failed check printed last is printed again under the summary: a log is often cut. */
const LAST_LINES = 40;

/** A check that counts as one. */
const one = (args) => async () => {
  let printed = '';
  const code = await run(args, {}, (text) => (printed = (printed + text).slice(-20_000)));
  if (code === 0) return { passed: 1, failed: 0 };
  if (code === SKIPPED && !isCI) return { passed: 0, failed: 0, note: 'skipped' };
  const lines = stripVTControlCharacters(printed).trimEnd().split('\n').slice(-LAST_LINES);
  const command = args.join(' ').replaceAll(`${root}/`, '');
  const note = code === SKIPPED ? 'skipped, which CI does not allow' : undefined;
  return {
    passed: 0,
    failed: 1,
    note,
    troubles: [[`${command}: exit ${code}`, ...lines].join('\n')],
  };
};
const all =
  (...checks) =>
  async () => {
    const counts = [];
    for (const check of checks) counts.push(await check());
    const notes = counts.flatMap(({ note }) => note ?? []);
    const troubles = counts.flatMap((count) => count.troubles ?? []);
    return {
      passed: counts.reduce((sum, { passed }) => sum + passed, 0),
      failed: counts.reduce((sum, { failed }) => sum + failed, 0),
      note: [...new Set(notes)].join(', '),
      troubles,
    };
  };
const typeScript = (file) => one(['--import=tsx', '--conditions=react-server', file]);
const judge = (file, ...args) =>
  one(['--import=tsx', `lib/simulator/${file}`, ...args, '--skipped-code', String(SKIPPED)]);

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Vitest counts its tests; a run that broke before it could count is one failure. Skipped tests fail in CI. */
const vitest = (project) => async () => {
  const file = path.join(results, `${project}.json`);
  rmSync(file, { force: true });
  const args = [
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ];
  const code = await run([tool('vitest/vitest.mjs'), ...args]);
  const report = readJson(file);
  if (!report) return { passed: 0, failed: 1, note: 'no report' };
  const skipped = report.numPendingTests + report.numTodoTests;
  const failed = report.numFailedTests + (isCI ? skipped : 0);
  return {
    passed: report.numPassedTests,
    failed: code !== 0 && failed === 0 ? 1 : failed,
    note: skipped ? `${skipped} skipped` : '',
  };
};

function findBrowser() {
  const { chromium } = require('@playwright/test');
  return [
    process.env.CHROMIUM_PATH,
    chromium.executablePath(),
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ].find((file) => file && existsSync(file));
}

async function installBrowser() {
  console.log(
    'There is no Chromium on this machine. Installing one for the tests in a browser ...',
  );
  if (
    (await run([tool('@playwright/test/cli.js'), 'install', '--only-shell', 'chromium'])) === 0 &&
    findBrowser()
  )
    return;
  const isDebianRoot = process.getuid?.() === 0 && existsSync('/etc/debian_version');
  if (!isDebianRoot) return;
  console.log(
    'Playwright cannot fetch its browser here: trying the package chromium of Debian (apt-get install).',
  );
  spawnSync('apt-get', ['update', '-q'], { stdio: 'inherit' });
  spawnSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'chromium'], {
    stdio: 'inherit',
  });
}

async function build() {
  if (isBuilt()) return { passed: 1, failed: 0, note: 'nothing changed' };
  unmarkBuilt();
  const code = await run([tool('next/dist/bin/next'), 'build'], { NODE_ENV: 'production' });
  if (code !== 0) return { passed: 0, failed: 1 };
  markBuilt();
  return { passed: 1, failed: 0 };
}

/** With DATABASE_URL the browser tests get a database of their own on that server, and leave none behind. */
async function ownDatabase() {
  if (!process.env.DATABASE_URL) return { env: {}, drop: async () => {} };
  const { default: pg } = await import('pg');
  const url = new URL(process.env.DATABASE_URL);
  const name = `hopwise_e2e_${process.pid}`;
  const ask = async (sql) => {
    const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  await ask(`create database ${name}`);
  url.pathname = `/${name}`;
  return {
    env: { DATABASE_URL: url.toString() },
    drop: () => ask(`drop database if exists ${name} with (force)`),
  };
}

/** The first lines of what went wrong in each browser test that did not pass at once: a log is often cut. */
function browserTroubles(suites) {
  return suites.flatMap(({ specs = [], suites: inner = [] }) => [
    ...specs.flatMap(({ title, tests }) =>
      tests
        .flatMap(({ results }) => results)
        .flatMap(({ errors = [] }) => errors)
        .map(({ message = '' }) => `${title}: ${stripVTControlCharacters(message).slice(0, 600)}`),
    ),
    ...browserTroubles(inner),
  ]);
}

async function e2e() {
  if (!findBrowser()) await installBrowser();
  if (!findBrowser())
    return { passed: 0, failed: 1, note: 'no browser: install Chromium, or set CHROMIUM_PATH' };
  const file = path.join(results, 'e2e.json');
  rmSync(file, { force: true });
  rmSync(path.join(root, '.data', 'e2e'), { recursive: true, force: true });
  const code = await run([tool('@playwright/test/cli.js'), 'test'], {
    PLAYWRIGHT_JSON_OUTPUT_FILE: file,
  });
  const report = readJson(file);
  if (!report) return { passed: 0, failed: 1, note: 'no report' };
  const { stats } = report;
  const failed = stats.unexpected + (isCI ? stats.skipped : 0);
  const note = [stats.flaky && `${stats.flaky} flaky`, stats.skipped && `${stats.skipped} skipped`]
    .filter(Boolean)
    .join(', ');
  return {
    passed: stats.expected + stats.flaky,
    failed: code !== 0 && failed === 0 ? 1 : failed,
    note,
    troubles: browserTroubles(report.suites),
  };
}

/** CI gets the kubectl binaries that are missing; elsewhere whoever wants them does: `npm run kubectl-check -- --fetch`. */
const fetching = isCI ? ['--fetch'] : [];

const CHECKS = [
  ['format', one([tool('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.'])],
  [
    'types',
    all(
      one([tool('next/dist/bin/next'), 'typegen']),
      one([tool('typescript/bin/tsc'), '--noEmit']),
      one([tool('typescript/bin/tsc'), '--noEmit', '-p', 'lib/simulator']),
    ),
  ],
  ['lint', one([tool('eslint/bin/eslint.js'), '.', '--quiet'])],
  [
    'boundaries',
    one([
      tool('dependency-cruiser/bin/dependency-cruise.mjs'),
      'app',
      'components',
      'lib',
      'prisma',
      'e2e',
      '--config',
      'dependency-cruiser.mjs',
    ]),
  ],
  ['unused', one([tool('knip/bin/knip.js')])],
  ['unit', vitest('unit')],
  ['content', typeScript('lib/content/check-content.cli.ts')],
  ['conformance', judge('conformance/run.cli.ts', '--check-floor')],
  ['kernel rules', judge('conformance/load-rules.cli.ts')],
  [
    'kernel',
    all(
      judge('kernel-check/kernel-check.cli.ts', '--clusters', '100', '--seed', 'ci'),
      judge(
        'kernel-check/kernel-check.cli.ts',
        ...['--clusters', '30', '--seed', 'ci', '--mode', 'nftables', '--cni', 'vxlan'],
      ),
      judge('kernel-check/kernel-check.cli.ts', '--clusters', '10', '--seed', 'ci', '--ipv6'),
      judge(
        'kernel-check/kernel-check.cli.ts',
        ...['--clusters', '10', '--seed', 'ci', '--ipv6', '--cni', 'vxlan'],
      ),
      judge(
        'kernel-check/kernel-check.cli.ts',
        ...['--clusters', '6', '--seed', 'ci', '--cni', 'vxlan', '--mutations'],
      ),
      ...[
        ['--clusters', '30'],
        ['--clusters', '20', '--mode', 'nftables', '--cni', 'vxlan'],
        ['--clusters', '8', '--ipv6'],
        ['--clusters', '10', '--probes', '80', '--mutations'],
      ].map((lane) =>
        judge('kernel-check/kernel-check.cli.ts', '--policies', '--seed', 'ci', ...lane),
      ),
    ),
  ],
  ['resolver', judge('resolver-check/resolver-check.cli.ts', '--lookups', '240')],
  [
    'kubectl',
    all(
      judge('kubectl-check/kubectl-check.cli.ts', ...fetching),
      one(['--import=tsx', 'lib/simulator/kubectl-check/client-check.cli.ts']),
      judge('patch-check/patch-check.cli.ts', '--cases', '280', ...fetching),
    ),
  ],
  ['cni', judge('cni-check/run.cli.ts', '--configs', '24')],
  ['server', vitest('server')],
  ['build', build],
  ['budgets', one([path.join(import.meta.dirname, 'budgets.mjs')])],
  ['e2e', e2e],
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !CHECKS.some(([known]) => known === name));
if (unknown.length > 0) {
  console.error(
    `There is no check ${unknown.join(', ')}. There are: ${CHECKS.map(([name]) => name).join(', ')}.`,
  );
  process.exit(2);
}
mkdirSync(results, { recursive: true });
ensureGeneratedClient();

const counts = [];
for (const [name, check] of CHECKS) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n=== ${name} ===`);
  const began = performance.now();
  const count = await check();
  counts.push({ name, seconds: (performance.now() - began) / 1000, ...count });
  if (stopAfterThis) break;
}

console.log('\n=== summary ===');
for (const { name, passed, failed, seconds, note = '' } of counts) {
  console.log(
    `${failed ? 'FAILED' : '    ok'}  ${name.padEnd(13)} ${String(passed).padStart(6)} passed ${String(failed).padStart(4)} failed  ${seconds.toFixed(1).padStart(6)} s  ${note}`,
  );
}
for (const trouble of counts.flatMap(({ troubles = [] }) => troubles)) console.log(`\n${trouble}`);
const sum = (key) => counts.reduce((total, count) => total + count[key], 0);
const [passed, failed] = [sum('passed'), sum('failed')];
process.exitCode ||= failed === 0 && passed > 0 ? 0 : 1;
console.log(`\n${passed} passed, ${failed} failed`);
