import type { Micros } from './base/clock.ts';
import type { EventQueue } from './base/event-queue.ts';
import type { RandomState } from './base/random.ts';
import type { Store } from './apiserver/store.ts';
import type { ClusterOptions } from './cluster-options.ts';
import type { NetworkEnvironment } from './linux/environment.ts';
import type { Image } from './linux/image.ts';
import type { Network } from './linux/network.ts';
import type { TraceTag } from './trace/recorder.ts';
import type { Trace } from './trace/trace.ts';

/** The composition root: a running cluster. Everything that stands on the whole (shell, view, scenario) uses this. */
export interface Cluster {
  readonly options: ClusterOptions;
  readonly store: Store;
  readonly network: Network;
  readonly queue: EventQueue;
  readonly random: RandomState;
  readonly environment: NetworkEnvironment;
  readonly images: Readonly<Record<string, Image>>;
  readonly now: Micros;
  /** Fires the next event. False when nothing is due. */
  step(): boolean;
  /** Fires all events of the next `duration` and moves the clock to its end. */
  advance(duration: Micros): void;
  /** Fires events until `isDone`, at most for `limit` of virtual time. True when it became so. */
  runUntil(isDone: () => boolean, limit: Micros): boolean;
  /** Lets controllers and agents finish: runs until only periodic work (probes, resyncs) is left. */
  settle(): void;
  /** Opens a trace; the tag goes to whoever causes packets. */
  openTrace(title: string): TraceTag;
  trace(id: string): Trace | undefined;
}
