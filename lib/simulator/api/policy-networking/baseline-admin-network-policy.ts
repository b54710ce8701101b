import type { Condition } from '../meta/condition.ts';
import type { KubeObject } from '../meta/object.ts';
import type { AdminEgressRule, AdminIngressRule } from './admin-network-policy.ts';
import type { PolicySubject } from './policy-subject.ts';

/**
 * policy.networking.k8s.io/v1alpha1 BaselineAdminNetworkPolicy: what holds where no NetworkPolicy isolates. There is one at most,
 * named `default`; its rules allow or deny.
 */
export interface BaselineAdminNetworkPolicy extends KubeObject {
  apiVersion: 'policy.networking.k8s.io/v1alpha1';
  kind: 'BaselineAdminNetworkPolicy';
  spec: {
    subject: PolicySubject;
    ingress?: AdminIngressRule[];
    egress?: AdminEgressRule[];
  };
  status?: { conditions: Condition[] };
}
