import { cidrContains } from '../../../base/cidr.ts';
import type {
  NftElementBody,
  NftRuleBody,
  NftSetBody,
  NftVerdict,
} from '../../../linux/netfilter/nft/model.ts';
import type { EndpointInfo } from '../endpoints.ts';
import { endpointRef, planPort, type PortPlan } from '../port-plan.ts';
import type { ProxyConfig } from '../proxy-config.ts';
import { isExternallyAccessible, usesClusterEndpoints } from '../service-port.ts';
import type { ServedPort } from '../service-view.ts';
import { MARK_CHAIN, REJECT_CHAIN } from './base-table.ts';
import {
  nftEndpointNames,
  nftPortNames,
  type NftEndpointNames,
  type NftPortNames,
} from './names.ts';
import {
  comesFromPods,
  drop,
  goto,
  is,
  isIn,
  isLocal,
  isOneOf,
  isProtocol,
  jump,
  payload,
  rule,
  verdict,
} from './words.ts';

/** Maps and sets of the table that Services share. */
export type SharedSet =
  | 'cluster-ips'
  | 'service-ips'
  | 'service-nodeports'
  | 'no-endpoint-services'
  | 'no-endpoint-nodeports'
  | 'firewall-ips';

/** What one Service port has in the table: chains and sets of its own, and elements of the shared ones. */
export interface PortObjects {
  readonly chains: Map<string, NftRuleBody[]>;
  readonly sets: Map<string, NftSetBody>;
  readonly elements: { readonly set: SharedSet; readonly element: NftElementBody }[];
}

interface Plan extends PortPlan {
  readonly names: NftPortNames;
  readonly objects: PortObjects;
  readonly internalChain: string;
  readonly usesFirewall: boolean;
}

function planOf(served: ServedPort, config: ProxyConfig): Plan {
  const plan = planPort(served, config);
  const { port } = plan;
  const names = nftPortNames(port.path);
  return {
    ...plan,
    names,
    objects: { chains: new Map(), sets: new Map(), elements: [] },
    internalChain: port.internalPolicy === 'Local' ? names.local : names.cluster,
    usesFirewall: port.loadBalancerVips.length > 0 && port.sourceRanges.length > 0,
  };
}

function write(
  { objects: { chains }, port }: Plan,
  chain: string,
  statements: Parameters<typeof rule>[0],
  about: { readonly comment?: string; readonly endpoint?: EndpointInfo['because'] } = {},
): void {
  const rules = chains.get(chain) ?? [];
  chains.set(chain, rules);
  const { comment, endpoint } = about;
  const because = endpoint ?? port.because;
  rules.push(rule(statements, { ...(comment !== undefined && { comment }), because }));
}

function addElement(
  { objects: { elements }, port }: Plan,
  set: SharedSet,
  key: readonly string[],
  to?: NftVerdict,
  comment?: string,
): void {
  const element = {
    key: key.join(' . '),
    ...(to && { verdict: to }),
    ...(comment !== undefined && { comment }),
    because: port.because,
  };
  elements.push({ set, element });
}

/** No endpoint anywhere is refused; none on this node, under `Local`, is dropped, so that a balancer looks elsewhere. */
const refusal = ({ hasAny }: Plan): NftVerdict => (hasAny ? drop : goto(REJECT_CHAIN));

function captureClusterIp(plan: Plan): void {
  const { port, hasInternal, internalChain } = plan;
  const key = [port.clusterIp, port.protocol, String(port.port)];
  addElement(plan, 'cluster-ips', [port.clusterIp]);
  if (hasInternal) addElement(plan, 'service-ips', key, goto(internalChain));
  else addElement(plan, 'no-endpoint-services', key, refusal(plan), port.name);
}

function captureExternalAddresses(plan: Plan): void {
  const { port, names, hasAny, hasExternal, usesFirewall } = plan;
  for (const address of [...port.externalIps, ...port.loadBalancerVips]) {
    const key = [address, port.protocol, String(port.port)];
    if (hasAny) addElement(plan, 'service-ips', key, goto(names.external));
    if (!hasExternal) addElement(plan, 'no-endpoint-services', key, refusal(plan), port.name);
    if (usesFirewall && port.loadBalancerVips.includes(address))
      addElement(plan, 'firewall-ips', key, goto(names.firewall));
  }
}

function captureNodePort(plan: Plan): void {
  const { port, names, hasAny, hasExternal } = plan;
  if (port.nodePort === undefined) return;
  const key = [port.protocol, String(port.nodePort)];
  if (hasAny) addElement(plan, 'service-nodeports', key, goto(names.external));
  if (!hasExternal) addElement(plan, 'no-endpoint-nodeports', key, refusal(plan), port.name);
}

/** What comes to the ClusterIP from outside the pods is masqueraded, as the answer might go past this node otherwise. */
function writeInternalMasquerade(plan: Plan): void {
  const { port, config, hasInternal, internalChain } = plan;
  const { family, masqueradeAll, pods } = config;
  if (!hasInternal || (!masqueradeAll && !pods)) return;
  const fromElsewhere =
    masqueradeAll || !pods ? undefined : comesFromPods(pods, 'elsewhere', family);
  const toClusterIp = is(payload(family, 'daddr'), port.clusterIp);
  write(plan, internalChain, [toClusterIp, fromElsewhere, jump(MARK_CHAIN)]);
}

