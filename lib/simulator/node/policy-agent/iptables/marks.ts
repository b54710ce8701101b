import type { Match, Target } from '../../../linux/netfilter/rule.ts';

/** The packet is admitted by the direction that is being asked: kube-router's mark. */
export const ADMITTED = 0x10000;
/** A policy of the admin tier has passed it on. */
export const PASSED_ON = 0x20000;
const BOTH = ADMITTED | PASSED_ON;

const mark = (value: number, mask: number): Match => ({ match: 'mark', value, mask });

export const hasMark = (value: number) => mark(value, value);

export const isNotAdmitted: Match = { match: 'mark', value: ADMITTED, mask: ADMITTED, not: true };

/** No policy of the admin tier has said anything yet. */
export const isUndecided = mark(0, BOTH);

export const setMark = (value: number): Target => ({
  target: 'MARK',
  operation: 'set',
  value,
  mask: value,
});

/** What the next chain, or the rest of the filter table, should not see. */
export const clearMarks: Target = { target: 'MARK', operation: 'set', value: 0, mask: BOTH };
