import { rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { Page } from '@playwright/test';
import pg from 'pg';
import { expect, query, test, testedDatabaseUrl } from './fixtures.ts';
import { findFreePort, makeDataFolder, startHouse, stopHouse, type House } from './house.ts';

// The database goes away under an open page: every page says so in words, and nothing that was answered is lost.
// The house reaches a database of its own through a wire that the test cuts.
test.describe.configure({ mode: 'serial', timeout: 120_000 });
test.use({ provoked: /status of 50[03]|page error|console/ });

const NAME = `hopwise_away_${process.pid}`;
const QUIZ = '/learn/services/services/quiz';
const data = makeDataFolder('away');
const open = new Set<Socket>();
let isCut = false;
let house: House;

function databaseAt(host?: string): string {
  const url = new URL(testedDatabaseUrl());
  if (host !== undefined) url.host = host;
  url.pathname = `/${NAME}`;
  return url.toString();
}

/** Passes bytes on to the database's port until it is cut: then every connection breaks and none is taken. */
const wire = createServer((near) => {
  if (isCut) return near.destroy();
  const { hostname, port } = new URL(testedDatabaseUrl());
  const far = connect(Number(port || 5432), hostname);
  for (const [socket, other] of [
    [near, far],
    [far, near],
  ] as const) {
    open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      open.delete(socket);
      other.destroy();
    });
    socket.pipe(other);
  }
});

function cut(): void {
  isCut = true;
  for (const socket of open) socket.destroy();
}

const mend = () => (isCut = false);

const status = async (path: string) => (await fetch(`${house.origin}${path}`)).status;

async function attempts(): Promise<number> {
  const client = new pg.Client({ connectionString: databaseAt() });
  await client.connect();
  const { rows } = await client.query<{ n: number }>('SELECT count(*)::int AS n FROM "Attempt"');
  await client.end();
  return rows[0]!.n;
}

const question = (page: Page, n: number) =>
  page.locator('section.question').filter({ hasText: `${n} of 8` });

async function answer(page: Page, n: number): Promise<void> {
  await question(page, n).locator('input').first().check();
  await question(page, n).getByText('Fairly', { exact: true }).click();
  await question(page, n).getByRole('button', { name: 'Check' }).click();
}

test.beforeAll(async () => {
  await query(`CREATE DATABASE ${NAME}`);
  await new Promise<void>((resolve) => wire.listen(0, '127.0.0.1', resolve));
  const { port } = wire.address() as AddressInfo;
  house = await startHouse(data, await findFreePort(), {
    DATABASE_URL: databaseAt(`127.0.0.1:${port}`),
  });
});
test.afterAll(async () => {
  await stopHouse(house);
  cut();
  wire.close();
  await query(`DROP DATABASE IF EXISTS ${NAME} WITH (FORCE)`);
  rmSync(data, { recursive: true, force: true });
});

test('an answer given while the database is away is kept, said to be kept, and counted once', async ({
  page,
}) => {
  await page.goto(`${house.origin}${QUIZ}`);
  await answer(page, 1);
  await expect(question(page, 1).getByRole('status')).toContainText(/right/i);
  expect(await attempts()).toBe(1);
  await page.getByRole('button', { name: /^Next/ }).click();

  cut();
  await expect.poll(() => status('/api/readyz')).toBe(503);
  expect(await status('/api/livez')).toBe(200);
  await answer(page, 2);
  await expect(question(page, 2)).toContainText('Kept in this browser.');

  mend();
  await expect(question(page, 2).getByRole('status')).toContainText(/right/i, { timeout: 45_000 });
  expect(await attempts()).toBe(2);
});

test('an answer outlives the page when the database does not come back in time', async ({
  page,
}) => {
  await page.goto(`${house.origin}${QUIZ}`);
  await answer(page, 1);
  await expect(question(page, 1).getByRole('status')).toContainText(/right/i);
  await page.getByRole('button', { name: /^Next/ }).click();
  const before = await attempts();

  cut();
  await answer(page, 2);
  await expect(question(page, 2)).toContainText('Kept in this browser.');
  await page.goto(`${house.origin}/progress`);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('fault of ours');
  await expect(page.getByText(/the database may be away/)).toBeVisible();

  mend();
  await expect.poll(() => status('/api/readyz')).toBe(200);
  expect(await attempts()).toBe(before);
  await page.goto(`${house.origin}${QUIZ}`);
  await expect.poll(attempts).toBe(before + 1);
});

/** Pages whose text is of use without the reader's progress stay readable; the others say that they stopped. */
const READABLE = ['/', '/learn', '/learn/services', '/learn/services/services'];
const STOPPED = ['/exercises', '/practice', '/progress'];

test('a stranger goes on reading, and is not told of what does not concern them', async ({
  page,
}) => {
  cut();
  for (const path of [...READABLE, ...STOPPED]) {
    await page.goto(`${house.origin}${path}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.getByText('fault of ours')).toHaveCount(0);
  }
  mend();
});

test('somebody with progress reads everywhere that the database may be away, until it is back', async ({
  page,
}) => {
  await page.goto(`${house.origin}${QUIZ}`);
  await answer(page, 1);
  await expect(question(page, 1).getByRole('status')).toContainText(/right/i);
  cut();
  for (const path of [...READABLE, ...STOPPED]) {
    await page.goto(`${house.origin}${path}`);
    await expect(page.getByText('the database may be away')).toBeVisible();
    await expect(page.getByText('fault of ours')).toHaveCount(STOPPED.includes(path) ? 1 : 0);
  }
  mend();
  await expect.poll(() => status('/api/readyz')).toBe(200);
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Progress' })).toBeVisible();
  for (const path of [...READABLE, ...STOPPED]) {
    await page.goto(`${house.origin}${path}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.getByText('the database may be away')).toHaveCount(0);
  }
});

test('signing in while the database is away says so and keeps what was typed', async ({ page }) => {
  await page.goto(`${house.origin}/signin`);
  const panel = page.locator('section[aria-labelledby=signin-title]');
  await panel.getByLabel('E-mail').fill('ada@example.com');
  await panel.getByLabel('Password').fill('a long walk home');
  cut();
  await panel.getByRole('button').last().click();
  await expect(panel.getByRole('alert')).toContainText('Something broke on our side');
  await expect(panel.getByLabel('E-mail')).toHaveValue('ada@example.com');
  mend();
});
