import { isInIpset } from '../ipset/look-up.ts';
import type { SetMatch } from '../rule.ts';
import type { MatchSubject } from './subject.ts';

/** xt_set.c: `src` and `dst` say which address (and which port) each part of an element is compared with. */
export function matchesIpset({ set, sides, not }: SetMatch, subject: MatchSubject): boolean {
  const found = isInIpset(subject.ipsets ?? {}, set, sides, subject.skb.packet, subject.now);
  return found !== (not ?? false);
}

export const printIpset = ({ set, sides, not }: SetMatch) =>
  `-m set ${not ? '! ' : ''}--match-set ${set} ${sides.join(',')}`;
