import type { Flow } from '../base/flow.ts';
import type { Step } from './step.ts';

/** How a request ended, for the one who sent it. Documented in docs/dispositions.md. */
export type Disposition =
  | 'delivered' // an answer came back (or, for a single packet, it reached a socket)
  | 'refused' // somebody answered no: TCP RST or an ICMP error
  | 'dropped' // the packet ended in silence
  | 'answer-lost' // the request arrived, and its answer did not come back
  | 'unreachable' // no route, no neighbour, TTL
  | 'not-sent' // the sender's own system call failed: no packet left
  | 'unresolved' // the name had no address
  | 'in-flight'; // not over yet

/** All that happened because of one cause (a command, a button): request packets, replies, look-ups. Plain data. */
export interface Trace {
  readonly id: string;
  readonly title: string;
  readonly steps: readonly Step[];
  readonly disposition: Disposition;
  /** The first flow, before anybody rewrote it. */
  readonly flow?: Flow;
}
