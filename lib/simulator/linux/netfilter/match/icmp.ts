import type { IcmpType } from '../../../packet/packet.ts';
import type { IcmpTypeName, Match } from '../rule.ts';
import type { MatchSubject } from './subject.ts';

type IcmpMatch = Extract<Match, { match: 'icmp' }>;

/** `type` or `type/code`, as iptables-save prints them (RFC 792 numbers). */
export const ICMP_TYPE_NUMBERS: Readonly<Record<IcmpTypeName, string>> = {
  'echo-reply': '0',
  'destination-unreachable': '3',
  'fragmentation-needed': '3/4',
  redirect: '5',
  'host-redirect': '5/1',
  'echo-request': '8',
  'time-exceeded': '11',
};

function namesOf(type: IcmpType): readonly IcmpTypeName[] {
  switch (type) {
    case 'echo-request':
    case 'echo-reply':
      return [type];
    case 'ttl-exceeded':
      return ['time-exceeded'];
    case 'fragmentation-needed':
      return ['destination-unreachable', 'fragmentation-needed'];
    case 'net-unreachable':
    case 'host-unreachable':
    case 'protocol-unreachable':
    case 'port-unreachable':
    case 'admin-prohibited':
      return ['destination-unreachable'];
    case 'redirect':
      return ['redirect', 'host-redirect'];
    case 'neighbour-solicitation':
    case 'neighbour-advertisement':
      return [];
  }
}

/** icmp_match of ip_tables.c. */
export function matchesIcmp(match: IcmpMatch, { skb }: MatchSubject): boolean {
  const { transport } = skb.packet;
  if (transport.protocol !== 'icmp') return false;
  return namesOf(transport.type).includes(match.type) !== (match.not ?? false);
}

export const printIcmp = (match: IcmpMatch) =>
  `-m icmp ${match.not ? '! ' : ''}--icmp-type ${ICMP_TYPE_NUMBERS[match.type]}`;
