import type { Micros } from '../base/clock.ts';

/** What a learner can do to a sandbox. The log of actions is the sandbox; everything else is derived. */
export type Action =
  /** A line typed at the prompt, wherever the prompt stands. */
  | { readonly type: 'command'; readonly line: string }
  /** Ctrl-C to whatever runs in the foreground. */
  | { readonly type: 'interrupt' }
  /** The clock goes on: while something streams, or by button. */
  | { readonly type: 'advance'; readonly duration: Micros }
  /** The YAML editor's Apply. */
  | { readonly type: 'apply'; readonly yaml: string }
  /** The "Send a packet" button: a real client in the pod asks, and the trace is opened. */
  | { readonly type: 'send'; readonly from: string; readonly to: string };
