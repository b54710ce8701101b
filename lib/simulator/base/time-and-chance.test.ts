import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatMicroTime, formatTimestamp, parseTimestamp, SECOND } from './clock.ts';
import { EventQueue } from './event-queue.ts';
import { nextFloat, nextNameSuffix, nextUuid, seedRandom } from './random.ts';

test('events leave by time, equal times in the order of their coming', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 60 }), (delays) => {
      const queue = new EventQueue({ now: 0, sequence: 0, heap: [] });
      delays.forEach((delay, i) => queue.schedule(delay, 'x', i));
      const left: number[] = [];
      for (let event = queue.next(); event; event = queue.next())
        left.push(event.payload as number);
      const expected = delays
        .map((delay, i) => ({ delay, i }))
        .sort((a, b) => a.delay - b.delay || a.i - b.i)
        .map(({ i }) => i);
      expect(left).toEqual(expected);
      expect(queue.now).toBe(Math.max(0, ...delays));
    }),
  );
});

test('a cancelled event does not fire, the others keep their order', () => {
  const queue = new EventQueue({ now: 0, sequence: 0, heap: [] });
  const [, second] = [30, 10, 20].map((delay) => queue.schedule(delay, 'x', delay));
  queue.cancel(second ?? -1);
  expect([queue.next()?.payload, queue.next()?.payload, queue.next()]).toEqual([20, 30, undefined]);
});

test('a queue that was saved goes on where it stood', () => {
  const queue = new EventQueue({ now: 0, sequence: 0, heap: [] });
  for (const delay of [5, 3, 9]) queue.schedule(delay, 'x', delay);
  queue.next();
  const copy = new EventQueue(structuredClone(queue.state));
  expect([copy.now, copy.next()?.payload, copy.next()?.payload]).toEqual([3, 5, 9]);
});

test('timestamps agree with the calendar and can be read again', () => {
  const anyTime = fc.integer({ min: 0, max: 8_000_000_000 });
  fc.assert(
    fc.property(anyTime, (seconds) => {
      const text = formatTimestamp(seconds * SECOND);
      expect(text).toBe(new Date(seconds * 1000).toISOString().replace('.000', ''));
      expect(parseTimestamp(text)).toBe(seconds * SECOND);
    }),
  );
  expect(formatMicroTime(1)).toBe('1970-01-01T00:00:00.000001Z');
  expect(parseTimestamp('2026-02-31')).toBeUndefined();
});

test('a seed gives the same numbers, another seed others, all in their range', () => {
  const draw = (seed: string) => {
    const random = seedRandom(seed);
    return Array.from({ length: 200 }, () => nextFloat(random));
  };
  expect(draw('a')).toEqual(draw('a'));
  expect(draw('a')).not.toEqual(draw('b'));
  expect(draw('a').every((value) => value >= 0 && value < 1)).toBe(true);
  const mean = draw('a').reduce((sum, value) => sum + value, 0) / 200;
  expect(mean).toBeGreaterThan(0.4);
  expect(mean).toBeLessThan(0.6);
});

test('names and UUIDs have the form that Kubernetes gives them', () => {
  const random = seedRandom('names');
  expect(nextNameSuffix(random)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  expect(nextUuid(random)).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
});
