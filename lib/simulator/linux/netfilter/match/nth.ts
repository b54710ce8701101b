import type { NthMatch } from '../rule.ts';
import { ruleState } from '../rule-state.ts';
import type { MatchSubject } from './subject.ts';

/** xt_statistic.c, mode nth: one packet in `every`, the first of them after `packet` others. */
export function matchesNth({ every, packet, not }: NthMatch, subject: MatchSubject): boolean {
  const state = ruleState(subject);
  const seen = state.nth ?? (every - packet) % every;
  state.nth = (seen + 1) % every;
  return (seen === 0) !== (not ?? false);
}

export const printNth = ({ every, packet, not }: NthMatch) =>
  `-m statistic --mode nth${not ? ' !' : ''} --every ${every} --packet ${packet}`;
