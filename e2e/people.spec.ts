import { randomUUID } from 'node:crypto';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { addAccount, become, expect, PASSWORD, query, signIn, test } from './fixtures.ts';

const address = () => `${randomUUID()}@example.com`;
const section = (page: Page, title: string) =>
  page.locator('section', { has: page.getByRole('heading', { name: title, exact: true }) });

async function register(page: Page, email: string): Promise<void> {
  await page.goto('/signin?next=/settings');
  const form = section(page, 'I am new here');
  await form.getByLabel('E-mail address').fill(email);
  await form.getByLabel('Password').fill(PASSWORD);
  await form.getByRole('button', { name: 'Create account' }).click();
  await expect(page).toHaveURL(/^[^?]*\/settings$/);
}

test('a guest signs up and keeps the row; deletion leaves nothing', async ({ page, context }) => {
  await become(context, 'guest');
  const cookie = (await context.cookies()).find(({ name }) => name === 'hopwise.guest');
  const id = cookie?.value.split('.')[0];
  const email = address();
  await register(page, email);
  expect(await query('SELECT id, "isGuest" FROM "User" WHERE email = $1', [email])).toEqual([
    { id, isGuest: false },
  ]);
  const data = section(page, 'Your data');
  await data.getByLabel('Type delete to confirm').fill('delete');
  await data.getByLabel('Password').fill('not it');
  await data.getByRole('button', { name: 'Delete my data' }).click();
  await expect(data.getByRole('alert')).toHaveText(/not right/);
  await data.getByLabel('Type delete to confirm').fill('delete');
  await data.getByLabel('Password').fill(PASSWORD);
  await data.getByRole('button', { name: 'Delete my data' }).click();
  await expect(page).toHaveURL(/\/$/);
  expect(await query('SELECT id FROM "User" WHERE id = $1', [id])).toEqual([]);
});

test('a wrong password and a weak one are told in a sentence, and what was typed stays', async ({
  page,
}) => {
  await page.goto('/signin');
  const known = section(page, 'I have an account');
  await known.getByLabel('E-mail address').fill('nobody@example.com');
  await known.getByLabel('Password').fill('wrong');
  await known.getByRole('button', { name: 'Sign in' }).click();
  await expect(known.getByRole('alert')).toHaveText(
    'E-mail address and password do not match an account.',
  );
  await expect(known.getByLabel('E-mail address')).toHaveValue('nobody@example.com');
  await expect(known.getByLabel('Password')).toHaveValue('');
  const unknown = section(page, 'I am new here');
  const email = address();
  await unknown.getByLabel('E-mail address').fill(email);
  await unknown.getByLabel('Password').fill('kubernetes1');
  await unknown.getByRole('button', { name: 'Create account' }).click();
  await expect(unknown.getByText(/names the product or the subject/)).toBeVisible();
  await expect(unknown.getByLabel('E-mail address')).toHaveValue(email);
});

test('signing in leads only to our own pages', async ({ page }) => {
  const email = await addAccount('learner');
  await page.goto('/signin?next=//evil.example/');
  const form = section(page, 'I have an account');
  await form.getByLabel('E-mail address').fill(email);
  await form.getByLabel('Password').fill(PASSWORD);
  await form.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/^http:\/\/localhost:\d+\/$/);
});

test('another browser is signed out from the list, and by a new password', async ({
  page,
  browser,
  context,
}) => {
  const email = await addAccount('learner');
  const other = await browser.newContext();
  const sees = async () =>
    ((await (await other.request.get('/api/auth/session')).json()) as { user?: object }).user !==
    undefined;
  await signIn(context, email);
  await signIn(other, email);
  await page.goto('/settings');
  const sessions = section(page, 'Where you are signed in');
  await sessions.getByRole('button', { name: 'Sign out', exact: true }).click();
  await expect(sessions.getByRole('listitem')).toHaveCount(1);
  expect(await sees()).toBe(false);
  await signIn(other, email);
  const password = section(page, 'Password');
  await password.getByLabel('Password now').fill(PASSWORD);
  await password.getByLabel('New password').fill('another long walk');
  await password.getByRole('button', { name: 'Change password' }).click();
  await expect(password.getByRole('status')).toHaveText(/Every other browser/);
  expect(await sees()).toBe(false);
  await page.reload();
  await expect(sessions.getByText('This browser')).toBeVisible();
  await other.close();
});

test('an administrator invites an author, who follows the link once', async ({
  page,
  context,
  browser,
}) => {
  await become(context, 'admin');
  await page.goto('/admin');
  const email = address();
  const invite = section(page, 'Invite somebody');
  await invite.getByLabel('E-mail address').fill(email);
  await invite.getByLabel('Role').selectOption('Author');
  await invite.getByRole('button', { name: 'Make an invitation' }).click();
  const link = await invite.getByLabel('Link').inputValue();
  const other = await browser.newContext();
  const guest = await other.newPage();
  await guest.goto(link);
  await guest.getByLabel('Password').fill(PASSWORD);
  await guest.getByRole('button', { name: 'Create account' }).click();
  await expect(guest).toHaveURL(/\/$/);
  expect(await query('SELECT role FROM "User" WHERE email = $1', [email])).toEqual([
    { role: 'AUTHOR' },
  ]);
  await guest.goto(link);
  await expect(
    guest.getByRole('heading', { name: 'This link does not work any more' }),
  ).toBeVisible();
  await other.close();
});

test('the export is a file with everything', async ({ context }) => {
  const email = await addAccount('learner');
  await signIn(context, email);
  const response = await context.request.get('/api/account/export');
  expect(response.headers()['content-disposition']).toContain('hopwise-export.json');
  expect(await response.json()).toMatchObject({ User: { email }, Attempt: [] });
});

test('the theme is kept, also for strangers', async ({ page }) => {
  await page.goto('/settings');
  await page.getByLabel('Colours').selectOption('Dark');
  await section(page, 'Look').getByRole('button', { name: 'Save' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});

for (const [path, person] of [
  ['/signin', 'stranger'],
  ['/settings', 'learner'],
  ['/admin', 'admin'],
] as const) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`${path} has no serious finding of axe in ${colorScheme}, and fits 390 px`, async ({
      page,
      context,
    }) => {
      await become(context, person);
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width: 390, height: 844 });
      await page.goto(path);
      const { violations } = await new AxeBuilder({ page }).analyze();
      const serious = violations.filter(
        ({ impact }) => impact === 'serious' || impact === 'critical',
      );
      expect(serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - window.innerWidth,
      );
      expect(overflow).toBeLessThanOrEqual(0);
    });
  }
}
