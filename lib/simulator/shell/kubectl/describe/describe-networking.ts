import type { Ingress, IngressBackend, IngressClass } from '../../../api/networking/ingress.ts';
import type {
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
} from '../../../api/networking/network-policy.ts';
import type { IPAddress, ServiceCIDR } from '../../../api/networking/service-cidr.ts';
import { formatLabelSelector, type LabelSelector } from '../../../api/meta/label-selector.ts';
import { annotationLines, formatRfc1123, headLines, labelLines, Lines } from './lines.ts';

const isEmptySelector = ({ matchLabels, matchExpressions }: LabelSelector) =>
  Object.keys(matchLabels ?? {}).length === 0 && (matchExpressions ?? []).length === 0;

interface PolicyRule {
  readonly ports?: readonly NetworkPolicyPort[];
  readonly peers?: readonly NetworkPolicyPeer[];
}

/** The words in which the two directions differ. */
const DIRECTIONS = {
  ingress: { peers: 'From', any: 'source' },
  egress: { peers: 'To', any: 'destination' },
} as const;

const INDENT = '    ';

function peerLines(lines: Lines, peer: NetworkPolicyPeer): void {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  const selector = (title: string, value: LabelSelector | undefined) => {
    if (value) lines.line(1, `${INDENT}${title}: ${formatLabelSelector(value)}`);
  };
  selector('NamespaceSelector', namespaceSelector);
  selector('PodSelector', podSelector);
  if (podSelector || namespaceSelector || !ipBlock) return;
  lines.line(1, `${INDENT}IPBlock:`);
  lines.line(2, `${INDENT}CIDR: ${ipBlock.cidr}`);
  lines.line(2, `${INDENT}Except: ${(ipBlock.except ?? []).join(', ')}`);
}

function ruleLines(
  lines: Lines,
  rules: readonly PolicyRule[],
  direction: keyof typeof DIRECTIONS,
): void {
  const { peers: word, any } = DIRECTIONS[direction];
  if (rules.length === 0) {
    lines.line(0, `${INDENT}<none> (Selected pods are isolated for ${direction} connectivity)`);
  }
  rules.forEach(({ ports = [], peers = [] }, index) => {
    if (ports.length === 0) {
      lines.line(0, `${INDENT}To Port: <any> (traffic allowed to all ports)`);
    }
    for (const { port, endPort, protocol = 'TCP' } of ports) {
      const text = endPort === undefined ? `: ${port ?? '<nil>'}` : ` Range: ${port}-${endPort}`;
      lines.line(0, `${INDENT}To Port${text}/${protocol}`);
    }
    if (peers.length === 0) {
      lines.line(0, `${INDENT}${word}: <any> (traffic not restricted by ${any})`);
    }
    for (const peer of peers) {
      lines.line(0, `${INDENT}${word}:`);
      peerLines(lines, peer);
    }
    if (index < rules.length - 1) lines.line(0, `${INDENT}----------`);
  });
}

/** `kubectl describe networkpolicy`. */
export function describeNetworkPolicy({ metadata, spec }: NetworkPolicy): Lines {
  const lines = new Lines();
  lines.line(0, `Name:\t${metadata.name}`);
  lines.line(0, `Namespace:\t${metadata.namespace}`);
  const created = (metadata.creationTimestamp ?? '').replace('T', ' ').replace('Z', ' +0000 UTC');
  lines.line(0, `Created on:\t${created}`);
  labelLines(lines, 0, 'Labels', metadata.labels);
  annotationLines(lines, metadata.annotations);
  lines.line(0, 'Spec:');
  lines.write(1, 'PodSelector: ');
  const { podSelector = {}, policyTypes = ['Ingress'] } = spec;
  lines.line(
    2,
    isEmptySelector(podSelector)
      ? '<none> (Allowing the specific traffic to all pods in this namespace)'
      : formatLabelSelector(podSelector),
  );
  const ingress = (spec.ingress ?? []).map(({ from, ports }) => ({
    ...(from ? { peers: from } : {}),
    ...(ports ? { ports } : {}),
  }));
  const egress = (spec.egress ?? []).map(({ to, ports }) => ({
    ...(to ? { peers: to } : {}),
    ...(ports ? { ports } : {}),
  }));
  for (const [direction, type, rules] of [
    ['ingress', 'Ingress', ingress],
    ['egress', 'Egress', egress],
  ] as const) {
    if (policyTypes.includes(type)) {
      lines.line(1, `Allowing ${direction} traffic:`);
      ruleLines(lines, rules, direction);
    } else lines.line(1, `Not affecting ${direction} traffic`);
  }
  lines.line(1, `Policy Types: ${policyTypes.join(', ')}`);
  return lines;
}

