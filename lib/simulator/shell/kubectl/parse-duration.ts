import { HOUR, MILLISECOND, MINUTE, SECOND, type Micros } from '../../base/clock.ts';

const UNITS: Readonly<Record<string, Micros>> = { h: HOUR, m: MINUTE, s: SECOND, ms: MILLISECOND };

/** `1m30s` as Go reads it; undefined when it is no duration. Whole seconds may stand without a unit only as `0`. */
export function parseDuration(text: string): Micros | undefined {
  if (text === '0') return 0;
  if (!/^-?(\d+(\.\d+)?(h|ms|m|s))+$/.test(text)) return undefined;
  const sign = text.startsWith('-') ? -1 : 1;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)];
  return (
    sign *
    parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? 's'] ?? SECOND), 0)
  );
}
