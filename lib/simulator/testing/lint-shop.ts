import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../api/meta/object.ts';
import { createPolicyEngine } from '../policy/create-policy-engine.ts';
import { readPolicyWorld, type ObjectReader } from '../policy/read-policy-world.ts';
import type { LintFinding } from '../policy/lint/lint-finding.ts';
import { lintPolicies } from '../policy/lint/lint-policies.ts';
import { readLintContext, type ClusterFacts } from '../policy/lint/read-lint-context.ts';

const namespace = (name: string, labels = '') =>
  `{kind: Namespace, metadata: {name: ${name}, labels: {kubernetes.io/metadata.name: ${name}${labels}}}}`;

const pod = (key: string, address: string, labels: string, more = '', ports = '') => {
  const [space, name] = key.split('/');
  return `{kind: Pod, metadata: {namespace: ${space}, name: ${name}, labels: {${labels}}},
    spec: {nodeName: n1, containers: [{name: c, image: x, ports: [${ports}]}]${more}}, status: {phase: Running, podIP: ${address}}}`;
};

/** A shop, a guest, a DNS server and an agent on the network of the node. */
const CLUSTER = [
  namespace('shop', ', team: web'),
  namespace('guest', ', team: guests'),
  namespace('empty'),
  namespace('kube-system'),
  '{kind: Node, metadata: {name: n1, labels: {zone: a}}, status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}}',
  pod('shop/web-1', '10.244.0.1', 'app: web', '', '{name: http, containerPort: 80}'),
  pod('shop/web-2', '10.244.0.2', 'app: web', '', '{name: http, containerPort: 80}'),
  pod('shop/db-0', '10.244.0.3', 'app: db', '', '{name: pg, containerPort: 5432}'),
  pod('guest/client', '10.244.0.4', 'app: client'),
  pod('guest/other', '10.244.0.5', 'app: other'),
  pod('guest/web', '10.244.0.6', 'app: web'),
  pod('kube-system/dns', '10.244.0.9', 'k8s-app: kube-dns', ', dnsPolicy: Default'),
  pod('kube-system/agent', '192.168.0.1', 'app: agent', ', hostNetwork: true'),
  `{kind: Service, metadata: {namespace: kube-system, name: kube-dns}, spec: {clusterIP: 10.96.0.10, clusterIPs: [10.96.0.10]}}`,
  `{kind: EndpointSlice, metadata: {namespace: kube-system, name: dns, labels: {kubernetes.io/service-name: kube-dns}},
    endpoints: [{addresses: [10.244.0.9]}], ports: [{name: dns, protocol: UDP, port: 53}, {name: dns-tcp, protocol: TCP, port: 53}, {name: metrics, port: 9153}]}`,
  `{kind: Deployment, metadata: {namespace: shop, name: later}, spec: {replicas: 0, template: {metadata: {labels: {app: later}}}}}`,
];

const FACTS: ClusterFacts = {
  podCidr: '10.244.0.0/16',
  serviceCidr: '10.96.0.0/12',
  dnsServiceIp: '10.96.0.10',
};

export interface Setting {
  readonly facts?: Partial<ClusterFacts>;
  readonly isEnforcedOn?: (node: string) => boolean;
}

/** What the linter says to policies of a small shop. */
export function lintShop(policies: string, { facts, isEnforcedOn = () => true }: Setting = {}) {
  const objects = parseAllDocuments([...CLUSTER, policies].join('\n---\n')).map(
    (document) => document.toJS() as KubeObject,
  );
  const reader: ObjectReader = {
    list: <T extends KubeObject>(kind: string) =>
      objects.filter((object) => object?.kind === kind) as T[],
  };
  const engine = createPolicyEngine(readPolicyWorld(reader), { isEnforcedOn });
  return lintPolicies(engine, readLintContext(reader, { ...FACTS, ...facts }));
}

export const brief = ({ check, severity, policy, path }: LintFinding) =>
  `${severity} ${policy.name} ${path} ${check}`.replace('  ', ' ');

export const netpol = (spec: string, name = 'p', space = 'shop') =>
  `{kind: NetworkPolicy, metadata: {namespace: ${space}, name: ${name}}, spec: {${spec}}}`;
export const anp = (spec: string, name = 'p', priority = 10) =>
  `{kind: AdminNetworkPolicy, metadata: {name: ${name}}, spec: {priority: ${priority}, subject: {namespaces: {}}, ${spec}}}`;
export const cnp = (spec: string, name = 'c', priority = 10, tier = 'Admin') =>
  `{kind: ClusterNetworkPolicy, metadata: {name: ${name}}, spec: {tier: ${tier}, priority: ${priority}, subject: {namespaces: {}}, ${spec}}}`;

export const WEB = 'podSelector: {matchLabels: {app: web}}';
export const CLIENT =
  '{namespaceSelector: {matchLabels: {team: guests}}, podSelector: {matchLabels: {app: client}}}';
export const DNS =
  '{to: [{namespaceSelector: {}, podSelector: {matchLabels: {k8s-app: kube-dns}}}], ports: [{port: 53, protocol: UDP}, {port: 53}]}';
export const ingress = (rules: string) => netpol(`${WEB}, ingress: [${rules}]`);
export const egress = (rules: string) =>
  netpol(`${WEB}, policyTypes: [Egress], egress: [${rules}]`);
