import 'server-only';
import { Prisma } from './generated/client.ts';

/** A piece of a statement, for `db().$queryRaw`: values in it are parameters. */
export const sql = Prisma.sql;

/** What a `Json` column takes. */
export type JsonObject = Prisma.InputJsonObject;
