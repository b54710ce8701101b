import { cidrContains } from '../../base/cidr.ts';
import type { Target } from '../../linux/netfilter/rule.ts';
import { endpointChain } from './chain-names.ts';
import type { EndpointInfo } from './endpoints.ts';
import { endpointRef, planPort, type PortPlan } from './port-plan.ts';
import type { ProxyConfig } from './proxy-config.ts';
import {
  comment,
  fromPods,
  jump,
  protocolOnly,
  source,
  toAddress,
  toPort,
  write,
  type ChainWriter,
} from './proxy-rules.ts';
import { isExternallyAccessible } from './service-port.ts';
import type { ServedPort } from './service-view.ts';

export interface Tables {
  readonly filter: ChainWriter;
  readonly nat: ChainWriter;
}

/** `full` comments, or `sparse` ones in a cluster so large that they would cost too much. */
export type CommentStyle = 'full' | 'sparse';

/** What iptables mode adds to a plan. */
interface Plan extends PortPlan {
  readonly comments: CommentStyle;
  readonly internalChain: string;
  /** Where packets to a load balancer's address go: the firewall chain when there are source ranges. */
  readonly loadBalancerChain: string;
  readonly usesFirewall: boolean;
}

function planOf(served: ServedPort, config: ProxyConfig, comments: CommentStyle): Plan {
  const plan = planPort(served, config);
  const { port, hasAny } = plan;
  const usesFirewall = hasAny && port.loadBalancerVips.length > 0 && port.sourceRanges.length > 0;
  return {
    ...plan,
    comments,
    internalChain: port.internalPolicy === 'Local' ? port.chains.local : port.chains.cluster,
    loadBalancerChain: usesFirewall ? port.chains.firewall : port.chains.external,
    usesFirewall,
  };
}

/** `-j REJECT` without more, which iptables and ip6tables complete each in its own way. */
const rejectOf = ({ family }: ProxyConfig): Target =>
  family === 'IPv6' ? { target: 'REJECT', with: 'icmp6-port-unreachable' } : { target: 'REJECT' };

/** No endpoint anywhere is refused; none on this node, under `Local`, is dropped, so that a balancer looks elsewhere. */
function refusal({ hasAny, port, config }: Plan): { text: string; target: Target } {
  return hasAny
    ? { text: `${port.name} has no local endpoints`, target: { target: 'DROP' } }
    : { text: `${port.name} has no endpoints`, target: rejectOf(config) };
}

function captureClusterIp({ filter, nat }: Tables, plan: Plan): void {
  const { port, hasInternal, internalChain } = plan;
  const address = toAddress(port.protocol, port.clusterIp, port.port);
  if (hasInternal) {
    write(
      nat,
      'KUBE-SERVICES',
      [comment(`${port.name} cluster IP`), ...address],
      jump(internalChain),
      port.because,
    );
  } else {
    const { text, target } = refusal(plan);
    write(filter, 'KUBE-SERVICES', [comment(text), ...address], target, port.because);
  }
}

function captureExternalAddress(
  { filter, nat }: Tables,
  plan: Plan,
  address: string,
  kind: 'external IP' | 'loadbalancer IP',
): void {
  const { port, hasAny, hasExternal, usesFirewall, loadBalancerChain } = plan;
  const to = toAddress(port.protocol, address, port.port);
  const chain = kind === 'external IP' ? port.chains.external : loadBalancerChain;
  if (hasAny)
    write(
      nat,
      'KUBE-SERVICES',
      [comment(`${port.name} ${kind}`), ...to],
      jump(chain),
      port.because,
    );
  if (usesFirewall && kind === 'loadbalancer IP') {
    const text = `${port.name} traffic not accepted by ${port.chains.firewall}`;
    write(filter, 'KUBE-PROXY-FIREWALL', [comment(text), ...to], { target: 'DROP' }, port.because);
  }
  if (!hasExternal) {
    const { text, target } = refusal(plan);
    write(filter, 'KUBE-EXTERNAL-SERVICES', [comment(text), ...to], target, port.because);
  }
}

