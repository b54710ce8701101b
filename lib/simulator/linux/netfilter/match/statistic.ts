import { nextUint32 } from '../../../base/random.ts';
import { probabilityThreshold } from '../normalize-rule.ts';
import type { Match } from '../rule.ts';
import type { MatchSubject } from './subject.ts';

type StatisticMatch = Extract<Match, { match: 'statistic' }>;

const SIDES = 0x8000_0000;

function draw({ skb, rule, drawLot, namespace, random }: MatchSubject): number {
  const given = rule && drawLot?.({ namespace, packet: skb.packet, rule, sides: SIDES });
  return given ?? nextUint32(random) & 0x7fff_ffff;
}

/** xt_statistic.c, mode random: 31 random bits below the threshold. Draws once each time it is reached. */
export const matchesStatistic = (match: StatisticMatch, subject: MatchSubject) =>
  draw(subject) < probabilityThreshold(match.probability) !== (match.not ?? false);

/** Eleven digits of the fraction that the kernel keeps: a third becomes 0.33333333349. */
export const printStatistic = (match: StatisticMatch) =>
  `-m statistic --mode random${match.not ? ' !' : ''} --probability ${(probabilityThreshold(match.probability) / 0x8000_0000).toFixed(11)}`;
