import type { Micros } from './base/clock.ts';
import type { EventQueue, ScheduledEvent } from './base/event-queue.ts';
import { NETWORK_TARGET } from './linux/environment.ts';

const keyOfEvent = (event: ScheduledEvent): string | undefined => {
  const payload = event.payload as { key?: unknown };
  return typeof payload.key === 'string' ? payload.key : undefined;
};

const isPeriodic = (key: string | undefined) => key?.startsWith('periodic:') === true;

/**
 * The work of controllers and agents on the cluster's event queue: equal work is done once, and how much is left is known
 * without looking. Nothing of it is saved: it is counted again from the events.
 */
export class WorkQueue {
  /** Target → key of scheduled work → when it is due. */
  private readonly due = new Map<string, Map<string, Micros>>();
  /** How many events a target has that are not periodic. */
  private readonly pending = new Map<string, number>();
  private readonly stopped: Set<string>;
  /** The sum of `pending` over the targets that run. */
  private left = 0;

  constructor(
    private readonly queue: EventQueue,
    stopped: readonly string[],
  ) {
    this.stopped = new Set(stopped);
    for (const event of queue.state.heap) {
      const key = keyOfEvent(event);
      if (event.target !== NETWORK_TARGET) this.count(event.target, key, 1);
      if (key !== undefined) this.note(event.target, key, event.at);
    }
  }

  /** Whether anything but packets, timers and periodic work is left for those who run. */
  get hasWork(): boolean {
    return this.left > 0;
  }

  isStopped(target: string): boolean {
    return this.stopped.has(target);
  }

  /** From now on the target hears nothing; its events stay and come to nothing. */
  stop(target: string): void {
    if (this.stopped.has(target)) return;
    this.stopped.add(target);
    this.left -= this.pending.get(target) ?? 0;
  }

  start(target: string): void {
    if (!this.stopped.delete(target)) return;
    this.left += this.pending.get(target) ?? 0;
  }

  /** Schedules work unless the same work is due earlier anyway. */
  enqueue(target: string, key: string, delay: Micros): void {
    const at = this.queue.now + Math.max(0, Math.round(delay));
    const known = this.due.get(target)?.get(key);
    if (known !== undefined && known <= at) return;
    this.note(target, key, at);
    this.count(target, key, 1);
    this.queue.schedule(delay, target, { key });
  }

  /** An event of a controller or an agent has left the queue. The answer is its key. */
  take(event: ScheduledEvent): string | undefined {
    const key = keyOfEvent(event);
    this.count(event.target, key, -1);
    const keys = this.due.get(event.target);
    if (key !== undefined && keys?.get(key) === event.at) keys.delete(key);
    if (keys?.size === 0) this.due.delete(event.target);
    return key;
  }

  private note(target: string, key: string, at: Micros): void {
    const keys = this.due.get(target);
    if (keys) keys.set(key, Math.min(at, keys.get(key) ?? at));
    else this.due.set(target, new Map([[key, at]]));
  }

  private count(target: string, key: string | undefined, by: 1 | -1): void {
    if (isPeriodic(key)) return;
    const events = (this.pending.get(target) ?? 0) + by;
    if (events > 0) this.pending.set(target, events);
    else this.pending.delete(target);
    if (!this.stopped.has(target)) this.left += by;
  }
}
