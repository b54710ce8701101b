import { SECOND, type Micros } from '../../../base/clock.ts';
import type { NftRule } from './model.ts';
import type { NftLimit } from './statement.ts';

const PERIODS = { second: 1, minute: 60, hour: 3600, day: 86_400 } as const;

/** nft_limit: a bucket of `burst` packets that fills at the rate. */
export function evaluateLimit(
  { rate, per, burst = 5, over }: NftLimit,
  rule: NftRule,
  now: Micros,
): boolean {
  const { credit, at } = rule.limit ?? { credit: burst, at: now };
  const earned = ((now - at) * rate) / (PERIODS[per] * SECOND);
  const full = Math.min(burst, credit + earned);
  const isWithin = full >= 1;
  rule.limit = { credit: isWithin ? full - 1 : full, at: now };
  return isWithin !== (over ?? false);
}
