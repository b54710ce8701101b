import 'server-only';
import { db } from '#lib/db/client.server.ts';
import { createLoginSession } from './login-sessions.server.ts';
import { normaliseEmail } from './normalise-email.ts';
import { mergeGuest } from './merge-guest.server.ts';
import { hashPassword, needsRehash, TooManyHashes, verifyPassword } from './passwords.server.ts';
import { consume, forget, giveBack, type Limit } from './rate-limit.server.ts';
import {
  clearGuestCookie,
  readGuestCookie,
  setSessionCookie,
  setThemeCookie,
} from './session-cookie.server.ts';
import { userAgent } from './viewer.server.ts';
import type { Role } from './viewer.ts';

export type CredentialsAnswer =
  | {
      readonly kind: 'right';
      readonly user: { id: string; email: string | null; name: string; role: Role; theme: string };
    }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'limited'; readonly retryAfterSeconds: number }
  | { readonly kind: 'busy' };

/**
 * Checks an e-mail address and a password from a client address. Unknown, disabled and wrong take the same time and
 * give the same answer. Throws when the database is away: nobody is let in then.
 */
export async function checkCredentials(
  email: string,
  password: string,
  address: string,
): Promise<CredentialsAnswer> {
  const account = normaliseEmail(email);
  const counted: [Limit, string][] = [
    ['sign-in-account-and-address', `${account} ${address}`],
    ['sign-in-account', account],
    ['sign-in-address', address],
  ];
  for (const [limit, who] of counted) {
    const answer = await consume(limit, who);
    if (!answer.isAllowed) return { kind: 'limited', retryAfterSeconds: answer.retryAfterSeconds };
  }
  const user = await db().user.findUnique({ where: { email: account } });
  const stored = user && !user.disabledAt && !user.isGuest ? user.passwordHash : null;
  try {
    if (!(await verifyPassword(password, stored)) || !user || !stored) return { kind: 'wrong' };
    if (needsRehash(stored)) {
      await db().user.update({
        where: { id: user.id },
        data: { passwordHash: await hashPassword(password) },
      });
    }
  } catch (error) {
    if (error instanceof TooManyHashes) return { kind: 'busy' };
    throw error;
  }
  await forget('sign-in-account-and-address', `${account} ${address}`);
  await giveBack('sign-in-account', account);
  await giveBack('sign-in-address', address);
  return { kind: 'right', user };
}

/**
 * Lets this browser in as `user`: a new log-in, its cookie, and the work that a guest did here before moves to the
 * account. Returns the id of the guest that was merged, so that what is derived from attempts can be made anew.
 */
export async function startLogin(user: {
  id: string;
  role: Role;
  theme: string;
}): Promise<{ mergedGuestId: string | null }> {
  const guestId = await readGuestCookie();
  const isMerged = guestId !== null && (await mergeGuest(guestId, user.id));
  const session = await createLoginSession(user, await userAgent());
  await setSessionCookie(user.id, session);
  if (guestId !== null) await clearGuestCookie();
  if (user.theme === 'light' || user.theme === 'dark') await setThemeCookie(user.theme);
  return { mergedGuestId: isMerged ? guestId : null };
}
