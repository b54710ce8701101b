import 'server-only';
import { headers } from 'next/headers';
import { env } from '#lib/env/env.server.ts';

/** Did a page of ours send this request? Asked before anything that changes something. */
export async function isSameOrigin(): Promise<boolean> {
  const all = await headers();
  const site = all.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin') return false;
  const origin = all.get('origin');
  // Programs send neither header and carry no cookies of ours by accident; browsers send Origin with every POST.
  if (origin === null) return site === 'same-origin' || all.get('cookie') === null;
  const hosts = [all.get('x-forwarded-host') ?? all.get('host'), new URL(env().HOPWISE_URL).host];
  try {
    return hosts.includes(new URL(origin).host);
  } catch {
    return false; // `Origin: null`, from a sandboxed frame
  }
}
