import { MINUTE, SECOND, type Micros } from '../../base/clock.ts';

/** Exponential back-off as client-go's `flowcontrol.Backoff` keeps it for one container or one image. Plain data. */
export interface BackOff {
  delay: Micros;
  updatedAt: Micros;
}

/** kubelet.go: `backOffPeriod` 10 s, `MaxCrashLoopBackOff` 5 min; image pulls use the same numbers. */
const INITIAL_BACK_OFF = 10 * SECOND;
const LONGEST_BACK_OFF = 5 * MINUTE;

/** When another attempt may begin, given when the last one ended. */
export function mayRetryAt(backOff: BackOff | undefined, endedAt: Micros, now: Micros): Micros {
  if (!backOff || now - backOff.updatedAt > 2 * LONGEST_BACK_OFF) return now;
  return endedAt + backOff.delay;
}

/** The back-off after one more attempt: 10 s first, then doubled up to 5 minutes, forgotten after 10 quiet minutes. */
export function nextBackOff(backOff: BackOff | undefined, now: Micros): BackOff {
  const isFresh = !backOff || now - backOff.updatedAt > 2 * LONGEST_BACK_OFF;
  return {
    delay: isFresh ? INITIAL_BACK_OFF : Math.min(backOff.delay * 2, LONGEST_BACK_OFF),
    updatedAt: now,
  };
}

const UNITS: readonly (readonly [Micros, string])[] = [
  [60 * MINUTE, 'h'],
  [MINUTE, 'm'],
];

/** A duration as Go prints it: `10s`, `1m20s`, `5m0s`, `812ms`. Microseconds in. */
export function formatGoDuration(duration: Micros): string {
  if (duration === 0) return '0s';
  if (duration < SECOND) return `${duration / 1000}ms`;
  let rest = duration;
  let text = '';
  for (const [size, unit] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0 || text !== '') text += `${count}${unit}`;
  }
  return `${text}${rest / SECOND}s`;
}
