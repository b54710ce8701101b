import type { LabelSelector } from '../meta/label-selector.ts';
import type { KubeObject } from '../meta/object.ts';

/** Which writes a webhook is asked about. `*` stands for all. */
export interface WebhookRule {
  apiGroups?: string[];
  apiVersions?: string[];
  operations?: string[];
  /** `pods`, `pods/status`, `*`. */
  resources?: string[];
  scope?: 'Cluster' | 'Namespaced' | '*';
}

/** Where a webhook answers: a Service of the cluster, or an address outside. */
export interface WebhookClient {
  service?: { namespace: string; name: string; path?: string; port?: number };
  url?: string;
  caBundle?: string;
}

export interface MutatingWebhook {
  /** Three labels or more: `sidecar.mesh.example.com`. */
  name: string;
  clientConfig: WebhookClient;
  rules?: WebhookRule[];
  failurePolicy?: 'Fail' | 'Ignore';
  matchPolicy?: string;
  namespaceSelector?: LabelSelector;
  objectSelector?: LabelSelector;
  reinvocationPolicy?: string;
  sideEffects: string;
  timeoutSeconds?: number;
  admissionReviewVersions: string[];
}

/** admissionregistration.k8s.io/v1 MutatingWebhookConfiguration. */
export interface MutatingWebhookConfiguration extends KubeObject {
  webhooks?: MutatingWebhook[];
}
