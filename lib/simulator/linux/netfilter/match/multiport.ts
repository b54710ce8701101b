import type { Match } from '../rule.ts';
import type { MatchSubject } from './subject.ts';
import { formatPortRange } from './transport.ts';

type MultiportMatch = Extract<Match, { match: 'multiport' }>;

/** xt_multiport.c. */
export function matchesMultiport(match: MultiportMatch, { skb }: MatchSubject): boolean {
  const { transport } = skb.packet;
  if (!('sourcePort' in transport)) return false;
  const isListed = (port: number) =>
    match.ports.some(([first, last]) => port >= first && port <= last);
  const found =
    (match.side !== 'destination' && isListed(transport.sourcePort)) ||
    (match.side !== 'source' && isListed(transport.destinationPort));
  return found !== (match.not ?? false);
}

const FLAGS = { source: '--sports', destination: '--dports', either: '--ports' } as const;

export const printMultiport = (match: MultiportMatch) =>
  `-m multiport ${match.not ? '! ' : ''}${FLAGS[match.side]} ${match.ports.map(formatPortRange).join(',')}`;
