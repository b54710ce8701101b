import { cidrContains } from '../../../base/cidr.ts';
import type { Match } from '../rule.ts';
import type { MatchSubject } from './subject.ts';

type AddressTypeMatch = Extract<Match, { match: 'address-type' }>;

/**
 * xt_addrtype.c, which asks the routing table what kind of address it is.
 * Simplified: directed broadcast addresses of an interface count as unicast; only 255.255.255.255 is broadcast.
 */
export function matchesAddressType(
  match: AddressTypeMatch,
  { skb, isLocalAddress }: MatchSubject,
): boolean {
  const address = match.side === 'src' ? skb.packet.source : skb.packet.destination;
  const type = isLocalAddress(address)
    ? 'LOCAL'
    : address === '255.255.255.255'
      ? 'BROADCAST'
      : cidrContains('224.0.0.0/4', address)
        ? 'MULTICAST'
        : 'UNICAST';
  return (type === match.type) !== (match.not ?? false);
}

export const printAddressType = (match: AddressTypeMatch) =>
  `-m addrtype ${match.not ? '! ' : ''}--${match.side}-type ${match.type}`;
