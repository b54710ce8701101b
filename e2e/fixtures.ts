import { execFileSync } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test as base, expect, type BrowserContext, type Page } from '@playwright/test';
import { hash } from '@node-rs/argon2';
import pg from 'pg';

export { expect };

export type Person = 'stranger' | 'guest' | 'learner' | 'author' | 'reviewer' | 'admin';
export const PASSWORD = 'a long walk home';

let url: string | undefined;

/** The database of the server under test: it is asked for as another Hopwise on the same data folder would. */
export function testedDatabaseUrl(): string {
  url ??= execFileSync(process.execPath, ['bin/database.mjs'], {
    encoding: 'utf8',
    env: { ...process.env, HOPWISE_DATA: process.env['E2E_DATA'] },
  }).trim();
  return url;
}

export async function query<Row extends pg.QueryResultRow>(
  sql: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: testedDatabaseUrl() });
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

/** An account with PASSWORD, written straight into the database. Returns its address. */
export async function addAccount(role: Exclude<Person, 'stranger' | 'guest'>): Promise<string> {
  const email = `${role}-${randomUUID()}@example.com`;
  const passwordHash = await hash(PASSWORD, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
  await query(
    'INSERT INTO "User" (id, email, name, role, "passwordHash") VALUES ($1, $2, $3, $4, $5)',
    [randomUUID(), email, `A ${role}`, role.toUpperCase(), passwordHash],
  );
  return email;
}

/** Signs a browser in through next-auth's own door, without the page. */
export async function signIn(context: BrowserContext, email: string): Promise<void> {
  const { csrfToken } = (await (await context.request.get('/api/auth/csrf')).json()) as {
    csrfToken: string;
  };
  const form = { csrfToken, email, password: PASSWORD, json: 'true' };
  const answer = await context.request.post('/api/auth/callback/credentials', { form });
  expect(answer.ok(), 'signing in').toBe(true);
  const session = (await (await context.request.get('/api/auth/session')).json()) as {
    user?: { email: string };
  };
  expect(session.user?.email).toBe(email);
}

/** A guest as the site makes one: a row, and its cookie signed with the secret of the data folder. */
async function becomeGuest(context: BrowserContext): Promise<void> {
  const id = randomUUID();
  await query('INSERT INTO "User" (id, "isGuest") VALUES ($1, true)', [id]);
  const secret =
    process.env['NEXTAUTH_SECRET'] ??
    readFileSync(`${process.env['E2E_DATA']}/auth-secret`, 'utf8');
  const signature = createHmac('sha256', secret).update(`guest:${id}`).digest('base64url');
  await context.addCookies([
    { name: 'hopwise.guest', value: `${id}.${signature}`, domain: 'localhost', path: '/' },
  ]);
}

export async function become(context: BrowserContext, person: Person): Promise<void> {
  if (person === 'guest') await becomeGuest(context);
  else if (person !== 'stranger') await signIn(context, await addAccount(person));
}

/** Whatever a browser complains about: errors, refused scripts, pages that break. An empty list is what we promise. */
export function watchForProblems(page: Page): string[] {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(`page error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() !== 'error') return;
    // The browser reports the status of a page that is meant to be missing.
    if (/status of 40[14]/.test(message.text())) return;
    problems.push(`console: ${message.text()}`);
  });
  return problems;
}

/**
 * Every test fails on an error in the browser that it did not expect. A test that provokes one says which:
 * `test.use({ provoked: /inline event handler/ })`.
 */
export const test = base.extend<{ provoked: RegExp | null; problems: string[] }>({
  provoked: [null, { option: true }],
  problems: [
    async ({ page, provoked }, use) => {
      const problems = watchForProblems(page);
      await use(problems);
      const unexpected = problems.filter((problem) => !provoked?.test(problem));
      expect(unexpected, 'what the browser complained about').toEqual([]);
    },
    { auto: true },
  ],
});
