// Runs at every start, after the migrations: checks the environment, and says how to make the first administrator.
import { createFirstAdminLink } from '#lib/auth/one-time-links.server.ts';
import { db } from '#lib/db/client.server.ts';
import { env } from '#lib/env/env.server.ts';

try {
  env();
  const path = await createFirstAdminLink();
  if (path !== undefined) console.log(`first-admin ${path}`); // bin/start.mjs reads this line
  await db().$disconnect();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