function captureNodePort({ filter, nat }: Tables, plan: Plan): void {
  const { port, hasAny, hasExternal } = plan;
  if (port.nodePort === undefined) return;
  const to = toPort(port.protocol, port.nodePort);
  if (hasAny)
    write(
      nat,
      'KUBE-NODEPORTS',
      [comment(port.name), ...to],
      jump(port.chains.external),
      port.because,
    );
  if (hasExternal) return;
  const { text, target } = refusal(plan);
  write(
    filter,
    'KUBE-EXTERNAL-SERVICES',
    [comment(text), { match: 'address-type', side: 'dst', type: 'LOCAL' }, ...to],
    target,
    port.because,
  );
}

function captureHealthCheck({ filter }: Tables, { port }: Plan): void {
  if (port.healthCheckNodePort === undefined) return;
  const matches = [
    comment(`${port.name} health check node port`),
    ...toPort('tcp', port.healthCheckNodePort),
  ];
  write(filter, 'KUBE-NODEPORTS', matches, { target: 'ACCEPT' }, port.because);
}

/** What comes to the ClusterIP from outside the pods is masqueraded, as the answer might go past this node otherwise. */
function writeInternalMasquerade(
  { nat }: Tables,
  { port, config, hasInternal, internalChain }: Plan,
): void {
  if (!hasInternal) return;
  const to = [
    comment(`${port.name} cluster IP`),
    ...toAddress(port.protocol, port.clusterIp, port.port),
  ];
  if (config.masqueradeAll) write(nat, internalChain, to, jump('KUBE-MARK-MASQ'), port.because);
  else if (config.pods) {
    const fromElsewhere = fromPods(config.pods, 'elsewhere');
    write(nat, internalChain, [...to, fromElsewhere], jump('KUBE-MARK-MASQ'), port.because);
  }
}

/** KUBE-EXT: masquerade under `Cluster`; under `Local` short-circuit pods and the node itself to all endpoints. */
function writeExternalChain({ nat }: Tables, { port, config, hasAny, hasExternal }: Plan): void {
  if (!hasAny || !isExternallyAccessible(port)) return;
  const { external, cluster, local } = port.chains;
  const because = port.because;
  const about = (what: string) => comment(`${what} for ${port.name} external destinations`);
  if (port.externalPolicy === 'Cluster') {
    write(nat, external, [about('masquerade traffic')], jump('KUBE-MARK-MASQ'), because);
  } else {
    const fromNode = { match: 'address-type', side: 'src', type: 'LOCAL' } as const;
    if (config.pods) {
      const matches = [about('pod traffic'), fromPods(config.pods, 'pods')];
      write(nat, external, matches, jump(cluster), because);
    }
    write(
      nat,
      external,
      [about('masquerade LOCAL traffic'), fromNode],
      jump('KUBE-MARK-MASQ'),
      because,
    );
    write(nat, external, [about('route LOCAL traffic'), fromNode], jump(cluster), because);
  }
  if (hasExternal)
    write(nat, external, [], jump(port.externalPolicy === 'Local' ? local : cluster), because);
}

/** KUBE-FW: loadBalancerSourceRanges. Whoever gets to its end is dropped by KUBE-PROXY-FIREWALL in the filter table. */
function writeFirewallChain({ nat }: Tables, { port, config, usesFirewall }: Plan): void {
  if (!usesFirewall) return;
  const { firewall, external } = port.chains;
  const about = comment(`${port.name} loadbalancer IP`);
  // A node that asks the balancer's address may loop back with that address as its source.
  const isNodeAllowed = port.sourceRanges.some((range) => cidrContains(range, config.nodeAddress));
  for (const range of [...port.sourceRanges, ...(isNodeAllowed ? port.loadBalancerVips : [])]) {
    write(nat, firewall, [about, source(range)], jump(external), port.because);
  }
  write(
    nat,
    firewall,
    [comment(`other traffic to ${port.name} will be dropped by KUBE-PROXY-FIREWALL`)],
    { target: 'NONE' },
    port.because,
  );
}

