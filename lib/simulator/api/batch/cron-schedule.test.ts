import { expect, test } from 'vitest';
import { formatTimestamp, parseTimestamp } from '../../base/clock.ts';
import { nextRun, parseCronSchedule } from './cron-schedule.ts';

const after = (schedule: string, time: string) => {
  const parsed = parseCronSchedule(schedule);
  if (typeof parsed === 'string') throw new Error(parsed);
  const next = nextRun(parsed, parseTimestamp(time) ?? 0);
  return next === undefined ? undefined : formatTimestamp(next);
};

// 5 January 2026 is a Monday.
test.each([
  ['* * * * *', '2026-01-05T09:00:00Z', '2026-01-05T09:01:00Z'],
  ['*/15 * * * *', '2026-01-05T09:01:30Z', '2026-01-05T09:15:00Z'],
  ['0 3 * * *', '2026-01-05T09:00:00Z', '2026-01-06T03:00:00Z'],
  ['30 8-10/2 * * *', '2026-01-05T09:00:00Z', '2026-01-05T10:30:00Z'],
  ['0 0 1 * *', '2026-01-05T09:00:00Z', '2026-02-01T00:00:00Z'],
  ['0 0 29 2 *', '2026-01-05T09:00:00Z', '2028-02-29T00:00:00Z'],
  ['0 12 * * sat,SUN', '2026-01-05T09:00:00Z', '2026-01-10T12:00:00Z'],
  ['0 0 13 * 5', '2026-01-05T09:00:00Z', '2026-01-09T00:00:00Z'],
  ['0 0 * jan 3', '2026-01-05T09:00:00Z', '2026-01-07T00:00:00Z'],
  ['@hourly', '2026-01-05T09:00:00Z', '2026-01-05T10:00:00Z'],
  ['@weekly', '2026-01-05T09:00:00Z', '2026-01-11T00:00:00Z'],
  ['@every 90s', '2026-01-05T09:00:00Z', '2026-01-05T09:01:30Z'],
  ['0 0 30 2 *', '2026-01-05T09:00:00Z', undefined],
])('%s after %s: %s', (schedule, time, expected) => {
  expect(after(schedule, time)).toBe(expected);
});

test.each([
  ['', 'empty spec string'],
  ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
  ['60 * * * *', 'end of range (60) above maximum (59): 60'],
  ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
  ['5-3 * * * *', 'beginning of range (5) beyond end of range (3): 5-3'],
  ['*/0 * * * *', 'step of range should be a positive number: */0'],
  ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
  ['*/2/3 * * * *', 'too many slashes: */2/3'],
  ['x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
  ['@never', 'unrecognized descriptor: @never'],
])('what cannot be read: %s', (schedule, problem) => {
  expect(parseCronSchedule(schedule)).toBe(problem);
});
