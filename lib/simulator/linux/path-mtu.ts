import { SECOND, type Micros } from '../base/clock.ts';
import { findRoute } from './routes.ts';
import type { NetworkNamespace } from './network.ts';

/** net.ipv4.route.mtu_expires: what a router said counts for ten minutes. */
const EXPIRES = 600 * SECOND;
/** net.ipv4.route.min_pmtu, and the least that IPv6 asks of a link (RFC 8200 section 5). */
const LEAST = { 4: 552, 6: 1280 } as const;
const ETHERNET_MTU = 1500;

const familyOf = (address: string): 4 | 6 => (address.includes(':') ? 6 : 4);

/** Notes what a router said of the way to `address` (ip_rt_update_pmtu): less than before, for ten minutes. */
export function learnPathMtu(
  namespace: NetworkNamespace,
  address: string,
  mtu: number,
  now: Micros,
): void {
  const limit = Math.max(mtu, LEAST[familyOf(address)]);
  (namespace.pathMtus ??= {})[address] = { mtu: limit, expiresAt: now + EXPIRES };
}

/** What a router said of the way to `address`, while that counts. */
export function learnedPathMtu(
  { pathMtus }: NetworkNamespace,
  address: string,
  now: Micros,
): number | undefined {
  const known = pathMtus?.[address];
  return known && known.expiresAt > now ? known.mtu : undefined;
}

/** The longest packet that this machine believes gets to `address` in one piece: the device's MTU, or less if it was told so. */
export function pathMtuTo(namespace: NetworkNamespace, address: string, now: Micros): number {
  const device = findRoute(namespace, address)?.device;
  const mtu = namespace.links[device ?? '']?.mtu ?? ETHERNET_MTU;
  return Math.min(mtu, learnedPathMtu(namespace, address, now) ?? mtu);
}
