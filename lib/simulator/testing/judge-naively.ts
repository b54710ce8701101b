import type { Namespace } from '../api/core/namespace.ts';
import type { Node } from '../api/core/node.ts';
import type { Pod } from '../api/core/pod.ts';
import { matchesLabelSelector, type LabelSelector } from '../api/meta/label-selector.ts';
import type { NetworkPolicy } from '../api/networking/network-policy.ts';
import { parseCidr } from '../base/cidr.ts';
import { parseIp } from '../base/ip.ts';
import type { PolicyObject } from '../policy/normalize-policies.ts';
import type { PolicyOutcome } from '../policy/verdict.ts';
import type { PolicyCluster, RandomFlow } from './random-policy-clusters.ts';

/**
 * Who may talk to whom, straight from the words of the APIs, object by object and with no preparation: what the engine is
 * compared with. Shares nothing with it but label selectors and the parsing of addresses.
 */
type Side = 'ingress' | 'egress';
type ClusterPolicy = Exclude<PolicyObject, NetworkPolicy>;
type Word = 'accept' | 'deny' | 'pass';

interface End {
  readonly address: string;
  readonly pod?: Pod;
  readonly node?: Node;
}

interface Question {
  readonly cluster: PolicyCluster;
  readonly side: Side;
  readonly subject: Pod;
  readonly other: End;
  readonly destination: Pod | undefined;
  readonly flow: RandomFlow;
}

function endOf({ pods, nodes }: PolicyCluster, address: string): End {
  const pod = pods.find(
    ({ spec, status }) => !spec.hostNetwork && status?.podIPs?.some(({ ip }) => ip === address),
  );
  const node = nodes.find(({ status }) =>
    status?.addresses?.some((known) => known.address === address),
  );
  return { address, ...(pod && { pod }), ...(!pod && node && { node }) };
}

function isInBlock(cidr: string, address: string): boolean {
  const block = parseCidr(cidr);
  const ip = parseIp(address);
  if (!block || ip?.version !== block.version) return false;
  const bits = (value: bigint) => value.toString(2).padStart(ip.version === 4 ? 32 : 128, '0');
  return bits(ip.value).slice(0, block.prefix) === bits(block.value).slice(0, block.prefix);
}

const namespaceOf = ({ namespaces }: PolicyCluster, pod: Pod): Namespace | undefined =>
  namespaces.find(({ metadata }) => metadata.name === pod.metadata.namespace);

const isOfNamespaces = (cluster: PolicyCluster, pod: Pod, selector: LabelSelector) =>
  matchesLabelSelector(selector, namespaceOf(cluster, pod)?.metadata.labels);

const hasLabels = (pod: Pod, selector: LabelSelector) =>
  matchesLabelSelector(selector, pod.metadata.labels);

/** Container ports of that name on the destination, the pod's sidecars among them. */
function hasNamedPort({ destination, flow }: Question, name: string, protocol: string): boolean {
  const sidecars = destination?.spec.initContainers ?? [];
  return [...(destination?.spec.containers ?? []), ...sidecars]
    .flatMap(({ ports = [] }) => ports)
    .some(
      (known) =>
        known.name === name &&
        (known.protocol ?? 'TCP') === protocol &&
        flow.protocol === protocol &&
        flow.port === known.containerPort,
    );
}

// ----- networking.k8s.io/v1

function admitsPeer(question: Question, policy: NetworkPolicy, side: 'from' | 'to', i: number) {
  const { cluster, other } = question;
  const rule =
    side === 'from'
      ? { peers: policy.spec.ingress?.[i]?.from }
      : { peers: policy.spec.egress?.[i]?.to };
  if (!rule.peers || rule.peers.length === 0) return true;
  return rule.peers.some(({ ipBlock, podSelector, namespaceSelector }) => {
    if (ipBlock) {
      const isLeftOut = (ipBlock.except ?? []).some((cidr) => isInBlock(cidr, other.address));
      return isInBlock(ipBlock.cidr, other.address) && !isLeftOut;
    }
    if (!other.pod) return false;
    const isThere = namespaceSelector
      ? isOfNamespaces(cluster, other.pod, namespaceSelector)
      : other.pod.metadata.namespace === policy.metadata.namespace;
    return isThere && (!podSelector || hasLabels(other.pod, podSelector));
  });
}

