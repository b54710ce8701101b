import { ADMIN_FORM } from './admin-form.ts';
import { describePolicyKind } from './describe-policy-kind.ts';
import { ADMIN_PORTS } from './policy-rules.ts';
import { between, domainName, policySchema } from './policy-schema.ts';

export const ADMIN_NETWORK_POLICY = describePolicyKind(
  'v1alpha1',
  { kind: 'AdminNetworkPolicy', plural: 'adminnetworkpolicies', shortNames: ['anp'] },
  policySchema({
    ...ADMIN_FORM,
    actions: ['Allow', 'Deny', 'Pass'],
    domainName: domainName('a-zA-z'),
    egressRule: ADMIN_PORTS,
    head: { priority: between(0, 1000) },
  }),
  ['Priority'],
  'An AdminNetworkPolicy says for pods of the whole cluster, before every NetworkPolicy, what may pass.',
);
