import type { Service } from '../api/core/service.ts';
import type { EndpointSlice } from '../api/discovery/endpoint-slice.ts';
import { isOfFamily } from '../node/kube-proxy/service-port.ts';
import { syncNftables } from '../node/kube-proxy/nftables/sync-nftables.ts';
import type { IpFamily, ProxyConfig } from '../node/kube-proxy/proxy-config.ts';
import { memoryOf } from '../node/kube-proxy/proxy-memory.ts';
import { viewServices } from '../node/kube-proxy/service-view.ts';
import { syncIptables } from '../node/kube-proxy/sync-iptables.ts';
import { NetfilterNode, tcp, udp, type Passed } from '../testing/netfilter-node.ts';
import type { ProxyMode } from '../cluster-options.ts';
import { formatSocketAddress } from '../base/flow.ts';
import { Tally, type Suite } from './suite.ts';

interface FlowsFile {
  readonly environment: {
    nodeName: string;
    nodeIPs: readonly string[];
    primaryNodeIP: string;
    podCIDR: string;
    serviceCIDR: string;
    defaultNodePortAddresses: { readonly nftables: readonly string[] };
  };
  readonly cases: readonly FlowCase[];
}

interface FlowCase {
  readonly id: string;
  readonly proxies: readonly ProxyMode[];
  readonly config?: {
    readonly ipFamily?: IpFamily;
    readonly clusterCIDR?: string;
    readonly serviceCIDRs?: string;
    readonly nodePortAddresses?: readonly string[];
    readonly masqueradeAll?: boolean;
    readonly localDetector?: string;
    readonly localhostNodePorts?: boolean;
  };
  readonly services: readonly Service[];
  readonly endpointSlices: readonly EndpointSlice[];
  readonly flows: readonly Flow[];
  /** The same again when no EndpointSlice is left. */
  readonly afterDeletingEndpointSlices?: readonly Flow[];
}

interface Flow {
  readonly name: string;
  readonly sourceIP: string;
  readonly protocol: 'TCP' | 'UDP';
  readonly destIP: string;
  readonly destPort: number;
  readonly result: 'deliver' | 'REJECT' | 'DROP' | 'ACCEPT' | 'NONE';
  readonly backends?: readonly string[];
  readonly masquerade?: boolean;
}

/** How often a flow is sent: enough that each of a few endpoints is drawn. */
const ROUNDS = 120;

/** The node's address towards the pods, which masquerading takes: unlike all others, so that it shows in a packet. */
const BRIDGE: Readonly<Record<IpFamily, string>> = { IPv4: '192.0.2.1', IPv6: '2001:db8:ffff::1' };

const familyOf = ({ config = {} }: FlowCase): IpFamily => config.ipFamily ?? 'IPv4';

function configOf({ environment }: FlowsFile, each: FlowCase, mode: ProxyMode): ProxyConfig {
  const { config = {} } = each;
  const family = familyOf(each);
  const own = (addresses: readonly string[]) =>
    addresses.filter((address) => isOfFamily(address, family));
  const cidr = config.clusterCIDR ?? environment.podCIDR;
  const byDefault = mode === 'nftables' ? environment.defaultNodePortAddresses.nftables : [];
  return {
    family,
    nodeName: environment.nodeName,
    nodeAddress: own([environment.primaryNodeIP, ...environment.nodeIPs])[0] ?? '',
    nodeLabels: {},
    localAddresses: [family === 'IPv4' ? '127.0.0.1' : '::1', ...own(environment.nodeIPs)],
    ...(config.localDetector !== 'none' && { pods: { by: 'source', cidr } }),
    ...(config.masqueradeAll && { masqueradeAll: true }),
    localhostNodePorts: config.localhostNodePorts === false ? 'not-answered' : 'answered',
    nodePortAddresses: own(config.nodePortAddresses ?? byDefault),
    hasRandomFully: false,
    serviceCidrs: own((config.serviceCIDRs ?? environment.serviceCIDR).split(',')),
  };
}

/** The packet's way through the node: made here or not, for here or not after its translation. */
function route(node: NetfilterNode, flow: Flow, port: number): Passed {
  const make = flow.protocol === 'TCP' ? tcp : udp;
  const at = (address: string) => (address.includes(':') ? `[${address}]` : address);
  const isOwn = node.isLocal(flow.sourceIP);
  const first = node.send(
    make(`${at(flow.sourceIP)}:${port}`, `${at(flow.destIP)}:${flow.destPort}`),
    [isOwn ? 'OUTPUT' : 'PREROUTING'],
  );
  if (first.verdict.verdict !== 'accept') return first;
  const isForUs = node.isLocal(first.packet.destination);
  if (isForUs && !isOwn) return node.pass(first.skb, ['INPUT']);
  return node.pass(first.skb, isOwn ? ['POSTROUTING'] : ['FORWARD', 'POSTROUTING']);
}

