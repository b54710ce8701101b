import 'server-only';
import { Prisma } from './generated/client.ts';

/** Did the database refuse a row because its key is taken? */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';
}
