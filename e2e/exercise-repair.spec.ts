import { randomUUID } from 'node:crypto';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { become, expect, query, test } from './fixtures.ts';

const SLUG = 'selector-matches-nothing';
const ADDRESS = `/exercises/${SLUG}`;
const REPAIR = `kubectl patch service catalog -p '{"spec":{"selector":{"app":"catalogue"}}}'`;

const prompt = (page: Page) => page.getByLabel(/^Command at/);
const check = (page: Page) => page.getByRole('button', { name: /^Check/ });
const status = (page: Page) => page.getByRole('status').filter({ hasText: /hold|replays|kept/ });

async function run(page: Page, line: string): Promise<void> {
  await expect(check(page)).toBeEnabled();
  await prompt(page).fill(line);
  await prompt(page).press('Enter');
}

async function attemptsOf(page: Page) {
  const cookies = await page.context().cookies();
  const guest = cookies.find(({ name }) => name.endsWith('hopwise.guest'))?.value.split('.')[0];
  return query<{ isCorrect: boolean | null }>(
    'SELECT "isCorrect" FROM "Attempt" WHERE "userId" = $1 AND "contentId" = $2 ORDER BY "createdAt"',
    [guest, SLUG],
  );
}

test('a stranger fails a check, repairs the cluster in the terminal, passes, and finds it passed', async ({
  page,
}) => {
  await page.goto('/exercises');
  await page.getByRole('link', { name: 'The shop is up, the catalogue is not' }).click();
  await expect(check(page)).toBeEnabled();
  await expect(page.getByText('What it was')).toHaveCount(0);
  await prompt(page).press('Control+Enter');
  await expect(status(page)).toHaveText('3 of 5 hold');
  await expect(page.getByText('0 ready endpoints')).toBeVisible();

  await run(page, 'kubectl get endpointslices');
  await run(page, REPAIR);
  await expect(page.getByText('service/catalog patched')).toBeVisible();
  await check(page).click();
  await expect(status(page)).toHaveText('5 of 5 hold');
  await expect(page.getByRole('region', { name: 'Debrief' })).toContainText('app: catalogue');
  expect(await attemptsOf(page)).toEqual([{ isCorrect: false }, { isCorrect: true }]);

  await page.reload();
  await expect(page.getByText('You have passed this exercise before.')).toBeVisible();
  await expect(page.getByText('service/catalog patched')).toBeVisible();
  await page.goto('/exercises');
  await expect(page.getByText('Passed', { exact: true })).toBeVisible();
});

test.describe('on two devices', () => {
  test.use({ provoked: /status of 409/ });

  test('another device of the same learner goes on where the first one was', async ({
    page,
    context,
    browser,
  }) => {
    test.slow(); // two pages, each with a cluster of its own
    await become(context, 'guest');
    await page.goto(ADDRESS);
    const saved = page.waitForResponse((response) => response.url().endsWith('/draft'));
    await run(page, REPAIR);
    expect((await saved).status()).toBe(200);
    const other = await browser.newContext();
    await other.addCookies(await context.cookies());
    const there = await other.newPage();
    await there.goto(ADDRESS);
    await check(there).click();
    await expect(status(there)).toHaveText('5 of 5 hold');

    // Both go on from the same state: the later one is told (409), and neither is lost.
    await run(there, 'kubectl get pods');
    await there.waitForResponse((response) => response.url().endsWith('/draft'));
    await run(page, 'kubectl get nodes');
    await expect(page.getByText(/Another device has gone on/)).toBeVisible();
    await page.getByRole('button', { name: 'Go on with the other' }).click();
    await expect(page.getByText(/Another device has gone on/)).toHaveCount(0);
    await check(page).click();
    await expect(status(page)).toHaveText('5 of 5 hold');
    await other.close();
  });
});

test.describe('a page that the server refuses', () => {
  test.use({ provoked: /status of 4\d\d/ });

  test('a forged pass is not believed: there is no field for it, and the server replays', async ({
    page,
  }) => {
    await page.goto(ADDRESS);
    await expect(check(page)).toBeEnabled();
    const body = page.waitForRequest((request) => request.url().endsWith('/submit'));
    await check(page).click();
    const honest = (await body).postDataJSON() as Record<string, unknown>;
    await expect(status(page)).toHaveText('3 of 5 hold');
    const forge = (change: object) =>
      page.evaluate(
        async ({ slug, sent }) => {
          const response = await fetch(`/api/exercises/${slug}/submit`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(sent),
          });
          return { status: response.status, body: (await response.json()) as unknown };
        },
        { slug: SLUG, sent: { ...honest, key: randomUUID(), ...change } },
      );
    expect((await forge({ passed: true })).status).toBe(400);
    expect((await forge({ scenario: { name: 'easy', manifests: [] } })).status).toBe(400);
    expect(await forge({})).toMatchObject({ status: 200, body: { passed: false } });
    expect((await forge({ key: honest['key'], seed: 'another' })).status).toBe(422);
    expect((await attemptsOf(page)).filter(({ isCorrect }) => isCorrect)).toEqual([]);
  });
});

test.describe('without a connection', () => {
  test.use({ provoked: /ERR_INTERNET_DISCONNECTED|Failed to fetch/ });

  test('a check is kept, said to be kept, survives a lost page, and counts once', async ({
    page,
    context,
  }) => {
    await become(context, 'guest');
    await page.goto(ADDRESS);
    await run(page, REPAIR);
    await expect(page.getByText('service/catalog patched')).toBeVisible();
    await context.setOffline(true);
    await check(page).click();
    await expect(page.getByText(/No connection. Your check is kept/)).toBeVisible();
    await context.setOffline(false);
    await page.reload();
    await expect(status(page)).toHaveText('5 of 5 hold');
    expect(await attemptsOf(page)).toEqual([{ isCorrect: true }]);
  });
});

test('the solution is offered, is put at the prompt and is not run', async ({ page }) => {
  await page.goto(ADDRESS);
  await expect(check(page)).toBeEnabled();
  await expect(page.getByText('patch service catalog')).toHaveCount(0);
  await page.getByRole('button', { name: 'I give up: show the solution' }).click();
  const step = page.getByRole('listitem').filter({ hasText: 'patch service catalog' });
  await step.getByRole('button', { name: 'Put at the prompt' }).click();
  await expect(prompt(page)).toHaveValue(REPAIR);
  await expect(page.getByText('service/catalog patched')).toHaveCount(0);
});

for (const theme of ['light', 'dark'] as const)
  for (const width of [1440, 390])
    test(`an exercise is accessible, ${theme}, ${width} px wide, before and after a check`, async ({
      page,
    }) => {
      await page.emulateMedia({ colorScheme: theme });
      await page.setViewportSize({ width, height: 844 });
      await page.goto(ADDRESS);
      await expect(check(page)).toBeEnabled();
      const serious = async () => {
        const { violations } = await new AxeBuilder({ page }).analyze();
        return violations
          .filter(({ impact }) => impact === 'serious' || impact === 'critical')
          .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
      };
      expect(await serious()).toEqual([]);
      await page.getByText('1 · Where to look').click();
      await check(page).click();
      await expect(status(page)).toHaveText('3 of 5 hold');
      expect(await serious()).toEqual([]);
      const isWide = await page.evaluate(
        () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
      );
      expect(isWide, 'scrolls sideways').toBe(false);
    });
