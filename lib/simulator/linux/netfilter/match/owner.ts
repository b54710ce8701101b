import type { OwnerMatch } from '../rule.ts';
import type { MatchSubject } from './subject.ts';

/**
 * xt_owner.c: who has the socket that sends. Packets from elsewhere have none, and match nothing, `!` or not.
 * Simplified: the group is the user's; a packet of the kernel counts as root's.
 */
export function matchesOwner({ range, not }: OwnerMatch, { skb }: MatchSubject): boolean {
  if (skb.inDevice !== undefined && skb.inDevice !== 'lo') return false;
  const id = skb.uid ?? 0;
  return (id >= range[0] && id <= range[1]) !== (not ?? false);
}

export function printOwner({ of, range: [first, last], not }: OwnerMatch): string {
  const ids = first === last ? String(first) : `${first}-${last}`;
  return `-m owner ${not ? '! ' : ''}--${of}-owner ${ids}`;
}
