import { gzipSync } from 'node:zlib';
import { expect, test } from './fixtures.ts';

const KIB = 1_024;
/** A bare Next page (bin/budgets.mjs), what the sandbox may add once it runs, and the cluster's worker. */
const BARE = 131.9;
const SANDBOX = 520;
const WORKER = 350;

test('the running sandbox and its worker stay within their budgets', async ({ page }) => {
  const scripts = new Map<string, Promise<number>>();
  page.on('response', (response) => {
    if (!response.url().endsWith('.js') || response.status() !== 200) return;
    scripts.set(
      response.url(),
      response.body().then(
        (body) => gzipSync(body).length,
        () => 0,
      ),
    );
  });
  const started = page.waitForEvent('worker');
  await page.goto('/sandbox');
  const worker = await started;
  await page.waitForLoadState('networkidle');
  const inWorker = await worker.evaluate(() =>
    performance.getEntriesByType('resource').map((entry) => entry.name),
  );
  const ofWorker = new Set([
    worker.url().split('#')[0]!,
    ...inWorker.filter((url) => url.endsWith('.js')),
  ]);
  let [ofPage, ofTheWorker] = [0, 0];
  for (const [url, size] of scripts) {
    if (ofWorker.has(url)) ofTheWorker += await size;
    else ofPage += await size;
  }
  console.log(
    `sandbox +${(ofPage / KIB - BARE).toFixed(1)} KiB, worker ${(ofTheWorker / KIB).toFixed(1)} KiB`,
  );
  expect(ofTheWorker, 'the worker was measured').toBeGreaterThan(KIB);
  expect(ofTheWorker / KIB).toBeLessThanOrEqual(WORKER);
  expect(ofPage / KIB - BARE).toBeLessThanOrEqual(SANDBOX);
});
