import { ADMIN_FORM } from './admin-form.ts';
import { describePolicyKind } from './describe-policy-kind.ts';
import { BASELINE_PORTS, ONLY_DEFAULT } from './policy-rules.ts';
import { policySchema } from './policy-schema.ts';

export const BASELINE_ADMIN_NETWORK_POLICY = describePolicyKind(
  'v1alpha1',
  {
    kind: 'BaselineAdminNetworkPolicy',
    plural: 'baselineadminnetworkpolicies',
    shortNames: ['banp'],
  },
  {
    ...policySchema({
      ...ADMIN_FORM,
      actions: ['Allow', 'Deny'],
      egressRule: BASELINE_PORTS,
      head: {},
    }),
    'x-kubernetes-validations': [ONLY_DEFAULT],
  },
  [],
  'The BaselineAdminNetworkPolicy says what may pass where no NetworkPolicy isolates a pod.',
);
