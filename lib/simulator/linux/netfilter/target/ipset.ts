import { SECOND } from '../../../base/clock.ts';
import { ownIpset } from '../ipset/edit-ipset.ts';
import { keyOfPacket } from '../ipset/look-up.ts';
import type { MatchSubject } from '../match/subject.ts';
import type { Target } from '../rule.ts';

/** xt_SET.c: the packet puts itself into a set, or takes itself out. A full set stays as it is. */
export function updateIpset(
  { skb, ipsets = {}, now }: MatchSubject,
  target: Extract<Target, { target: 'SET' }>,
): void {
  const set = ownIpset(ipsets, target.set);
  const key = set && keyOfPacket(set, target.sides, skb.packet);
  if (!set || key === undefined) return;
  if (target.operation === 'del') {
    delete set.elements[key];
    return;
  }
  const isThere = set.elements[key] !== undefined;
  if (isThere && !target.exist) return;
  if (!isThere && Object.keys(set.elements).length >= set.maxElements) return;
  const seconds = target.timeout ?? set.timeout;
  set.elements[key] = seconds === undefined ? {} : { expiresAt: now + seconds * SECOND };
}
