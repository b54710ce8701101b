import { describePolicyKind } from './describe-policy-kind.ts';
import { CLUSTER_PORTS, IS_CIDR, RISING } from './policy-rules.ts';
import { between, domainName, object, oneOf, policySchema, text, union } from './policy-schema.ts';

const port = between(1, 65535);
const range = {
  ...object({ end: port, start: port }, 'end start'),
  'x-kubernetes-validations': [RISING],
};
const transport = {
  ...object({ destinationPort: union({ number: port, range }) }),
  minProperties: 1,
};

export const CLUSTER_NETWORK_POLICY = describePolicyKind(
  'v1alpha2',
  { kind: 'ClusterNetworkPolicy', plural: 'clusternetworkpolicies', shortNames: ['cnp'] },
  policySchema({
    actions: ['Accept', 'Deny', 'Pass'],
    requiredOfPods: 'podSelector',
    cidr: { ...text, maxLength: 43, 'x-kubernetes-validations': [IS_CIDR] },
    domainName: domainName('a-zA-Z'),
    ports: [
      'protocols',
      union({ destinationNamedPort: text, sctp: transport, tcp: transport, udp: transport }),
    ],
    limit: 25,
    egressRule: CLUSTER_PORTS,
    head: { priority: between(0, 1000), tier: oneOf('Admin', 'Baseline') },
  }),
  ['Tier', 'Priority'],
  'A ClusterNetworkPolicy says for pods of the whole cluster, before every NetworkPolicy or behind them all, what may pass.',
);
