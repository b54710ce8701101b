import 'server-only';
import { db } from '#lib/db/client.server.ts';
import { readGuestCookie } from './session-cookie.server.ts';
import { normaliseEmail } from './normalise-email.ts';

export type GithubAnswer =
  { readonly kind: 'in'; readonly userId: string } | { readonly kind: 'refused' };

/**
 * The user behind a GitHub account: known by GitHub's number for it, never by the e-mail address, so that nobody takes
 * over an account by owning the same address there. A new person keeps the guest row of this browser. When the address
 * already has an account here the answer is `refused`: sign in with the password.
 */
export async function signInWithGithub(
  providerAccountId: string,
  profile: { email?: string; name?: string; login?: string },
): Promise<GithubAnswer> {
  const key = { provider: 'github', providerAccountId };
  const known = await db().account.findUnique({
    where: { provider_providerAccountId: key },
    include: { user: true },
  });
  if (known)
    return known.user.disabledAt ? { kind: 'refused' } : { kind: 'in', userId: known.userId };
  const email = profile.email ? normaliseEmail(profile.email) : null;
  if (email !== null && (await db().user.findUnique({ where: { email } })))
    return { kind: 'refused' };
  const guestId = await readGuestCookie();
  return db().$transaction(async (tx) => {
    const data = { email, name: profile.name ?? profile.login ?? '', isGuest: false };
    const where = {
      id: guestId ?? '00000000-0000-0000-0000-000000000000',
      isGuest: true,
      mergedIntoId: null,
    };
    const kept = await tx.user.updateManyAndReturn({ where, data });
    const user = kept[0] ?? (await tx.user.create({ data }));
    await tx.account.create({ data: { ...key, userId: user.id } });
    return { kind: 'in', userId: user.id };
  });
}
