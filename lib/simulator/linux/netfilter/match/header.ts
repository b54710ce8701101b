import { cidrContains } from '../../../base/cidr.ts';
import type { Match } from '../rule.ts';
import type { MatchSubject } from './subject.ts';

export type HeaderMatch = Extract<
  Match,
  { match: 'source' | 'destination' | 'in-interface' | 'out-interface' | 'protocol' }
>;

/** Names that iptables knows without a look at /etc/protocols, by number. */
const PROTOCOL_NUMBERS: Readonly<Record<string, string>> = {
  '1': 'icmp',
  '6': 'tcp',
  '17': 'udp',
  '33': 'dccp',
  '47': 'gre',
  '50': 'esp',
  '51': 'ah',
  '58': 'ipv6-icmp',
  '132': 'sctp',
  '136': 'udplite',
};

/** The protocol as iptables-save prints it, or undefined when there is none of that name or number. */
export function protocolName(text: string): string | undefined {
  const lower = text.toLowerCase();
  if (lower === 'icmpv6') return 'ipv6-icmp';
  if (lower === 'all' || Object.values(PROTOCOL_NUMBERS).includes(lower)) return lower;
  if (!/^\d{1,3}$/.test(lower) || Number(lower) > 255) return undefined;
  return lower === '0' ? 'all' : (PROTOCOL_NUMBERS[lower] ?? lower);
}

/** `cni+` stands for every name that begins so (ifname_compare). */
export const nameMatches = (pattern: string, name: string | undefined) =>
  pattern.endsWith('+') ? (name ?? '').startsWith(pattern.slice(0, -1)) : name === pattern;

function compare(match: HeaderMatch, { skb }: MatchSubject): boolean {
  switch (match.match) {
    case 'source':
      return cidrContains(match.cidr, skb.packet.source);
    case 'destination':
      return cidrContains(match.cidr, skb.packet.destination);
    case 'in-interface':
      return nameMatches(match.name, skb.inDevice);
    case 'out-interface':
      return nameMatches(match.name, skb.outDevice);
    case 'protocol':
      return (
        match.protocol === 'all' || match.protocol === protocolName(skb.packet.transport.protocol)
      );
  }
}

/** ip_packet_match of the kernel's ip_tables.c. */
export function matchesHeader(match: HeaderMatch, subject: MatchSubject): boolean {
  return compare(match, subject) !== (match.not ?? false);
}

const FLAGS = {
  source: '-s',
  destination: '-d',
  'in-interface': '-i',
  'out-interface': '-o',
  protocol: '-p',
} as const;

export function printHeader(match: HeaderMatch): string {
  const not = match.not ? '! ' : '';
  switch (match.match) {
    case 'source':
    case 'destination':
      return `${not}${FLAGS[match.match]} ${match.cidr}`;
    case 'in-interface':
    case 'out-interface':
      return `${not}${FLAGS[match.match]} ${match.name}`;
    case 'protocol':
      return `${not}${FLAGS[match.match]} ${match.protocol}`;
  }
}
