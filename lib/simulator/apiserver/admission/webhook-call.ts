import type { MutatingWebhook } from '../../api/admissionregistration/mutating-webhook-configuration.ts';
import type { KubeObject } from '../../api/meta/object.ts';

/** What the program behind a webhook is told: an AdmissionReview without its envelope. */
export interface WebhookCall {
  readonly webhook: MutatingWebhook;
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly object: KubeObject;
}

/** What it answers. */
export type WebhookAnswer =
  /** `object`: as it shall be; absent when nothing is to change. */
  | { readonly type: 'allowed'; readonly object?: KubeObject }
  | { readonly type: 'refused'; readonly message: string; readonly code?: number }
  /** Nobody answers there: `connect: connection refused`. */
  | { readonly type: 'failed'; readonly why: string };

export type CallWebhook = (call: WebhookCall) => WebhookAnswer;
