import { isDestinationTranslated, isSourceTranslated } from '../../conntrack.ts';
import type { ConntrackCondition, Match } from '../rule.ts';
import type { MatchSubject } from './subject.ts';

type ConntrackStateMatch = Extract<Match, { match: 'conntrack-state' }>;

/** xt_conntrack.c: a packet that no connection claims is INVALID, unless tracking was turned off for it. */
export function matchesConntrackState(
  match: ConntrackStateMatch,
  { skb, connection }: MatchSubject,
): boolean {
  const conditions: ConntrackCondition[] = [skb.connectionState ?? 'INVALID'];
  if (connection && isSourceTranslated(connection)) conditions.push('SNAT');
  if (connection && isDestinationTranslated(connection)) conditions.push('DNAT');
  return conditions.some((condition) => match.states.includes(condition)) !== (match.not ?? false);
}

export function printConntrackState(match: ConntrackStateMatch): string {
  const [module, flag] =
    match.module === 'state' ? ['state', '--state'] : ['conntrack', '--ctstate'];
  return `-m ${module} ${match.not ? '! ' : ''}${flag} ${match.states.join(',')}`;
}