function admitsPort(
  question: Question,
  ports: NonNullable<NetworkPolicy['spec']['ingress']>[0]['ports'],
) {
  const { flow } = question;
  if (!ports || ports.length === 0) return true;
  return ports.some(({ protocol = 'TCP', port, endPort }) => {
    if (protocol !== flow.protocol) return false;
    if (port === undefined) return true;
    if (typeof port === 'string') return hasNamedPort(question, port, protocol);
    return endPort === undefined ? flow.port === port : flow.port >= port && flow.port <= endPort;
  });
}

function isolates(policy: NetworkPolicy, { side, subject }: Question): boolean {
  const { podSelector = {}, policyTypes, egress } = policy.spec;
  if (policy.metadata.namespace !== subject.metadata.namespace) return false;
  if (!hasLabels(subject, podSelector)) return false;
  if (policyTypes) return policyTypes.includes(side === 'ingress' ? 'Ingress' : 'Egress');
  return side === 'ingress' || (egress?.length ?? 0) > 0;
}

function admits(policy: NetworkPolicy, question: Question): boolean {
  const rules = (question.side === 'ingress' ? policy.spec.ingress : policy.spec.egress) ?? [];
  const side = question.side === 'ingress' ? 'from' : 'to';
  return rules.some(
    ({ ports }, i) => admitsPeer(question, policy, side, i) && admitsPort(question, ports),
  );
}

// ----- policy.networking.k8s.io

type Rule = NonNullable<ClusterPolicy['spec']['ingress' | 'egress']>[number];

function selects(question: Question, pod: Pod, subject: ClusterPolicy['spec']['subject']): boolean {
  const { namespaces, pods } = subject;
  if (namespaces) return isOfNamespaces(question.cluster, pod, namespaces);
  if (!pods) return false;
  return (
    isOfNamespaces(question.cluster, pod, pods.namespaceSelector ?? {}) &&
    hasLabels(pod, pods.podSelector)
  );
}

function isPeer(question: Question, rule: Rule): boolean {
  const { other } = question;
  if ('from' in rule)
    return rule.from.some((peer) => other.pod && selects(question, other.pod, peer));
  return rule.to.some(({ nodes, networks, ...pods }) => {
    if (nodes) return other.node && matchesLabelSelector(nodes, other.node.metadata.labels);
    if (networks) return networks.some((cidr) => isInBlock(cidr, other.address));
    return other.pod && selects(question, other.pod, pods);
  });
}

const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];

function isPort(question: Question, rule: Rule): boolean {
  const { protocol, port } = question.flow;
  const hasName = (name: string) => PROTOCOLS.some((one) => hasNamedPort(question, name, one));
  if ('protocols' in rule && rule.protocols) {
    return rule.protocols.some(({ destinationNamedPort, ...transports }) => {
      if (destinationNamedPort !== undefined) return hasName(destinationNamedPort);
      const key = protocol.toLowerCase() as keyof typeof transports;
      const asked = transports[key]?.destinationPort;
      if (!asked) return false;
      return asked.range
        ? port >= asked.range.start && port <= asked.range.end
        : port === asked.number;
    });
  }
  if ('ports' in rule && rule.ports) {
    return rule.ports.some(({ portNumber, portRange, namedPort }) => {
      if (namedPort !== undefined) return hasName(namedPort);
      if (portNumber)
        return (portNumber.protocol ?? 'TCP') === protocol && portNumber.port === port;
      if (!portRange || (portRange.protocol ?? 'TCP') !== protocol) return false;
      return port >= portRange.start && port <= portRange.end;
    });
  }
  return true;
}

