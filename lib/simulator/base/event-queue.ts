import type { Micros } from './clock.ts';

/** Something that will happen. Plain data: `target` names who handles it, never a closure. */
export interface ScheduledEvent {
  readonly at: Micros;
  readonly sequence: number;
  readonly target: string;
  readonly payload: unknown;
}

export interface EventQueueState {
  now: Micros;
  sequence: number;
  heap: ScheduledEvent[];
}

const isBefore = (a: ScheduledEvent, b: ScheduledEvent) =>
  a.at !== b.at ? a.at < b.at : a.sequence < b.sequence;

/** Puts an event in at the top of a heap whose top is free: earlier ones move up until it has its place. */
function sink(heap: ScheduledEvent[], event: ScheduledEvent): void {
  const { length } = heap;
  let place = 0;
  for (let child = 1; child < length; child = place * 2 + 1) {
    const right = child + 1;
    if (right < length && isBefore(heap[right]!, heap[child]!)) child = right;
    const below = heap[child]!;
    if (!isBefore(below, event)) break;
    heap[place] = below;
    place = child;
  }
  heap[place] = event;
}

/** The virtual clock and what is due: events leave one at a time, ordered by (time, sequence). */
export class EventQueue {
  constructor(readonly state: EventQueueState) {}

  get now(): Micros {
    return this.state.now;
  }

  get size(): number {
    return this.state.heap.length;
  }

  /** Schedules `payload` for `target`, `delay` microseconds from now. Returns the sequence, which `cancel` takes. */
  schedule(delay: Micros, target: string, payload: unknown): number {
    const event: ScheduledEvent = {
      at: this.state.now + Math.max(0, Math.round(delay)),
      sequence: this.state.sequence++,
      target,
      payload,
    };
    const { heap } = this.state;
    heap.push(event);
    // Later ones move down, and the event is put down once.
    let place = heap.length - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent]!;
      if (!isBefore(event, above)) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = event;
    return event.sequence;
  }

  /** Removes a scheduled event. Linear: for timers that are rarely cancelled; otherwise ignore the event when it fires. */
  cancel(sequence: number): void {
    const rest = this.state.heap.filter((event) => event.sequence !== sequence);
    if (rest.length === this.state.heap.length) return;
    rest.sort((a, b) => (isBefore(a, b) ? -1 : 1));
    this.state.heap.splice(0, this.state.heap.length, ...rest);
  }

  /** When the next event is due, or undefined. */
  peek(): ScheduledEvent | undefined {
    return this.state.heap[0];
  }

  /** Takes the next event and moves the clock to it. */
  next(): ScheduledEvent | undefined {
    const { heap } = this.state;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last) return undefined;
    if (heap.length > 0) sink(heap, last);
    this.state.now = Math.max(this.state.now, first.at);
    return first;
  }

  /** Moves the clock when nothing is due before `time`. */
  advanceTo(time: Micros): void {
    this.state.now = Math.max(this.state.now, time);
  }

  /** Lets `duration` pass in which nothing happens: the clock and everything that is due move together. */
  skip(duration: Micros): void {
    this.state.now += duration;
    const { heap } = this.state;
    heap.forEach((event, i) => {
      heap[i] = { ...event, at: event.at + duration };
    });
  }
}
