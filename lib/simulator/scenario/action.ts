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
  | { readonly type: 'send'; readonly from: string; readonly to: string }
  /** A write that came in over HTTP: somebody's own kubectl, while a kubeconfig is live. Reads are no actions. */
  | RequestAction
  /**
   * The clock of a live sandbox: time goes on until `to`, counted from where the scenario began. Nothing happens when
   * the cluster is there already, because a command took its time: the wall clock catches up.
   */
  | { readonly type: 'clock'; readonly to: Micros };

export interface RequestAction {
  readonly type: 'request';
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With query: `/apis/apps/v1/namespaces/shop/deployments?fieldManager=kubectl-create`. */
  readonly path: string;
  readonly contentType?: string;
  readonly accept?: string;
  /** The client's name for itself: a field manager when the query names none. */
  readonly userAgent?: string;
  readonly body: string;
  /** How `body` is written: as it is, or bytes (protobuf) in base64. */
  readonly encoding?: 'base64';
}

/** Does only time pass in it? */
export const isTime = ({ type }: Action): boolean => type === 'advance' || type === 'clock';