/** What stands behind a backend: `web:80 (10.244.0.5:80)`. */
export type BackendText = (service: string, port: { name?: string; number?: number }) => string;

function backendText({ service, resource }: IngressBackend, textOf: BackendText): string {
  if (service) {
    const port = service.port ?? {};
    return `${service.name}:${port.name || (port.number ?? 0)} ${textOf(service.name, port)}`;
  }
  return resource
    ? `APIGroup: ${resource.apiGroup ?? '<none>'}, Kind: ${resource.kind}, Name: ${resource.name}`
    : '';
}

/** `kubectl describe ingress`, without the events at its end. */
export function describeIngress({ metadata, spec, status }: Ingress, textOf: BackendText): Lines {
  const lines = new Lines();
  lines.line(0, `Name:\t${metadata.name}`);
  labelLines(lines, 0, 'Labels', metadata.labels);
  lines.line(0, `Namespace:\t${metadata.namespace}`);
  const addresses = (status?.loadBalancer?.ingress ?? []).map(
    ({ ip, hostname }) => ip ?? hostname ?? '',
  );
  lines.line(0, `Address:\t${addresses.join(',')}`);
  lines.line(0, `Ingress Class:\t${spec.ingressClassName ?? '<none>'}`);
  const backend = spec.defaultBackend ? backendText(spec.defaultBackend, textOf) : '<default>';
  lines.line(0, `Default backend:\t${backend}`);
  if (spec.tls && spec.tls.length > 0) {
    lines.line(0, 'TLS:');
    for (const { hosts = [], secretName } of spec.tls) {
      const names = hosts.join(',');
      lines.line(1, secretName ? `${secretName} terminates ${names}` : `SNI routes ${names}`);
    }
  }
  lines.line(0, 'Rules:\n  Host\tPath\tBackends');
  lines.line(0, '  ----\t----\t--------');
  const rules = (spec.rules ?? []).filter(({ http }) => http);
  for (const { host, http } of rules) {
    lines.line(1, `${host || '*'}\t`);
    for (const { path, backend: target } of http?.paths ?? []) {
      lines.line(2, `\t${path ?? ''} \t${backendText(target, textOf)}`);
    }
  }
  if (rules.length === 0) lines.line(1, `*\t*\t${backend}`);
  annotationLines(lines, metadata.annotations);
  return lines;
}

/** `kubectl describe ingressclass`, without the events at its end. */
export function describeIngressClass({ metadata, spec }: IngressClass): Lines {
  const lines = new Lines();
  headLines(lines, metadata);
  lines.line(0, `Controller:\t${spec.controller ?? ''}`);
  const { parameters } = spec;
  if (parameters) {
    lines.line(0, 'Parameters:');
    if (parameters.apiGroup !== undefined) lines.line(1, `APIGroup:\t${parameters.apiGroup}`);
    lines.line(1, `Kind:\t${parameters.kind}`);
    lines.line(1, `Name:\t${parameters.name}`);
  }
  return lines;
}

/** `kubectl describe servicecidr`, without the events at its end. */
export function describeServiceCidr({ metadata, spec, status }: ServiceCIDR): Lines {
  const lines = new Lines();
  headLines(lines, metadata);
  lines.line(0, `CIDRs:\t${(spec.cidrs ?? []).join(', ')}`);
  const conditions = status?.conditions ?? [];
  if (conditions.length > 0) {
    lines.line(0, 'Status:');
    lines.line(0, 'Conditions:');
    lines.line(1, 'Type\tStatus\tLastTransitionTime\tReason\tMessage');
    lines.line(1, '----\t------\t------------------\t------\t-------');
    for (const { type, status: state, lastTransitionTime, reason, message } of conditions) {
      lines.line(
        1,
        `${type}\t${state}\t${formatRfc1123(lastTransitionTime)}\t${reason}\t${message}`,
      );
    }
  }
  return lines;
}

/** `kubectl describe ipaddress`, without the events at its end. */
export function describeIpAddress({ metadata, spec }: IPAddress): Lines {
  const lines = new Lines();
  headLines(lines, metadata);
  if (spec.parentRef) {
    const { group = '', resource, namespace = '', name } = spec.parentRef;
    lines.line(0, 'Parent Reference:');
    lines.line(1, `Group:\t${group}`);
    lines.line(1, `Resource:\t${resource}`);
    lines.line(1, `Namespace:\t${namespace}`);
    lines.line(1, `Name:\t${name}`);
  }
  return lines;
}
