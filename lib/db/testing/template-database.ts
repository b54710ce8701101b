import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { ensureDatabase as ensure } from '../../../bin/database.mjs';

interface Database {
  url: string;
  kind: string;
  stop: () => Promise<void>;
}
const ensureDatabase = ensure as (options: object) => Promise<Database>;

declare module 'vitest' {
  interface ProvidedContext {
    templateUrl: string;
  }
}

/** A Postgres for this run alone (or the one of DATABASE_URL), with a migrated database that workers copy. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'hopwise-test-'));
  chmodSync(folder, 0o755); // run by root, Postgres has an account of its own
  // A test needs no promise to the disk.
  const extra = ['-c', 'fsync=off', '-c', 'full_page_writes=off', '-c', 'max_connections=60'];
  const database = await ensureDatabase({ folder, name: 'template', extra });
  const url = new URL(database.url);
  if (database.kind === 'external') url.pathname = `/hopwise_template_${process.pid}`;
  const prisma = path.resolve('node_modules/prisma/build/index.js');
  const env = { ...process.env, DATABASE_URL: url.toString(), CHECKPOINT_DISABLE: '1' };
  execFileSync(process.execPath, [prisma, 'migrate', 'deploy'], { env, stdio: 'pipe' });
  project.provide('templateUrl', url.toString());
  return async () => {
    if (database.kind === 'external') await dropCopies(url);
    await database.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}

/** On somebody's own Postgres the template and its copies do not stay behind. */
async function dropCopies(template: URL): Promise<void> {
  const prefix = template.pathname.slice(1);
  const admin = new URL(template);
  admin.pathname = '/postgres';
  const client = new pg.Client({ connectionString: admin.toString() });
  await client.connect();
  const { rows } = await client.query<{ datname: string }>(
    'select datname from pg_database where datname = $1 or starts_with(datname, $2)',
    [prefix, `${prefix}_worker_`],
  );
  for (const { datname } of rows) {
    await client.query(`drop database if exists ${client.escapeIdentifier(datname)} with (force)`);
  }
  await client.end();
}
