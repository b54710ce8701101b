import type { Micros } from '../base/clock.ts';
import type { Step, StepDraft } from './step.ts';

/** A packet's place in a trace, carried beside it (as an skb carries its mark), never inside it. */
export interface TraceTag {
  readonly trace: string;
  readonly packet: number;
}

/** Whoever moves a packet says what it did. A recorder that keeps nothing is a valid one. */
export interface Recorder {
  /**
   * Appends a step to the packet's trace; does nothing for an untagged packet. `draft` is called only when somebody listens;
   * what it makes is the recorder's to keep.
   */
  record(tag: TraceTag | undefined, draft: () => StepDraft): void;
  /** Whether a step of this packet would be kept now: who must collect things for it can spare the trouble. */
  isRecording(tag: TraceTag | undefined): boolean;
  /** A tag for another packet of the same trace: a reply, a retransmission, a look-up. */
  nextPacket(tag: TraceTag | undefined): TraceTag | undefined;
}

/** Steps of the open traces, by trace id. Plain data, part of a cluster's state. */
export interface RecordedTraces {
  [trace: string]: { packets: number; steps: Step[] };
}

/** A draft while the recorder completes it: one object for each of the hundreds of steps of a request, not two. */
type Recorded = StepDraft & { at?: Micros; packet?: number };

/** The most steps a trace keeps: a loop must not eat the memory. */
const STEP_LIMIT = 4_000;

/** A recorder that appends to `traces`; only traces that were opened there are kept. */
export function createRecorder(traces: RecordedTraces, now: () => Micros): Recorder {
  const openTraceOf = (tag: TraceTag | undefined) => {
    const trace = tag && traces[tag.trace];
    return trace && trace.steps.length < STEP_LIMIT ? trace : undefined;
  };
  return {
    record(tag, draft) {
      const trace = openTraceOf(tag);
      if (!tag || !trace) return;
      const step: Recorded = draft();
      step.at = now();
      step.packet = tag.packet;
      trace.steps.push(step as Step);
    },
    isRecording: (tag) => openTraceOf(tag) !== undefined,
    nextPacket(tag) {
      const trace = tag && traces[tag.trace];
      if (!trace) return undefined;
      trace.packets += 1;
      return { trace: tag.trace, packet: trace.packets };
    },
  };
}