/** Masquerade under `Cluster`; under `Local` short-circuit pods and the node itself to all endpoints. */
function writeExternalChain(plan: Plan): void {
  const { port, names, config, hasAny, hasExternal } = plan;
  if (!hasAny || !isExternallyAccessible(port)) return;
  const toAll = verdict(goto(names.cluster));
  if (port.externalPolicy === 'Cluster') write(plan, names.external, [jump(MARK_CHAIN)]);
  else {
    if (config.pods) {
      const fromPods = comesFromPods(config.pods, 'pods', config.family);
      write(plan, names.external, [fromPods, toAll], { comment: 'short-circuit pod traffic' });
    }
    const fromNode = isLocal('saddr');
    write(plan, names.external, [fromNode, jump(MARK_CHAIN)], {
      comment: 'masquerade local traffic',
    });
    write(plan, names.external, [fromNode, toAll], { comment: 'short-circuit local traffic' });
  }
  if (!hasExternal) return;
  const chain = port.externalPolicy === 'Local' ? names.local : names.cluster;
  write(plan, names.external, [verdict(goto(chain))]);
}

/** loadBalancerSourceRanges: whoever is in none of them is dropped before the address is translated. */
function writeFirewallChain(plan: Plan): void {
  const { port, names, config, usesFirewall } = plan;
  if (!usesFirewall) return;
  // A node that asks the balancer's address may loop back with that address as its source.
  const isNodeAllowed = port.sourceRanges.some((range) => cidrContains(range, config.nodeAddress));
  const sources = [...port.sourceRanges, ...(isNodeAllowed ? port.loadBalancerVips : [])];
  const fromElsewhere = isOneOf(payload(config.family, 'saddr'), '!=', sources);
  write(plan, names.firewall, [fromElsewhere, verdict(drop)]);
}

function namesOf(plan: Plan, endpoint: EndpointInfo): NftEndpointNames {
  return nftEndpointNames(plan.port, endpoint);
}

/** First those that a client was sent to before, then one by lot (writeServiceToEndpointRules). */
function writePolicyChain(plan: Plan, chain: string, endpoints: readonly EndpointInfo[]): void {
  const { port, config } = plan;
  const saddr = payload(config.family, 'saddr');
  for (const [index, endpoint] of endpoints.entries()) {
    if (port.stickySeconds === undefined) break;
    const { affinity, chain: to } = namesOf(plan, endpoint);
    write(plan, chain, [isIn(saddr, affinity), verdict(goto(to))], {
      endpoint: endpointRef(endpoint, index, endpoints.length),
    });
  }
  const elements = endpoints.map((endpoint, index) => ({
    key: String(index),
    verdict: goto(namesOf(plan, endpoint).chain),
  }));
  write(plan, chain, [
    {
      statement: 'vmap',
      key: { expression: 'numgen', mode: 'random', mod: endpoints.length },
      map: { map: 'anonymous', elements },
    },
  ]);
}

/** Masquerade what a pod sends to itself, remember the client, translate the destination. */
function writeEndpointChain(plan: Plan, endpoint: EndpointInfo): void {
  const { port, config, all, objects } = plan;
  const { chain, affinity } = namesOf(plan, endpoint);
  const because = { endpoint: endpointRef(endpoint, all.indexOf(endpoint), all.length) };
  const saddr = payload(config.family, 'saddr');
  write(plan, chain, [is(saddr, endpoint.address), jump(MARK_CHAIN)], because);
  if (port.stickySeconds !== undefined) {
    objects.sets.set(affinity, {
      kind: 'set',
      type: [config.family === 'IPv4' ? 'ipv4_addr' : 'ipv6_addr'],
      flags: ['dynamic', 'timeout'],
      timeout: port.stickySeconds,
    });
    write(
      plan,
      chain,
      [{ statement: 'set-update', operation: 'update', set: affinity, key: saddr }],
      because,
    );
  }
  write(
    plan,
    chain,
    [
      isProtocol(port.protocol),
      {
        statement: 'nat',
        nat: 'dnat',
        address: { expression: 'value', value: endpoint.address },
        port: { expression: 'value', value: String(endpoint.port) },
      },
    ],
    because,
  );
}

/** What syncProxyRules of pkg/proxy/nftables/proxier.go (1.34) writes for one Service port. */
export function nftPortObjects(served: ServedPort, config: ProxyConfig): PortObjects {
  const plan = planOf(served, config);
  const { port, names, cluster, local, objects } = plan;
  captureClusterIp(plan);
  captureExternalAddresses(plan);
  captureNodePort(plan);
  writeInternalMasquerade(plan);
  writeExternalChain(plan);
  writeFirewallChain(plan);
  if (cluster.length > 0 && usesClusterEndpoints(port))
    writePolicyChain(plan, names.cluster, cluster);
  if (local.length > 0) writePolicyChain(plan, names.local, local);
  for (const endpoint of plan.all) writeEndpointChain(plan, endpoint);
  return objects;
}
