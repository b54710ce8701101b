import { isDestinationTranslated, isSourceTranslated } from '../../conntrack.ts';
import type { Match } from '../rule.ts';
import type { MatchSubject } from './subject.ts';

type ConntrackStateMatch = Extract<Match, { match: 'conntrack-state' }>;

/** xt_conntrack.c: a packet that no connection claims is INVALID, unless tracking was turned off for it. */
export function matchesConntrackState(
  { states, not }: ConntrackStateMatch,
  { skb, connection }: MatchSubject,
): boolean {
  const holds =
    states.includes(skb.connectionState ?? 'INVALID') ||
    (connection !== undefined &&
      ((states.includes('SNAT') && isSourceTranslated(connection)) ||
        (states.includes('DNAT') && isDestinationTranslated(connection))));
  return holds !== (not ?? false);
}

export function printConntrackState(match: ConntrackStateMatch): string {
  const [module, flag] =
    match.module === 'state' ? ['state', '--state'] : ['conntrack', '--ctstate'];
  return `-m ${module} ${match.not ? '! ' : ''}${flag} ${match.states.join(',')}`;
}
