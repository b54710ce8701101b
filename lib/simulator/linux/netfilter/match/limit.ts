import { SECOND } from '../../../base/clock.ts';
import type { LimitMatch } from '../rule.ts';
import { ruleState } from '../rule-state.ts';
import type { MatchSubject } from './subject.ts';

const PERIODS = { sec: 1, min: 60, hour: 3600, day: 86_400 } as const;

/** xt_limit.c: a bucket of `burst` packets that fills at the rate, one for each rule. */
export function matchesLimit({ rate, per, burst }: LimitMatch, subject: MatchSubject): boolean {
  const state = ruleState(subject);
  const { now } = subject;
  const { credit, at } = state.limit ?? { credit: burst, at: now };
  const full = Math.min(burst, credit + ((now - at) * rate) / (PERIODS[per] * SECOND));
  const isWithin = full >= 1;
  state.limit = { credit: isWithin ? full - 1 : full, at: now };
  return isWithin;
}

export const printLimit = ({ rate, per, burst }: LimitMatch) =>
  `-m limit --limit ${rate}/${per}${burst === 5 ? '' : ` --limit-burst ${burst}`}`;
