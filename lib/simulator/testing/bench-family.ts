import { formatSocketAddress } from '../base/flow.ts';
import type { IpVersion } from '../base/ip.ts';

/** What stands for 10.96.A.B, 192.168.10.N and so on in a cluster of both families. */
const PREFIXES: readonly (readonly [start: string, prefix: string])[] = [
  ['10.96.', 'fd00:10:96::'],
  ['10.244.0.', 'fd00:10:244::'],
  ['203.0.113.', '2001:db8:203::'],
];

const lastOf = (address: string, count: number) =>
  address
    .split('.')
    .slice(-count)
    .reduce((sum, part) => sum * 256 + Number(part), 0);

/** The IPv6 address that plays the part of an IPv4 one of the bench. */
function sixFor(address: string): string {
  if (address === '127.0.0.1') return '::1';
  if (address.startsWith('192.168.10.')) return `fd00:10::${lastOf(address, 1)}`;
  const known = PREFIXES.find(([start]) => address.startsWith(start));
  if (!known) throw new Error(`no IPv6 address for ${address}`);
  const [start, prefix] = known;
  return `${prefix}${lastOf(address, start === '10.96.' ? 2 : 1).toString(16)}`;
}

/** An address of the bench in one family. */
export const inFamily = (address: string, family: IpVersion) =>
  family === 4 ? address : sixFor(address);

/** `10.96.1.1:80`, `10.96.1.14:53/udp` in one family. */
export function targetInFamily(target: string, family: IpVersion): string {
  const [, address = '', port = '0', rest = ''] = /^([\d.]+):(\d+)(.*)$/.exec(target) ?? [];
  return formatSocketAddress({ address: inFamily(address, family), port: Number(port) }) + rest;
}
