import 'server-only';
import { db } from '#lib/db/client.server.ts';
import { isUniqueViolation } from '#lib/db/unique-violation.server.ts';
import { hashPassword, TooManyHashes } from './passwords.server.ts';
import { consume } from './rate-limit.server.ts';
import { normaliseEmail } from './normalise-email.ts';
import type { Role, Viewer } from './viewer.ts';

export type RegisterAnswer =
  | { readonly kind: 'registered'; readonly user: { id: string; role: Role; theme: string } }
  | { readonly kind: 'taken' }
  | { readonly kind: 'limited'; readonly retryAfterSeconds: number }
  | { readonly kind: 'busy' };

export interface Registration {
  readonly email: string;
  readonly password: string;
  readonly name: string;
}

/** Makes an account. A guest keeps the row, and so everything done before. Rules of the password are the caller's. */
export async function register(
  viewer: Viewer,
  wanted: Registration,
  address: string,
): Promise<RegisterAnswer> {
  const allowed = await consume('register-address', address);
  if (!allowed.isAllowed) return { kind: 'limited', retryAfterSeconds: allowed.retryAfterSeconds };
  try {
    const passwordHash = await hashPassword(wanted.password); // before the look-up: time does not tell
    const data = {
      email: normaliseEmail(wanted.email),
      name: wanted.name.trim(),
      passwordHash,
      isGuest: false,
    };
    if (viewer.kind === 'guest') {
      const kept = await db().user.updateManyAndReturn({
        where: { id: viewer.id, isGuest: true, mergedIntoId: null },
        data,
      });
      if (kept[0]) return { kind: 'registered', user: kept[0] };
    }
    return { kind: 'registered', user: await db().user.create({ data }) };
  } catch (error) {
    if (error instanceof TooManyHashes) return { kind: 'busy' };
    if (isUniqueViolation(error)) return { kind: 'taken' };
    throw error;
  }
}
