import { expect, test } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND } from '../../base/clock.ts';
import { humanDuration } from './human-duration.ts';

/** Rows of apimachinery's own test (util/duration/duration_test.go). */
test.each([
  [SECOND, '1s'],
  [70 * SECOND, '70s'],
  [190 * SECOND, '3m10s'],
  [70 * MINUTE, '70m'],
  [47 * HOUR, '47h'],
  [49 * HOUR, '2d1h'],
  [8 * DAY + 2 * HOUR, '8d'],
  [367 * DAY, '367d'],
  [(365 * 2 + 25) * DAY, '2y25d'],
  [(365 * 8 + 2) * DAY, '8y'],
  [-2 * SECOND, '<invalid>'],
])('%i microseconds are %s', (duration, expected) => {
  expect(humanDuration(duration)).toBe(expected);
});
