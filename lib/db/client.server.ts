import 'server-only';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient, type Prisma } from './generated/client.ts';

/** What a query inside `db().$transaction(async (tx) => ...)` speaks to. */
export type Transaction = Prisma.TransactionClient;

const kept = globalThis as unknown as { hopwisePrisma?: PrismaClient };

/**
 * The database. Made at the first call, so that `next build` needs none; kept across hot reloads.
 * A statement that waits longer than 10 s, or a lock longer than 3 s, fails instead of piling up.
 */
export function db(): PrismaClient {
  return (kept.hopwisePrisma ??= create());
}

function create(): PrismaClient {
  const connectionString = process.env['DATABASE_URL'];
  if (!connectionString) throw new Error('DATABASE_URL is not set');
  return new PrismaClient({
    adapter: new PrismaPg({
      connectionString,
      max: Number(process.env['HOPWISE_DB_CONNECTIONS'] ?? 10),
      connectionTimeoutMillis: 3_000,
      statement_timeout: 10_000,
      lock_timeout: 3_000,
    }),
  });
}
