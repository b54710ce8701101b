import { gzipSync } from 'node:zlib';
import { expect, test } from './fixtures.ts';

const KIB = 1_024;
/** A bare Next page (bin/budgets.mjs), what the sandbox may add once it runs, and the worker until its cluster stands. */
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
  const inWorker = await worker.evaluate(() => ({
    stands: performance.getEntriesByName('cluster-stands')[0]?.startTime ?? 0,
    loaded: performance
      .getEntriesByType('resource')
      .map(({ name, startTime }) => ({ name, startTime })),
  }));
  expect(inWorker.stands, 'the cluster stands').toBeGreaterThan(0);
  const namesOf = (when: 'before' | 'after') =>
    inWorker.loaded
      .filter(({ startTime }) => startTime < inWorker.stands === (when === 'before'))
      .map(({ name }) => name);
  const ofWorker = new Set([worker.url().split('#')[0]!, ...namesOf('before')]);
  const afterwards = new Set(namesOf('after'));
  let [ofPage, ofTheWorker, ofItsCommands] = [0, 0, 0];
  for (const [url, size] of scripts) {
    if (ofWorker.has(url)) ofTheWorker += await size;
    else if (afterwards.has(url)) ofItsCommands += await size;
    else ofPage += await size;
  }
  console.log(
    `sandbox +${(ofPage / KIB - BARE).toFixed(1)} KiB, worker ${(ofTheWorker / KIB).toFixed(1)} KiB, then its commands ${(ofItsCommands / KIB).toFixed(1)} KiB`,
  );
  expect(ofTheWorker, 'the worker was measured').toBeGreaterThan(KIB);
  expect(ofItsCommands, 'the commands were measured').toBeGreaterThan(KIB);
  expect(ofTheWorker / KIB).toBeLessThanOrEqual(WORKER);
  expect(ofPage / KIB - BARE).toBeLessThanOrEqual(SANDBOX);
});