/** Whether the last filter table ended with a rule that accepts. */
function wasAcceptedByRule(node: NetfilterNode): boolean {
  const steps = node.traces['t']?.steps ?? [];
  const last = steps.findLast((step) => step.kind === 'netfilter' && step.table === 'filter');
  return (
    last?.kind === 'netfilter' &&
    last.rules.some(({ matched, text }) => matched && text.endsWith('-j ACCEPT'))
  );
}

/** What became of one packet, in the table's words. */
function outcomeOf(
  node: NetfilterNode,
  flow: Flow,
  port: number,
): { result: Flow['result']; backend?: string; masquerade?: boolean } {
  node.traces['t'] = { packets: 1, steps: [] };
  const { verdict, packet } = route(node, flow, port);
  if (verdict.verdict === 'drop') return { result: 'DROP' };
  if (verdict.verdict === 'reject') return { result: 'REJECT' };
  if (packet.destination === flow.destIP)
    return { result: wasAcceptedByRule(node) ? 'ACCEPT' : 'NONE' };
  const { transport } = packet;
  const backendPort = 'destinationPort' in transport ? transport.destinationPort : 0;
  return {
    result: 'deliver',
    backend: formatSocketAddress({ address: packet.destination, port: backendPort }),
    masquerade: Object.values(BRIDGE).includes(packet.source),
  };
}

const describe = (
  results: readonly string[],
  backends: readonly string[],
  masquerade: readonly boolean[],
) =>
  [
    results.join('|'),
    backends.length > 0 ? `{${backends.join(' ')}}` : '',
    masquerade.map((each) => (each ? 'masqueraded' : 'source kept')).join('|'),
  ]
    .filter(Boolean)
    .join(' ');

const unique = <T>(values: readonly T[]) => [...new Set(values)].sort();

function expectedOf({ result, backends = [], masquerade }: Flow): string {
  const source = result === 'deliver' && masquerade !== undefined ? [masquerade] : [];
  return describe([result], unique(backends), source);
}

/** A node on which kube-proxy knows these objects. */
function nodeWith({ file, each, mode }: About, slices: readonly EndpointSlice[]): NetfilterNode {
  const config = configOf(file, each, mode);
  const node = new NetfilterNode('', undefined, [BRIDGE[config.family], ...config.localAddresses]);
  const { ruleset, ruleset6, nftables } = node.namespace;
  const view = viewServices(each.services, slices, config.family);
  const memory = memoryOf({}, config.family);
  if (mode === 'nftables') syncNftables(nftables, view, config, memory, node.now);
  else syncIptables(config.family === 'IPv4' ? ruleset : ruleset6, view, config, memory);
  return node;
}

interface About {
  readonly case: string;
  readonly file: FlowsFile;
  readonly each: FlowCase;
  readonly mode: ProxyMode;
}

function runFlows(
  about: About,
  flows: readonly Flow[],
  slices: readonly EndpointSlice[],
  tally: Tally,
): void {
  const node = nodeWith(about, slices);
  let port = 20_000;
  for (const flow of flows) {
    const outcomes = Array.from({ length: ROUNDS }, () => outcomeOf(node, flow, port++));
    const seen = describe(
      unique(outcomes.map(({ result }) => result)),
      unique(outcomes.flatMap(({ backend }) => backend ?? [])),
      unique(outcomes.flatMap(({ masquerade }) => masquerade ?? [])),
    );
    tally.compare({ case: about.case, probe: flow.name }, expectedOf(flow), seen);
  }
}

/**
 * What becomes of packets for every sort of Service (packet-flow tests of upstream's proxiers). The packets go through
 * the hooks of a node that carries kube-proxy's rules.
 */
export const kubeproxyFlows: Suite = {
  name: 'kubeproxy_flows',
  unit: 'flow x proxy mode',
  run(contents) {
    const file = contents as FlowsFile;
    const tally = new Tally();
    for (const each of file.cases) {
      for (const mode of each.proxies) {
        const about = { case: `${each.id} ${mode}`, file, each, mode };
        runFlows(about, each.flows, each.endpointSlices, tally);
        runFlows(about, each.afterDeletingEndpointSlices ?? [], [], tally);
      }
    }
    return tally.result();
  },
};
