import { cidrBounds, cidrContains, parseCidr } from '../../base/cidr.ts';
import { validateLabelSelector } from '../apps/validate-workload.ts';
import { validatePortNumOrName } from '../core/validate-service.ts';
import { validateCidr } from '../meta/address-problems.ts';
import { formatLabelSelector } from '../meta/label-selector.ts';
import { portNumberProblem } from '../meta/names.ts';
import { AGE_COLUMN, column, NAME_COLUMN } from '../schema/columns.ts';
import {
  forbidden,
  invalid,
  notSupported,
  required,
  type FieldProblem,
} from '../schema/field-problem.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import { PLAIN_KIND } from '../schema/plain-kind.ts';
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from './network-policy.ts';

/** pkg/apis/networking/validation `ValidateNetworkPolicyPort`. */
function validatePort(
  { protocol, port, endPort }: NetworkPolicyPort,
  field: string,
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (protocol !== undefined && !['TCP', 'UDP', 'SCTP'].includes(protocol)) {
    problems.push(notSupported(`${field}.protocol`, protocol, ['TCP', 'UDP', 'SCTP']));
  }
  const named = port === undefined ? [] : validatePortNumOrName(port, `${field}.port`);
  const refuseEnd = (detail: string) => invalid(`${field}.endPort`, endPort, detail);
  if (endPort === undefined) return [...problems, ...named];
  if (port === undefined) {
    return [...problems, refuseEnd('may not be specified when `port` is not specified')];
  }
  if (typeof port === 'string') {
    return [...problems, refuseEnd('may not be specified when `port` is non-numeric'), ...named];
  }
  problems.push(...named);
  if (endPort < port) {
    // The port is what upstream shows here.
    problems.push(invalid(`${field}.endPort`, port, 'must be greater than or equal to `port`'));
  }
  const problem = portNumberProblem(endPort);
  return problem === undefined ? problems : [...problems, refuseEnd(problem)];
}

/** `ValidateIPBlock`: what is left out lies inside, and is smaller. */
function validateBlock(
  { cidr, except = [] }: NonNullable<NetworkPolicyPeer['ipBlock']>,
  field: string,
): FieldProblem[] {
  if (!cidr) return [required(`${field}.cidr`)];
  const problems = validateCidr(cidr, `${field}.cidr`);
  if (problems.length > 0) return problems;
  return except.flatMap((text, index) => {
    const at = `${field}.except[${index}]`;
    const wrong = validateCidr(text, at);
    if (wrong.length > 0) return wrong;
    const isInside =
      cidrContains(cidr, cidrBounds(text)?.first ?? '') &&
      (parseCidr(cidr)?.prefix ?? 0) < (parseCidr(text)?.prefix ?? 0);
    return isInside ? [] : [invalid(at, text, 'must be a strict subset of `cidr`')];
  });
}

function validatePeer(peer: NetworkPolicyPeer, field: string): FieldProblem[] {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  const problems = [
    ...(podSelector ? validateLabelSelector(podSelector, `${field}.podSelector`) : []),
    ...(namespaceSelector
      ? validateLabelSelector(namespaceSelector, `${field}.namespaceSelector`)
      : []),
    ...(ipBlock ? validateBlock(ipBlock, `${field}.ipBlock`) : []),
  ];
  if (!podSelector && !namespaceSelector && !ipBlock) {
    problems.push(required(field, 'must specify a peer'));
  }
  if (ipBlock && (podSelector ?? namespaceSelector)) {
    problems.push(forbidden(field, 'may not specify both ipBlock and another peer'));
  }
  return problems;
}

const validateRule = (
  ports: readonly NetworkPolicyPort[] = [],
  peers: readonly NetworkPolicyPeer[] = [],
  side: 'from' | 'to',
  field: string,
) => [
  ...ports.flatMap((port, index) => validatePort(port, `${field}.ports[${index}]`)),
  ...peers.flatMap((peer, index) => validatePeer(peer, `${field}.${side}[${index}]`)),
];

function validateNetworkPolicy({ spec }: NetworkPolicy): FieldProblem[] {
  const { podSelector = {}, ingress = [], egress = [], policyTypes = [] } = spec;
  const problems = [
    ...validateLabelSelector(podSelector, 'spec.podSelector'),
    ...ingress.flatMap(({ ports, from }, i) =>
      validateRule(ports, from, 'from', `spec.ingress[${i}]`),
    ),
    ...egress.flatMap(({ ports, to }, i) => validateRule(ports, to, 'to', `spec.egress[${i}]`)),
  ];
  if (policyTypes.length > 2) {
    const detail = 'may not specify more than two policyTypes';
    return [...problems, invalid('spec.policyTypes', policyTypes, detail)];
  }
  const allowed = ['Ingress', 'Egress'];
  return [
    ...problems,
    ...policyTypes.flatMap((type, i) =>
      allowed.includes(type) ? [] : [notSupported(`spec.policyTypes[${i}]`, type, allowed)],
    ),
  ];
}

/** pkg/apis/networking/v1 `SetDefaults_NetworkPolicy`: a policy with egress rules is about both directions. */
function setNetworkPolicyDefaults(policy: NetworkPolicy): void {
  policy.spec ??= {};
  const { spec } = policy;
  spec.podSelector ??= {};
  const { ingress = [], egress = [], policyTypes = [] } = spec;
  for (const port of [...ingress, ...egress].flatMap(({ ports }) => ports ?? [])) {
    port.protocol ??= 'TCP';
  }
  if (policyTypes.length > 0) return;
  spec.policyTypes = egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
}

export const NETWORK_POLICY: KindDescription<NetworkPolicy> = {
  ...PLAIN_KIND,
  kind: 'NetworkPolicy',
  group: 'networking.k8s.io',
  plural: 'networkpolicies',
  singular: 'networkpolicy',
  shortNames: ['netpol'],
  type: 'networking.NetworkPolicy',
  description: 'A NetworkPolicy isolates pods and says which connections are let in or out.',
  columns: [
    NAME_COLUMN,
    column('Pod-Selector', 'The pods it isolates.', ({ spec }: NetworkPolicy) =>
      formatLabelSelector(spec.podSelector),
    ),
    AGE_COLUMN,
  ],
  setDefaults: setNetworkPolicyDefaults,
  validate: validateNetworkPolicy,
  generationOf: ({ spec }) => spec,
};
