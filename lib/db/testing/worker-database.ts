import pg from 'pg';
import { inject } from 'vitest';

// One database for each worker, copied from the template; the files of a worker share it.
const template = new URL(inject('templateUrl'));
const templateName = template.pathname.slice(1);
const name = `${templateName}_worker_${process.env['VITEST_POOL_ID'] ?? '0'}`;

async function copyTemplate(): Promise<void> {
  const admin = new URL(template);
  admin.pathname = '/postgres';
  const client = new pg.Client({ connectionString: admin.toString() });
  await client.connect();
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (found.rowCount === 0) {
      const copy = client.escapeIdentifier(name);
      await client.query(
        `create database ${copy} template ${client.escapeIdentifier(templateName)}`,
      );
    }
  } finally {
    await client.end();
  }
}

await copyTemplate();
const url = new URL(template);
url.pathname = `/${name}`;
process.env['DATABASE_URL'] = url.toString();
process.env['NEXTAUTH_SECRET'] = 'a secret for tests alone, 0123456789';
process.env['HOPWISE_URL'] = 'http://localhost:3000';
