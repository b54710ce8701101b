import type { OwnerMatch } from '../rule.ts';
import type { MatchSubject } from './subject.ts';

/**
 * xt_owner.c: who has the socket that sends. What is forwarded, and what the kernel itself sends (a reset, an ICMP error, the
 * FIN of a socket that was closed), has no owner: it matches where the option is negated.
 * Simplified: the group is the user's.
 */
export function matchesOwner({ range, not }: OwnerMatch, { skb }: MatchSubject): boolean {
  const { uid } = skb;
  const isOwner = uid !== undefined && uid >= range[0] && uid <= range[1];
  return isOwner !== (not ?? false);
}

export function printOwner({ of, range: [first, last], not }: OwnerMatch): string {
  const ids = first === last ? String(first) : `${first}-${last}`;
  return `-m owner ${not ? '! ' : ''}--${of}-owner ${ids}`;
}
