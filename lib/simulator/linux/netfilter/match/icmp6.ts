import { icmpNumbers } from '../../../packet/icmp-numbers.ts';
import type { Icmp6Match } from '../rule.ts';
import type { MatchSubject } from './subject.ts';

/** Names that ip6tables takes and lists (libip6t_icmp6.c). */
export const ICMP6_TYPES: Readonly<Record<string, number>> = {
  'destination-unreachable': 1,
  'packet-too-big': 2,
  'time-exceeded': 3,
  'parameter-problem': 4,
  'echo-request': 128,
  'echo-reply': 129,
  'router-solicitation': 133,
  'router-advertisement': 134,
  'neighbour-solicitation': 135,
  'neighbour-advertisement': 136,
  redirect: 137,
};

/** icmp6_match of ip6_tables.c. */
export function matchesIcmp6({ type, code, not }: Icmp6Match, { skb }: MatchSubject): boolean {
  const { transport } = skb.packet;
  if (transport.protocol !== 'icmpv6') return false;
  const numbers = icmpNumbers(transport);
  const fits = numbers.type === type && (code === undefined || numbers.code === code);
  return fits !== (not ?? false);
}

export const formatIcmp6 = ({ type, code }: Icmp6Match) =>
  code === undefined ? String(type) : `${type}/${code}`;

export const printIcmp6 = (match: Icmp6Match) =>
  `-m icmp6 ${match.not ? '! ' : ''}--icmpv6-type ${formatIcmp6(match)}`;
