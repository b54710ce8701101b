import type { Flow } from '../base/flow.ts';
import type { Cluster } from '../cluster.ts';
import type { Network } from '../linux/network.ts';
import { OUTSIDE_SERVERS } from '../outside/build-outside.ts';
import type { PolicyEngine } from '../policy/create-policy-engine.ts';
import type { PolicyProtocol } from '../policy/policy-protocol.ts';
import type { PolicyEnd, PolicyPod } from '../policy/policy-world.ts';
import type { Verdict } from '../policy/verdict.ts';
import { policyEngineOf } from './policy-engine-of.ts';

/** One connection with the whole account of every policy that is asked about it. Plain data. */
export interface JudgedConnection {
  /** `shop/web`, `node-a`, or an address of nobody's. */
  readonly from: string;
  readonly to: string;
  readonly protocol: PolicyProtocol;
  readonly port: number;
  /** Of the destination. */
  readonly address: string;
  readonly verdict: Verdict;
}

const PROTOCOLS: Readonly<Partial<Record<Flow['protocol'], PolicyProtocol>>> = {
  tcp: 'TCP',
  udp: 'UDP',
  sctp: 'SCTP',
};

const nameOf = ({ pod, node, address }: PolicyEnd) => pod?.key ?? node?.name ?? address;

/** What policies say, and machines that have addresses of which no Node object knows. */
interface AskedCluster {
  readonly network: Network;
  readonly engine: PolicyEngine;
}

/** An address that a pod's own node has and its status does not list: its end of the pods' bridge. */
function withOwnNode(
  { network, engine }: AskedCluster,
  end: PolicyEnd,
  { pod }: PolicyEnd,
): PolicyEnd {
  const node = engine.world.nodes.find(({ name }) => name === pod?.node);
  if (!node || end.pod || end.node) return end;
  const links = Object.values(network.namespaces[node.name]?.links ?? {});
  const isOwn = links.some((link) => link.addresses.some(({ address }) => address === end.address));
  return isOwn ? { ...end, node } : end;
}

function judge(
  asked: AskedCluster,
  from: PolicyEnd,
  to: PolicyEnd,
  { protocol, port }: { protocol: PolicyProtocol; port: number },
): JudgedConnection {
  const source = withOwnNode(asked, from, to);
  const destination = withOwnNode(asked, to, from);
  return {
    from: nameOf(source),
    to: nameOf(destination),
    protocol,
    port,
    address: destination.address,
    verdict: asked.engine.explain({ source, destination, protocol, port }),
  };
}

/**
 * What every policy says to the connection of a packet, as it looks where policies are asked: behind kube-proxy's
 * translation. Undefined for ICMP, of which policies know nothing.
 */
export function judgeFlow(cluster: Cluster, flow: Flow): JudgedConnection | undefined {
  const protocol = PROTOCOLS[flow.protocol];
  if (!protocol) return undefined;
  const engine = policyEngineOf(cluster);
  const source = engine.endOf(flow.source.address);
  const destination = engine.endOf(flow.destination.address);
  const port = { protocol, port: flow.destination.port };
  return judge({ network: cluster.network, engine }, source, destination, port);
}

/** One end of a cell: pods by `namespace/name`, or addresses outside by their first range. */
export interface CellEnd {
  readonly pods?: readonly string[];
  readonly range?: string;
}

/**
 * Workloads have pods that are judged alike, so that few pairs show every verdict. Simplified: of a cell of more than
 * 400 pairs of pods the others are neither judged nor counted.
 */
const MOST_PAIRS = 400;

/**
 * `203.0.113.0/24` or `192.0.2.1-192.0.2.9`: an address in it; one where somebody answers, when policies treat it alike.
 * A single address is meant as it stands.
 */
function addressIn(engine: PolicyEngine, range: string): string {
  const [first = range, more] = range.split(/[/-]/);
  if (more === undefined) return range;
  const kind = engine.classOf(engine.endOf(first));
  const known = OUTSIDE_SERVERS.find(
    ({ address }) => engine.classOf(engine.endOf(address)) === kind,
  );
  return known?.address ?? first;
}

function endsOf(engine: PolicyEngine, { pods = [], range }: CellEnd): PolicyEnd[] {
  if (range !== undefined) return [engine.endOf(addressIn(engine, range))];
  const wanted = new Set(pods);
  const endOf = (pod: PolicyPod): PolicyEnd => ({ address: pod.addresses[0] ?? '', pod });
  return engine.world.pods.filter(({ key }) => wanted.has(key)).map(endOf);
}

/** A pair of pods for each verdict that differs, with the number of pairs that are judged alike; a pod and itself left out. */
export function judgeCell(
  asked: AskedCluster,
  cell: { readonly from: CellEnd; readonly to: CellEnd },
  port: { readonly protocol: PolicyProtocol; readonly port: number },
): { readonly example: JudgedConnection; readonly pairs: number }[] {
  const kinds = new Map<string, { example: JudgedConnection; pairs: number }>();
  let left = MOST_PAIRS;
  for (const source of endsOf(asked.engine, cell.from)) {
    for (const destination of endsOf(asked.engine, cell.to)) {
      if (source.pod && source.pod.key === destination.pod?.key) continue;
      if (left-- <= 0) break;
      const example = judge(asked, source, destination, port);
      const text = JSON.stringify(example.verdict);
      const known = kinds.get(text);
      if (known) known.pairs += 1;
      else kinds.set(text, { example, pairs: 1 });
    }
  }
  return [...kinds.values()];
}
