import type { Status } from '../../api/meta/object.ts';
import type { AdmissionPlugin, AdmissionRequest } from './admission-plugin.ts';
import { defaultIngressClass } from './default-ingress-class.ts';
import { mutatingWebhooks } from './mutating-webhooks.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { podDefaults } from './pod-defaults.ts';
import { serviceAccount } from './service-account.ts';

/** The plug-ins that are on, in the order of kube-apiserver (pkg/kubeapiserver/options/plugins.go). */
const PLUGINS: readonly AdmissionPlugin[] = [
  namespaceLifecycle,
  serviceAccount,
  podDefaults,
  defaultIngressClass,
  mutatingWebhooks,
];

/** Lets every plug-in see, change or refuse a write; the first refusal counts. */
export function admit(request: AdmissionRequest): Status | undefined {
  for (const plugin of PLUGINS) {
    const refusal = plugin.admit(request);
    if (refusal) return refusal;
  }
  return undefined;
}
