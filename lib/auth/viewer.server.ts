import 'server-only';
import { cache } from 'react';
import { headers } from 'next/headers';
import { notFound, redirect } from 'next/navigation';
import type { Route } from 'next';
import { db } from '#lib/db/client.server.ts';
import { clientAddress } from './client-address.server.ts';
import { findSignedInUser } from './login-sessions.server.ts';
import { consume } from './rate-limit.server.ts';
import {
  readGuestCookie,
  readSessionCookie,
  readThemeCookie,
  setGuestCookie,
} from './session-cookie.server.ts';
import type { KnownViewer, Role, Theme, Viewer } from './viewer.ts';

/** Too many new guests from one address. Answer 429. */
export class TooManyGuests extends Error {}

interface UserRow {
  id: string;
  name: string;
  email: string | null;
  role: Role;
  theme: string;
}

const asTheme = (text: string): Theme => (text === 'light' || text === 'dark' ? text : 'system');

function asViewer(
  user: UserRow,
  kind: 'guest' | 'user',
  loginSessionId: string | null,
): KnownViewer {
  const { id, name, email, role, theme } = user;
  return { kind, id, name, email, role, theme: asTheme(theme), loginSessionId };
}

async function readViewer(): Promise<Viewer> {
  const sessionId = await readSessionCookie();
  if (sessionId) {
    const user = await findSignedInUser(sessionId);
    if (user) return asViewer(user, 'user', sessionId);
  }
  const guestId = await readGuestCookie();
  if (!guestId) return { kind: 'none' };
  const guest = await db().user.findFirst({
    where: { id: guestId, isGuest: true, mergedIntoId: null, disabledAt: null },
  });
  return guest ? asViewer(guest, 'guest', null) : { kind: 'none' };
}

/** Who is looking at this request: user, guest or nobody yet. Writes nothing; once per request. */
export const getViewer: () => Promise<Viewer> = cache(readViewer);

/**
 * For pages that can be read without the database: the viewer, or a stranger when somebody's cookie cannot be looked
 * up (`isKnown` false), which the page then says.
 */
export async function getReader(): Promise<{ viewer: Viewer; isKnown: boolean }> {
  try {
    return { viewer: await getViewer(), isKnown: true };
  } catch (error) {
    console.error(error);
    return { viewer: { kind: 'none' }, isKnown: false };
  }
}

/**
 * The viewer, made a guest when there was none: a row and its signed cookie. For the first write of a stranger, so
 * only in server actions and route handlers, where cookies can be set. Throws TooManyGuests past the limit.
 */
export async function requireViewer(): Promise<KnownViewer> {
  const viewer = await readViewer();
  if (viewer.kind !== 'none') return viewer;
  const allowed = await consume('guest-address', await clientAddress());
  if (!allowed.isAllowed) throw new TooManyGuests('too many new guests from this address');
  const guest = await db().user.create({ data: { isGuest: true, theme: await readThemeCookie() } });
  await setGuestCookie(guest.id);
  return asViewer(guest, 'guest', null);
}

/** A user who signed in; anybody else is sent to sign in and comes back to `path`. */
export async function requireUser(path = '/'): Promise<KnownViewer> {
  const viewer = await getViewer();
  if (viewer.kind === 'user') return viewer;
  redirect(`/signin?next=${encodeURIComponent(path)}` as Route);
}

/** A user with one of the roles; for everybody else the page does not exist. */
export async function requireRole(...roles: readonly Role[]): Promise<KnownViewer> {
  const viewer = await getViewer();
  if (viewer.kind === 'user' && roles.includes(viewer.role)) return viewer;
  notFound();
}

export async function userAgent(): Promise<string> {
  return (await headers()).get('user-agent') ?? '';
}