/** As kube-proxy prints it: ten digits. */
const probability = (endpoints: number) => Number((1 / endpoints).toFixed(10));

/** ip6tables completes `-m recent` with a mask of its own. */
const recentMask = ({ family }: ProxyConfig) =>
  family === 'IPv6' && { mask: 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff' };

/** KUBE-SVC and KUBE-SVL: first those that a client was sent to before, then one by lot. */
function writePolicyChain(
  { nat }: Tables,
  { port, comments, config }: Plan,
  chain: string,
  endpoints: readonly EndpointInfo[],
): void {
  const all = endpoints.length;
  const about = ({ text }: EndpointInfo) =>
    comments === 'full' ? comment(`${port.name} -> ${text}`) : undefined;
  const chainOf = ({ text }: EndpointInfo) => endpointChain(port.name, port.protocol, text);
  for (const [index, endpoint] of endpoints.entries()) {
    if (port.stickySeconds === undefined) break;
    const list = chainOf(endpoint);
    const recent = {
      match: 'recent',
      list,
      operation: 'rcheck',
      seconds: port.stickySeconds,
      reap: true,
      ...recentMask(config),
    } as const;
    write(nat, chain, [about(endpoint), recent], jump(list), endpointRef(endpoint, index, all));
  }
  for (const [index, endpoint] of endpoints.entries()) {
    const isLast = index === all - 1;
    const lot = isLast
      ? undefined
      : ({ match: 'statistic', probability: probability(all - index) } as const);
    write(
      nat,
      chain,
      [about(endpoint), lot],
      jump(chainOf(endpoint)),
      endpointRef(endpoint, index, all),
    );
  }
}

/** KUBE-SEP: masquerade what a pod sends to itself, then translate the destination. */
function writeEndpointChain(
  { nat }: Tables,
  { port, comments, all, config }: Plan,
  endpoint: EndpointInfo,
): void {
  const chain = endpointChain(port.name, port.protocol, endpoint.text);
  const because = endpointRef(endpoint, all.indexOf(endpoint), all.length);
  const about = comments === 'full' ? comment(port.name) : undefined;
  const recent =
    port.stickySeconds === undefined
      ? undefined
      : ({ match: 'recent', list: chain, operation: 'set', ...recentMask(config) } as const);
  write(nat, chain, [about, source(endpoint.address)], jump('KUBE-MARK-MASQ'), because);
  write(
    nat,
    chain,
    [about, recent, ...protocolOnly(port.protocol)],
    { target: 'DNAT', to: endpoint.text },
    because,
  );
}

/**
 * All rules of one Service port, in the order of syncProxyRules (pkg/proxy/iptables/proxier.go, 1.35): what it adds to
 * the chains that all share, and its own chains.
 */
export function writeServiceRules(
  served: ServedPort,
  config: ProxyConfig,
  comments: CommentStyle,
): Tables {
  const tables: Tables = { filter: new Map(), nat: new Map() };
  const { port } = served;
  const plan = planOf(served, config, comments);
  captureClusterIp(tables, plan);
  for (const address of port.externalIps)
    captureExternalAddress(tables, plan, address, 'external IP');
  for (const address of port.loadBalancerVips)
    captureExternalAddress(tables, plan, address, 'loadbalancer IP');
  captureNodePort(tables, plan);
  captureHealthCheck(tables, plan);
  writeInternalMasquerade(tables, plan);
  writeExternalChain(tables, plan);
  writeFirewallChain(tables, plan);
  if (plan.cluster.length > 0) writePolicyChain(tables, plan, port.chains.cluster, plan.cluster);
  if (plan.local.length > 0) writePolicyChain(tables, plan, port.chains.local, plan.local);
  for (const endpoint of plan.all) writeEndpointChain(tables, plan, endpoint);
  return tables;
}
