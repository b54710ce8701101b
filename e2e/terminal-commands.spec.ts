import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';

/** Opens the sandbox and waits for the scripts that its worker fetches when the cluster stands. */
async function openSandbox(page: Page): Promise<readonly string[]> {
  const started = page.waitForEvent('worker');
  await page.goto('/sandbox');
  const worker = await started;
  const loadedAfterwards = () =>
    worker.evaluate(() => {
      const stands = performance.getEntriesByName('cluster-stands')[0]?.startTime ?? Infinity;
      return performance
        .getEntriesByType('resource')
        .filter(({ startTime, duration }) => startTime > stands && duration > 0)
        .map(({ name }) => name);
    });
  await expect.poll(loadedAfterwards).not.toEqual([]);
  return loadedAfterwards();
}

async function run(page: Page, line: string): Promise<void> {
  const prompt = page.getByLabel(/^Command at/);
  await prompt.fill(line);
  await prompt.press('Enter');
}

test('the first command needs no connection any more', async ({ page, context }) => {
  await openSandbox(page);
  await context.setOffline(true);
  await run(page, 'kubectl get svc catalog -o name');
  await expect(page.getByText('service/catalog', { exact: true })).toBeVisible();
});

test.describe('without the commands of the terminal', () => {
  test.use({ provoked: /ERR_FAILED|Failed to load/ });

  test('the page says so, keeps the cluster, and goes on when they come', async ({
    page,
    browser,
  }) => {
    const other = await browser.newPage();
    const scripts = await openSandbox(other);
    await other.close();
    const isOfCommands = (url: URL) => scripts.includes(url.href);
    await page.route(isOfCommands, (route) => route.abort());
    await page.goto('/sandbox');
    await run(page, 'kubectl get svc catalog -o name');
    await expect(page.getByText('The commands of the terminal did not arrive.')).toBeVisible();
    await page.unroute(isOfCommands);
    await page.getByRole('button', { name: 'Start again' }).click();
    await run(page, 'kubectl get svc catalog -o name');
    await expect(page.getByText('service/catalog', { exact: true })).toBeVisible();
  });
});
