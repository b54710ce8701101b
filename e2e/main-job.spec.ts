import { rmSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import pg from 'pg';
import {
  databaseUrl,
  findFreePort,
  makeDataFolder,
  startHouse,
  stopHouse,
  type House,
} from './house.ts';
import { watchForProblems } from './fixtures.ts';

// The main job, from the first visit to the next day: a guest learns one lesson, repairs one cluster, signs up, and
// finds everything again after the house was stopped and started.
test.describe.configure({ mode: 'serial', timeout: 120_000 });

const data = makeDataFolder('journey');
let port: number;
let house: House;

test.beforeAll(async () => {
  port = await findFreePort();
  house = await startHouse(data, port);
});
test.afterAll(async () => {
  await stopHouse(house);
  rmSync(data, { recursive: true, force: true });
});

async function predict(page: Page): Promise<void> {
  const question = page.getByRole('region', { name: 'Predict first' }).first();
  await question.getByRole('radio', { name: /the Service/ }).check();
  await question.getByText('Certain', { exact: true }).click();
  await question.getByRole('button', { name: 'Predict' }).click();
  await expect(question.getByText('Not as you predicted.')).toBeVisible();
}

/** Walks the figure hop by hop until the destination has been rewritten. */
async function stepTheTrace(page: Page): Promise<void> {
  const figure = page.locator('section.figure').first();
  await figure.getByRole('button', { name: 'First hop' }).click();
  const step = figure.getByRole('button', { name: /^Step/ });
  const current = figure.locator('[aria-current="step"]');
  for (
    let i = 0;
    i < 12 && !(await current.innerText({ timeout: 5_000 })).includes('PREROUTING');
    i++
  ) {
    await step.click();
  }
  await expect(current).toContainText('PREROUTING');
  await expect(figure.getByText(/-j DNAT --to-destination/).first()).toBeVisible();
}

/** Answers every question with its first options: some of them will be wrong. */
async function takeTheQuiz(page: Page): Promise<void> {
  for (let i = 1; i <= 8; i++) {
    const question = page.locator('section.question').filter({ hasText: `${i} of 8` });
    await expect(question).toBeVisible();
    const first = question.locator('input[type=radio], input[type=checkbox]').first();
    if ((await question.locator('.opt input').count()) > 0) await first.check();
    await question.getByText('Fairly', { exact: true }).click();
    await question.getByRole('button', { name: 'Check' }).click();
    await expect(question.getByRole('status')).toContainText(/right/i);
    const next = page.getByRole('button', { name: /^Next/ });
    if (await next.isVisible()) await next.click();
  }
}

async function repairTheCluster(page: Page): Promise<void> {
  const check = page.getByRole('button', { name: /^Check/ });
  await expect(check).toBeEnabled({ timeout: 30_000 });
  const prompt = page.getByLabel(/^Command at/);
  await prompt.fill(`kubectl patch service catalog -p '{"spec":{"selector":{"app":"catalogue"}}}'`);
  await prompt.press('Enter');
  await expect(page.getByText('service/catalog patched')).toBeVisible();
  await check.click();
  await expect(page.getByRole('status').filter({ hasText: 'hold' })).toHaveText('5 of 5 hold');
}

async function signUp(page: Page): Promise<void> {
  await page.goto(`${house.origin}/signin`);
  const panel = page.getByRole('region', { name: /new|create|sign up/i });
  await panel.getByLabel('Name').fill('Ada');
  await panel.getByLabel('E-mail').fill('ada@example.com');
  await panel.getByLabel('Password').fill('a long walk home');
  await panel.getByRole('button').last().click();
  await expect(page).not.toHaveURL(/signin/);
}

async function kept(): Promise<{ attempts: number; passes: number; cards: number }> {
  const client = new pg.Client({ connectionString: databaseUrl(data, port) });
  await client.connect();
  const { rows } = await client.query<{ attempts: number; passes: number; cards: number }>(
    `SELECT (SELECT count(*)::int FROM "Attempt") AS attempts,
       (SELECT count(*)::int FROM "Attempt" WHERE kind = 'EXERCISE' AND "isCorrect") AS passes,
       (SELECT count(*)::int FROM "ReviewCard") AS cards`,
  );
  await client.end();
  return rows[0]!;
}

test('a guest learns, repairs, signs up, and finds it all again after a restart', async ({
  page,
}) => {
  const problems = watchForProblems(page);
  await page.goto(`${house.origin}/learn`);
  await page.getByRole('link', { name: 'Services: the stable front door' }).click();
  await predict(page);
  await stepTheTrace(page);
  await page.goto(`${house.origin}/learn/services/services/quiz`);
  await takeTheQuiz(page);
  await page.goto(`${house.origin}/exercises/selector-matches-nothing`);
  await repairTheCluster(page);
  await signUp(page);

  const before = await kept();
  expect(before.attempts).toBeGreaterThanOrEqual(10);
  expect(before.passes).toBe(1);
  expect(before.cards).toBeGreaterThan(0);

  await stopHouse(house);
  house = await startHouse(data, port);
  expect(await kept()).toEqual(before);
  await page.goto(`${house.origin}/exercises`);
  await expect(page.getByText('Passed', { exact: true })).toBeVisible();
  await page.goto(`${house.origin}/progress`);
  await expect(page.getByRole('heading', { name: 'Progress' })).toBeVisible();
  expect(problems).toEqual([]);
});
