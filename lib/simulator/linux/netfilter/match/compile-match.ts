import { containmentIn } from '../../prefix4.ts';
import type { Match } from '../rule.ts';
import { nameMatches } from './header.ts';
import { isMatch } from './match.ts';
import type { MatchSubject } from './subject.ts';

/** A condition of a rule, with everything that the rule alone decides worked out before. */
export type Test = (subject: MatchSubject) => boolean;

/** What iptables calls the protocol that we call `icmpv6`. */
const PROTOCOL_OF = { icmpv6: 'ipv6-icmp' } as const;

const protocolOf = ({ skb }: MatchSubject): string => {
  const { protocol } = skb.packet.transport;
  return protocol === 'icmpv6' ? PROTOCOL_OF.icmpv6 : protocol;
};

type HeaderMatch = Extract<
  Match,
  { match: 'source' | 'destination' | 'in-interface' | 'out-interface' | 'protocol' }
>;

function compileHeader(match: HeaderMatch): Test {
  switch (match.match) {
    case 'source': {
      const contains = containmentIn(match.cidr);
      return ({ skb }) => contains(skb.packet.source);
    }
    case 'destination': {
      const contains = containmentIn(match.cidr);
      return ({ skb }) => contains(skb.packet.destination);
    }
    case 'in-interface':
      return ({ skb }) => nameMatches(match.name, skb.inDevice);
    case 'out-interface':
      return ({ skb }) => nameMatches(match.name, skb.outDevice);
    case 'protocol':
      return match.protocol === 'all'
        ? () => true
        : (subject) => protocolOf(subject) === match.protocol;
  }
}

const isHeader = (match: Match): match is HeaderMatch =>
  match.match === 'source' ||
  match.match === 'destination' ||
  match.match === 'in-interface' ||
  match.match === 'out-interface' ||
  match.match === 'protocol';

/** A function that says what `isMatch` says. Undefined for what holds always (a comment). */
export function compileMatch(match: Match): Test | undefined {
  if (match.match === 'comment') return undefined;
  if (!isHeader(match)) return (subject) => isMatch(match, subject);
  const test = compileHeader(match);
  return match.not ? (subject) => !test(subject) : test;
}
