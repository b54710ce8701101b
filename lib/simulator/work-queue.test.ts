import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventQueue, type EventQueueState } from './base/event-queue.ts';
import { NETWORK_TARGET } from './linux/environment.ts';
import { WorkQueue } from './work-queue.ts';

const target = fc.constantFrom('controller/a', 'agent/b/node-1', 'agent/b/node-2');
const key = fc.constantFrom('sync', 'write', 'periodic:probe');
const action = fc.oneof(
  fc.record({ type: fc.constant('enqueue' as const), target, key, delay: fc.nat(5) }),
  fc.record({ type: fc.constantFrom('take', 'stop', 'start', 'packet', 'restore'), target }),
);

/** What is left, by looking at every event. */
const looksLeft = ({ heap }: EventQueueState, stopped: ReadonlySet<string>) =>
  heap.some(
    (event) =>
      event.target !== NETWORK_TARGET &&
      !stopped.has(event.target) &&
      !(event.payload as { key: string }).key.startsWith('periodic:'),
  );

test('what is left is known without looking, also after stops, starts and a restore', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const state: EventQueueState = { now: 0, sequence: 0, heap: [] };
      const queue = new EventQueue(state);
      const stopped = new Set<string>();
      let work = new WorkQueue(queue, []);
      for (const each of actions) {
        if ('key' in each) work.enqueue(each.target, each.key, each.delay);
        else if (each.type === 'packet') queue.schedule(1, NETWORK_TARGET, { type: 'frame' });
        else if (each.type === 'restore') work = new WorkQueue(queue, [...stopped]);
        else if (each.type === 'take') {
          const event = queue.next();
          if (event && event.target !== NETWORK_TARGET) work.take(event);
        } else if (each.type === 'stop') {
          stopped.add(each.target);
          work.stop(each.target);
        } else {
          stopped.delete(each.target);
          work.start(each.target);
        }
        expect(work.hasWork).toBe(looksLeft(state, stopped));
      }
    }),
    { numRuns: 300 },
  );
});

test('equal work is done once, at the earlier of two times', () => {
  const state: EventQueueState = { now: 0, sequence: 0, heap: [] };
  const queue = new EventQueue(state);
  const work = new WorkQueue(queue, []);
  for (const delay of [20, 30, 10, 10]) work.enqueue('controller/a', 'sync', delay);
  // The one at 20 was there before the earlier one came, and stays.
  expect(state.heap.map(({ at }) => at).sort()).toEqual([10, 20]);
});
