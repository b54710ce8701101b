import { existsSync } from 'node:fs';
import { chromium, defineConfig } from '@playwright/test';

// Playwright's own browser where it is installed, else the system's Chromium or Chrome.
const executablePath = [
  process.env['CHROMIUM_PATH'],
  chromium.executablePath(),
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
].find((file): file is string => file !== undefined && existsSync(file));

const port = Number(process.env['E2E_PORT'] ?? 3100);
process.env['E2E_DATA'] ??= '.data/e2e'; // read by e2e/fixtures.ts too

/** The production build, with a data folder and a port of its own. */
export default defineConfig({
  testDir: 'e2e',
  outputDir: 'e2e/.out',
  timeout: 60_000,
  expect: { timeout: 15_000 },
  fullyParallel: true,
  forbidOnly: process.env['CI'] === 'true',
  workers: 2,
  // Once more in CI: what passed only then is counted as flaky, and its first error is printed in the summary.
  retries: process.env['CI'] === 'true' ? 1 : 0,
  reporter: [
    ['list'],
    ['json', { outputFile: process.env['PLAYWRIGHT_JSON_OUTPUT_FILE'] ?? '.cache/test/e2e.json' }],
  ],
  use: {
    baseURL: `http://localhost:${port}`,
    trace: 'retain-on-failure',
    launchOptions: {
      ...(executablePath === undefined ? {} : { executablePath }),
      args: [
        '--no-sandbox',
        '--disable-dev-shm-usage',
        '--disable-gpu',
        '--disable-quic',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    },
  },
  webServer: {
    command: 'node bin/start.mjs',
    url: `http://localhost:${port}/api/readyz`,
    timeout: 300_000,
    reuseExistingServer: false,
    // One address makes all accounts of the tests: the limits are tested by themselves.
    env: {
      PORT: String(port),
      HOPWISE_DATA: process.env['E2E_DATA'],
      HOPWISE_LIMIT_FACTOR: '1000',
    },
    gracefulShutdown: { signal: 'SIGTERM', timeout: 20_000 },
    stdout: 'pipe',
  },
});
