import { parseIp } from '../../../base/ip.ts';
import type { ConnmarkMatch, IpRangeMatch, LengthMatch, MacMatch, PhysdevMatch } from '../rule.ts';
import { nameMatches } from './header.ts';
import { formatMark } from './mark.ts';
import type { MatchSubject } from './subject.ts';
import { formatPortRange } from './transport.ts';

/** xt_length.c: the whole IP packet. */
export const matchesLength = ({ range, not }: LengthMatch, { skb }: MatchSubject) =>
  (skb.packet.length >= range[0] && skb.packet.length <= range[1]) !== (not ?? false);

export const printLength = ({ range, not }: LengthMatch) =>
  `-m length ${not ? '! ' : ''}--length ${formatPortRange(range)}`;

/** xt_mac.c: a packet that came in no frame (one's own) does not match. */
export const matchesMac = ({ mac, not }: MacMatch, { skb }: MatchSubject) =>
  skb.sourceMac !== undefined && (skb.sourceMac === mac) !== (not ?? false);

export const printMac = ({ mac, not }: MacMatch) => `-m mac ${not ? '! ' : ''}--mac-source ${mac}`;

function inRange(address: string, range: readonly [string, string] | undefined): boolean {
  if (!range) return true;
  const [value, first, last] = [address, ...range].map((text) => parseIp(text)?.value ?? -1n);
  return (
    value !== undefined &&
    first !== undefined &&
    last !== undefined &&
    value >= first &&
    value <= last
  );
}

/** xt_iprange.c. */
export function matchesIpRange(match: IpRangeMatch, { skb }: MatchSubject): boolean {
  const { source, destination } = skb.packet;
  const fits = (address: string, range: IpRangeMatch['source'], not: true | undefined) =>
    range === undefined || inRange(address, range) !== (not ?? false);
  return (
    fits(source, match.source, match.notSource) &&
    fits(destination, match.destination, match.notDestination)
  );
}

export function printIpRange(match: IpRangeMatch): string {
  return [
    '-m iprange',
    match.source && `${match.notSource ? '! ' : ''}--src-range ${match.source.join('-')}`,
    match.destination &&
      `${match.notDestination ? '! ' : ''}--dst-range ${match.destination.join('-')}`,
  ]
    .filter(Boolean)
    .join(' ');
}

/** xt_connmark.c: the mark of the connection. */
export const matchesConnmark = (
  { value, mask, not }: ConnmarkMatch,
  { connection }: MatchSubject,
) =>
  connection !== undefined && ((connection.mark & mask) >>> 0 === value >>> 0) !== (not ?? false);

export const printConnmark = ({ value, mask, not }: ConnmarkMatch) =>
  `-m connmark ${not ? '! ' : ''}--mark ${formatMark(value, mask)}`;

/** xt_physdev.c: ports of a bridge, known while br_netfilter shows a bridged packet to the rules of IP. */
export function matchesPhysdev(match: PhysdevMatch, { skb }: MatchSubject): boolean {
  const { physicalInDevice, physicalOutDevice } = skb;
  const isBridged = physicalInDevice !== undefined && physicalOutDevice !== undefined;
  if (match.isBridged && isBridged === (match.isBridged === 'not')) return false;
  if (match.isIn && (physicalInDevice !== undefined) === (match.isIn === 'not')) return false;
  if (match.isOut && (physicalOutDevice !== undefined) === (match.isOut === 'not')) return false;
  const fits = (name: string | undefined, pattern: string | undefined, not: true | undefined) =>
    pattern === undefined || nameMatches(pattern, name) !== (not ?? false);
  return (
    fits(physicalInDevice, match.in, match.notIn) &&
    fits(physicalOutDevice, match.out, match.notOut)
  );
}

/** The options as libxt_physdev prints them. */
export function physdevOptions(match: PhysdevMatch): string {
  const option = (name: string, how: 'is' | 'not' | undefined) =>
    how && `${how === 'not' ? '! ' : ''}--physdev-is-${name}`;
  return [
    option('in', match.isIn),
    match.in !== undefined && `${match.notIn ? '! ' : ''}--physdev-in ${match.in}`,
    option('out', match.isOut),
    match.out !== undefined && `${match.notOut ? '! ' : ''}--physdev-out ${match.out}`,
    option('bridged', match.isBridged),
  ]
    .filter(Boolean)
    .join(' ');
}

export const printPhysdev = (match: PhysdevMatch) => `-m physdev ${physdevOptions(match)}`;
