import type { EventQueue } from '../base/event-queue.ts';
import type { RandomState } from '../base/random.ts';
import type { Recorder } from '../trace/recorder.ts';
import type { NetworkNamespace } from './network.ts';
import type { DrawLot } from './netfilter/lots.ts';
import type { Program } from './program.ts';

/** What the network needs from outside while it moves packets. Passed in; never stored in state. */
export interface NetworkEnvironment {
  readonly queue: EventQueue;
  readonly random: RandomState;
  /** Who decides where a rule draws lots; without it, `random` does. */
  readonly drawLot?: DrawLot;
  readonly recorder: Recorder;
  /** Pids of processes that ended: whoever runs the queue reads and empties it after each event. */
  readonly exited: number[];
  /** Program text by name: a process names its program, so that its state stays plain data. */
  readonly programs: Readonly<Record<string, Program>>;
  /** Has written what programs have put off in a dormant namespace: called before anybody reads the rules there. */
  readonly wake?: (namespace: NetworkNamespace) => void;
}

/** The event target under which the network schedules arrivals and timers on the queue. */
export const NETWORK_TARGET = 'network';
