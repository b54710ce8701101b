import { formatIp, parseIp } from './ip.ts';

/** Scopes as RFC 4007 orders them, as far as a cluster has them. */
export type Ipv6Scope = 'host' | 'link' | 'global';

/** Addresses are canonical text, so that a prefix of 16 bits can be read off the first group. */
const firstGroup = (address: string) => Number.parseInt(address.split(':', 1)[0] ?? '', 16);

/** fe80::/10. */
export const isLinkLocal6 = (address: string) =>
  address.includes(':') && (firstGroup(address) & 0xffc0) === 0xfe80;

/** ff00::/8. */
export const isMulticast6 = (address: string) =>
  address.includes(':') && (firstGroup(address) & 0xff00) === 0xff00;

/** The scope of a unicast address (RFC 4291 section 2.4); unique local addresses count as global (RFC 4193). */
export function ipv6Scope(address: string): Ipv6Scope {
  if (address === '::1') return 'host';
  return isLinkLocal6(address) ? 'link' : 'global';
}

/** The link-local address that a device makes of its MAC (modified EUI-64, RFC 4291 appendix A). */
export function linkLocalFromMac(mac: string): string {
  const octets = mac.split(':').map((octet) => Number.parseInt(octet, 16));
  const [first = 0, second = 0, third = 0, ...rest] = octets;
  const interfaceId = [first ^ 0x02, second, third, 0xff, 0xfe, ...rest];
  const value = interfaceId.reduce((sum, octet) => sum * 256n + BigInt(octet), 0n);
  return formatIp({ version: 6, value: (0xfe80n << 112n) + value });
}

/** `ff02::1:ff00:0/104` with the last 24 bits of the address: who asks for its MAC asks this group (RFC 4291 2.7.1). */
export function solicitedNodeGroup(address: string): string {
  const low = (parseIp(address)?.value ?? 0n) & 0xff_ffffn;
  return formatIp({ version: 6, value: (0xff02n << 112n) + 0x1_ff00_0000n + low });
}

/** 33:33 and the last four octets of the group (RFC 2464 section 7). */
export function multicastMac(group: string): string {
  const low = Number((parseIp(group)?.value ?? 0n) & 0xffff_ffffn);
  const octets = [24, 16, 8, 0].map((shift) => ((low >>> shift) & 255).toString(16));
  return ['33', '33', ...octets.map((octet) => octet.padStart(2, '0'))].join(':');
}

/** How many leading bits two IPv6 addresses share (CommonPrefixLen of RFC 6724 section 2.2). */
export function commonPrefixLength(first: string, second: string): number {
  const difference = (parseIp(first)?.value ?? 0n) ^ (parseIp(second)?.value ?? 0n);
  return 128 - difference.toString(2).replace(/^0$/, '').length;
}