const WORDS: Readonly<Record<string, Word>> = {
  Allow: 'accept',
  Accept: 'accept',
  Deny: 'deny',
  Pass: 'pass',
};

/** The first rule that matches. */
function wordOf(policy: ClusterPolicy, question: Question): Word | undefined {
  if (!selects(question, question.subject, policy.spec.subject)) return undefined;
  const rules: readonly Rule[] = policy.spec[question.side] ?? [];
  const rule = rules.find((one) => isPeer(question, one) && isPort(question, one));
  return rule && WORDS[rule.action];
}

function isOfTier(policy: PolicyObject, tier: 'Admin' | 'Baseline'): policy is ClusterPolicy {
  if (policy.kind === 'ClusterNetworkPolicy') return policy.spec.tier === tier;
  return policy.kind === (tier === 'Admin' ? 'AdminNetworkPolicy' : 'BaselineAdminNetworkPolicy');
}

const priorityOf = ({ spec }: ClusterPolicy) => ('priority' in spec ? spec.priority : 0);

/** Every order in which policies may be asked: lower priorities first, equal ones in any order. */
function ordersOf(policies: readonly ClusterPolicy[]): readonly (readonly ClusterPolicy[])[] {
  if (policies.length === 0) return [[]];
  const lowest = Math.min(...policies.map(priorityOf));
  return policies
    .filter((policy) => priorityOf(policy) === lowest)
    .flatMap((first) =>
      ordersOf(policies.filter((policy) => policy !== first)).map((rest) => [first, ...rest]),
    );
}

/** What a tier may come to, by the order in which it is asked; undefined where it has no word on it. */
function wordsOfTier(
  question: Question,
  tier: 'Admin' | 'Baseline',
): ReadonlySet<Word | undefined> {
  const policies = question.cluster.policies
    .filter((policy) => isOfTier(policy, tier))
    .filter((policy) => wordOf(policy, question) !== undefined);
  return new Set(ordersOf(policies).map(([first]) => first && wordOf(first, question)));
}

function judgeSide(question: Question): ReadonlySet<boolean> {
  const { subject, other, cluster } = question;
  const outcomes = new Set<boolean>();
  const admin = wordsOfTier(question, 'Admin');
  if (admin.has('accept')) outcomes.add(true);
  if (admin.has('deny')) outcomes.add(false);
  if (!admin.has('pass') && !admin.has(undefined)) return outcomes;
  const isolating = cluster.policies.filter(
    (policy): policy is NetworkPolicy =>
      policy.kind === 'NetworkPolicy' && isolates(policy, question),
  );
  const isOwnNode = other.node !== undefined && other.node.metadata.name === subject.spec.nodeName;
  if (isolating.length > 0) {
    return outcomes.add(isOwnNode || isolating.some((policy) => admits(policy, question)));
  }
  for (const word of wordsOfTier(question, 'Baseline')) outcomes.add(word !== 'deny');
  return outcomes;
}

/** May this connection come about, by the words of the APIs? */
export function judgeNaively(cluster: PolicyCluster, flow: RandomFlow): PolicyOutcome {
  const source = endOf(cluster, flow.source);
  const destination = endOf(cluster, flow.destination);
  if (source.pod && source.pod === destination.pod) return 'admitted';
  const ask = (side: Side, { pod: subject }: End, other: End) =>
    subject
      ? judgeSide({ cluster, side, subject, other, destination: destination.pod, flow })
      : new Set([true]);
  const sides = [ask('egress', source, destination), ask('ingress', destination, source)];
  if (sides.some((outcomes) => !outcomes.has(true))) return 'not-admitted';
  return sides.some((outcomes) => outcomes.has(false)) ? 'undecidable' : 'admitted';
}
