import type { Match } from '../rule.ts';
import type { MatchSubject } from './subject.ts';

type MarkMatch = Extract<Match, { match: 'mark' }>;

/** xt_mark.c. */
export const matchesMark = (match: MarkMatch, { skb }: MatchSubject) =>
  ((skb.mark & match.mask) >>> 0 === match.value >>> 0) !== (match.not ?? false);

/** `0x4000/0x4000`; a full mask is not printed. */
export const formatMark = (value: number, mask: number) =>
  `0x${value.toString(16)}${mask === 0xffff_ffff ? '' : `/0x${mask.toString(16)}`}`;

export const printMark = (match: MarkMatch) =>
  `-m mark ${match.not ? '! ' : ''}--mark ${formatMark(match.value, match.mask)}`;
