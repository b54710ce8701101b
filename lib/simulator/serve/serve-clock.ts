import { MILLISECOND, SECOND, type Micros } from '../base/clock.ts';
import type { Cluster } from '../cluster.ts';

/** Something that goes on after its request: a watch, a followed log, a command in a container. */
export interface Stream {
  /** Sends what happened since the last poll. */
  poll(): 'quiet' | 'sent' | 'over';
}

/**
 * How simulated time passes. `real`: one to one with ours, from the moment that the server starts. `frozen`: it stands
 * still, and passes event by event while a client waits on a stream, as it does for the page's kubectl while that waits.
 */
export type ClockMode = 'real' | 'frozen';

/** Real milliseconds between two looks at the clock, when nobody waits and when somebody does. */
const IDLE_TICK = 50;
const BUSY_TICK = 4;
/** Frozen: real milliseconds that a client gets to act on what a stream has sent it. */
const REACTION = 60;
/** Frozen: simulated time that may pass in a real millisecond while nothing is sent. */
const HURRY: Micros = 100 * MILLISECOND;
/** Real: after this much was missed (a machine that slept) the clock jumps in one go as well. */
const LONGEST_STEP: Micros = 5 * SECOND;

/** Moves a cluster's clock and polls the streams that hang on it. */
export class ServeClock {
  private readonly streams = new Set<Stream>();
  private anchor: { readonly real: number; readonly simulated: Micros };
  private timer: NodeJS.Timeout | undefined;
  private holdUntil = 0;
  private requests = 0;
  private isStopped = false;
  /** Frozen: the clock never passes this. */
  limit: Micros = Number.POSITIVE_INFINITY;
  /** Frozen: what passes while no stream is open. `flows`: a client asks again and again, and sleeps in between. */
  between: 'nothing' | 'flows' = 'nothing';

  constructor(
    private readonly cluster: Cluster,
    readonly mode: ClockMode,
  ) {
    this.anchor = { real: performance.now(), simulated: cluster.now };
    this.schedule();
  }

  add(stream: Stream): void {
    this.streams.add(stream);
    this.poll();
    this.hold();
    this.schedule();
  }

  /** Somebody asks something: a frozen clock waits until it is answered. */
  beginRequest(): void {
    this.requests += 1;
    this.catchUp();
  }

  endRequest(): void {
    this.requests -= 1;
    this.hold();
    this.poll();
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
    this.streams.clear();
  }

  /** Streams that are open. */
  get waiting(): number {
    return this.streams.size;
  }

  /** Real: brings the cluster to now. What a command jumped ahead is waited for, not taken back. */
  catchUp(): void {
    if (this.mode === 'frozen' || this.isStopped) return;
    const passed = Math.round((performance.now() - this.anchor.real) * MILLISECOND);
    const due = this.anchor.simulated + passed;
    while (this.cluster.now < due) {
      this.cluster.advance(Math.min(due - this.cluster.now, LONGEST_STEP));
    }
  }

  private hold(): void {
    this.holdUntil = performance.now() + REACTION;
  }

  private schedule(): void {
    if (this.isStopped) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.tick(), this.streams.size > 0 ? BUSY_TICK : IDLE_TICK);
  }

  private tick(): void {
    if (this.mode === 'real') this.catchUp();
    else this.hurry();
    this.poll();
    this.schedule();
  }

  /** Frozen: fires events until one makes a stream send something, or the share of this tick is used up. */
  private hurry(): void {
    if (this.requests > 0 || performance.now() < this.holdUntil) return;
    if (this.streams.size === 0 && this.between === 'nothing') return;
    const share = this.streams.size > 0 ? BUSY_TICK * HURRY : IDLE_TICK * MILLISECOND;
    const end = Math.min(this.cluster.now + share, this.limit);
    for (;;) {
      const next = this.cluster.queue.peek();
      if (!next || next.at > end) {
        if (this.cluster.now < end) this.cluster.advance(end - this.cluster.now);
        return;
      }
      this.cluster.step();
      if (this.poll() === 'sent') return;
    }
  }

  private poll(): 'quiet' | 'sent' {
    let result: 'quiet' | 'sent' = 'quiet';
    for (const stream of this.streams) {
      const progress = stream.poll();
      if (progress !== 'quiet') {
        result = 'sent';
        this.hold();
      }
      if (progress === 'over') this.streams.delete(stream);
    }
    return result;
  }
}
