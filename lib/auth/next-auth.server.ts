import 'server-only';
import type { NextAuthOptions, Profile } from 'next-auth';
import Credentials from 'next-auth/providers/credentials';
import GitHub from 'next-auth/providers/github';
import { db } from '#lib/db/client.server.ts';
import { env, isHttps } from '#lib/env/env.server.ts';
import { clientAddress } from './client-address.server.ts';
import { findSignedInUser, createLoginSession } from './login-sessions.server.ts';
import { mergeGuest } from './merge-guest.server.ts';
import { cookieOptions, readGuestCookie, sessionCookieName } from './session-cookie.server.ts';
import { checkCredentials } from './sign-in.server.ts';
import { signInWithGithub } from './sign-in-with-github.server.ts';
import { userAgent } from './viewer.server.ts';

export function isGithubConfigured(): boolean {
  return env().GITHUB_ID !== undefined && env().GITHUB_SECRET !== undefined;
}

function providers(): NextAuthOptions['providers'] {
  const credentials = Credentials({
    name: 'E-mail and password',
    credentials: { email: { type: 'email' }, password: { type: 'password' } },
    async authorize(given) {
      if (!given?.email || !given.password) return null;
      const answer = await checkCredentials(given.email, given.password, await clientAddress());
      return answer.kind === 'right'
        ? { id: answer.user.id, email: answer.user.email, name: answer.user.name }
        : null;
    },
  });
  const { GITHUB_ID, GITHUB_SECRET } = env();
  if (GITHUB_ID === undefined || GITHUB_SECRET === undefined) return [credentials];
  return [credentials, GitHub({ clientId: GITHUB_ID, clientSecret: GITHUB_SECRET })];
}

/** Makes anew what follows from attempts; given from above, because this room knows no feature. */
type AfterMerge = (userId: string) => Promise<void>;

/** A new log-in row for a user that next-auth just let in, and the guest's work of this browser moved over. */
async function openLogin(userId: string, afterMerge: AfterMerge): Promise<string> {
  const user = await db().user.findUniqueOrThrow({ where: { id: userId } });
  const guestId = await readGuestCookie();
  if (guestId !== null && (await mergeGuest(guestId, userId))) await afterMerge(userId);
  return createLoginSession(user, await userAgent());
}

/**
 * next-auth, made at each request so that a build needs neither secret nor database. Its token is only an envelope for
 * the id of a LoginSession row; viewer.server.ts reads the same cookie and looks the row up at every request.
 */
export function authOptions(afterMerge: AfterMerge): NextAuthOptions {
  return {
    secret: env().NEXTAUTH_SECRET,
    session: { strategy: 'jwt', maxAge: 30 * 24 * 3_600 },
    useSecureCookies: isHttps(),
    cookies: { sessionToken: { name: sessionCookieName(), options: cookieOptions() } },
    pages: { signIn: '/signin', error: '/signin' },
    providers: providers(),
    callbacks: {
      async signIn({ user, account, profile }) {
        if (account?.provider !== 'github') return true;
        const found = await signInWithGithub(account.providerAccountId, profile as GithubProfile);
        if (found.kind === 'refused') return '/signin?problem=github-email-known';
        user.id = found.userId;
        return true;
      },
      async jwt({ token, user }) {
        // `user` is there at sign-in alone; its type says "always".
        if ((user as unknown) !== undefined) {
          token.sub = user.id;
          token['sid'] = await openLogin(user.id, afterMerge);
        }
        return token;
      },
      async session({ session, token }) {
        const id = token['sid'];
        const user = typeof id === 'string' ? await findSignedInUser(id) : null;
        return user
          ? { ...session, user: { name: user.name, email: user.email } }
          : { expires: new Date(0).toISOString() };
      },
    },
    events: {
      async signOut({ token }) {
        const id = token['sid'];
        if (typeof id === 'string')
          await db().loginSession.updateMany({ where: { id }, data: { revokedAt: new Date() } });
      },
    },
  };
}

export type GithubProfile = Profile & { login?: string };
