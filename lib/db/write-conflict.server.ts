import 'server-only';
import { Prisma } from './generated/client.ts';
import { isUniqueViolation } from './unique-violation.server.ts';

/** Did two writers meet? Of a key (23505), a lock (55P03), a deadlock (40P01) or a snapshot (40001). Trying again may help. */
export function isWriteConflict(error: unknown): boolean {
  if (isUniqueViolation(error)) return true;
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return false;
  if (error.code === 'P2034') return true;
  const told = `${error.message} ${JSON.stringify(error.meta)}`;
  return error.code === 'P2010' && /\b(23505|55P03|40P01|40001)\b/.test(told);
}
