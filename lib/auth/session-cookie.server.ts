import 'server-only';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { cookies } from 'next/headers';
import { decode, encode } from 'next-auth/jwt';
import { env, isHttps } from '#lib/env/env.server.ts';
import { THEMES, type Theme } from './viewer.ts';

const MONTH = 30 * 24 * 3_600;
const YEAR = 365 * 24 * 3_600;

/** Over https the browser itself guards these names: Secure, this host alone, the whole site. */
const named = (name: string) => (isHttps() ? `__Host-hopwise.${name}` : `hopwise.${name}`);
export const sessionCookieName = () => named('session');
export const guestCookieName = () => named('guest');
export const THEME_COOKIE = 'hopwise.theme';

export const cookieOptions = () => ({
  httpOnly: true,
  sameSite: 'lax' as const,
  path: '/',
  secure: isHttps(),
});

/** The same token that next-auth writes; it carries the id of the LoginSession and is worth nothing without that row. */
export async function setSessionCookie(userId: string, loginSessionId: string): Promise<void> {
  const value = await encode({
    token: { sub: userId, sid: loginSessionId },
    secret: env().NEXTAUTH_SECRET,
    maxAge: MONTH,
  });
  (await cookies()).set(sessionCookieName(), value, { ...cookieOptions(), maxAge: MONTH });
}

/** The LoginSession id in this request's cookie; null for none, a forged, an old or a foreign one. */
export async function readSessionCookie(): Promise<string | null> {
  const value = (await cookies()).get(sessionCookieName())?.value;
  if (!value) return null;
  try {
    const token = await decode({ token: value, secret: env().NEXTAUTH_SECRET });
    return typeof token?.['sid'] === 'string' ? token['sid'] : null;
  } catch {
    return null;
  }
}

export async function clearSessionCookie(): Promise<void> {
  (await cookies()).set(sessionCookieName(), '', { ...cookieOptions(), maxAge: 0 });
}

function signatureOf(guestId: string): string {
  return createHmac('sha256', env().NEXTAUTH_SECRET).update(`guest:${guestId}`).digest('base64url');
}

export async function setGuestCookie(guestId: string): Promise<void> {
  const value = `${guestId}.${signatureOf(guestId)}`;
  (await cookies()).set(guestCookieName(), value, { ...cookieOptions(), maxAge: YEAR });
}

/** The guest id in this request's cookie, when we signed it. */
export async function readGuestCookie(): Promise<string | null> {
  const [id = '', signature = ''] = ((await cookies()).get(guestCookieName())?.value ?? '').split(
    '.',
  );
  const expected = Buffer.from(signatureOf(id));
  const given = Buffer.from(signature);
  if (id === '' || given.length !== expected.length || !timingSafeEqual(given, expected))
    return null;
  return id;
}

export async function clearGuestCookie(): Promise<void> {
  (await cookies()).set(guestCookieName(), '', { ...cookieOptions(), maxAge: 0 });
}

/** Not secret: the layout reads it to draw the right theme at once, also for strangers. */
export async function setThemeCookie(theme: Theme): Promise<void> {
  (await cookies()).set(THEME_COOKIE, theme, { ...cookieOptions(), maxAge: YEAR });
}

export async function readThemeCookie(): Promise<Theme> {
  const value = (await cookies()).get(THEME_COOKIE)?.value;
  return THEMES.find((theme) => theme === value) ?? 'system';
}
