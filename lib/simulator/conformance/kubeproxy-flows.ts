import type { Service } from '../api/core/service.ts';
import type { EndpointSlice } from '../api/discovery/endpoint-slice.ts';
import { applyRules } from '../node/kube-proxy/apply-rules.ts';
import { buildRules } from '../node/kube-proxy/build-rules.ts';
import type { ProxyConfig } from '../node/kube-proxy/proxy-config.ts';
import { NetfilterNode, tcp, udp, type Passed } from '../testing/netfilter-node.ts';
import { Tally, type Suite } from './suite.ts';

interface FlowsFile {
  readonly environment: {
    nodeName: string;
    nodeIPs: readonly string[];
    primaryNodeIP: string;
    podCIDR: string;
  };
  readonly cases: readonly FlowCase[];
}

interface FlowCase {
  readonly id: string;
  readonly proxies: readonly ('iptables' | 'nftables')[];
  readonly config?: {
    readonly ipFamily?: string;
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
const BRIDGE = '192.0.2.1';

function configOf({ environment }: FlowsFile, { config = {} }: FlowCase): ProxyConfig {
  const cidr = config.localDetector === 'none' ? undefined : environment.podCIDR;
  return {
    nodeName: environment.nodeName,
    nodeAddress: environment.primaryNodeIP,
    nodeLabels: {},
    localAddresses: [
      '127.0.0.1',
      ...environment.nodeIPs.filter((address) => !address.includes(':')),
    ],
    ...(cidr !== undefined && { clusterCidr: cidr }),
    ...(config.masqueradeAll && { masqueradeAll: true }),
    localhostNodePorts: config.localhostNodePorts === false ? 'not-answered' : 'answered',
    nodePortAddresses: config.nodePortAddresses ?? [],
    hasRandomFully: false,
  };
}

/** The packet's way through the node: made here or not, for here or not after its translation. */
function route(node: NetfilterNode, flow: Flow, port: number): Passed {
  const make = flow.protocol === 'TCP' ? tcp : udp;
  const isOwn = node.isLocal(flow.sourceIP);
  const first = node.send(make(`${flow.sourceIP}:${port}`, `${flow.destIP}:${flow.destPort}`), [
    isOwn ? 'OUTPUT' : 'PREROUTING',
  ]);
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
  const backend = `${packet.destination}:${'destinationPort' in transport ? transport.destinationPort : 0}`;
  return { result: 'deliver', backend, masquerade: packet.source === BRIDGE };
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

function runFlows(
  about: { case: string; file: FlowsFile; each: FlowCase },
  flows: readonly Flow[],
  slices: readonly EndpointSlice[],
  tally: Tally,
): void {
  const config = configOf(about.file, about.each);
  const node = new NetfilterNode('', undefined, [BRIDGE, ...config.localAddresses]);
  applyRules(node.namespace.ruleset, buildRules(about.each.services, slices, config));
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
      const after = each.afterDeletingEndpointSlices ?? [];
      if (each.proxies.includes('nftables')) {
        for (const { name } of [...each.flows, ...after])
          tally.skip(
            { case: `${each.id} nftables`, probe: name },
            'nftables mode is not built yet',
          );
      }
      if (!each.proxies.includes('iptables')) continue;
      const about = { case: `${each.id} iptables`, file, each };
      runFlows(about, each.flows, each.endpointSlices, tally);
      runFlows(about, after, [], tally);
    }
    return tally.result();
  },
};
