import { SECOND } from '../base/clock.ts';
import { parseCidr } from '../base/cidr.ts';
import type { Cluster } from '../cluster.ts';
import { exposureOf } from '../policy/reachability/exposure-of.ts';
import { printVerdict } from '../policy/tell-verdict.ts';
import { probeConnections } from './connections.ts';
import { diffReachability } from './diff-reachability.ts';
import { judgeCell, type CellEnd } from './judge-connection.ts';
import { listConnections } from './list-connections.ts';
import {
  printConnections,
  printDifferences,
  printExposure,
  printReachability,
} from './print-reachability.ts';
import type { ColumnPort } from './reachability-picture.ts';
import { viewReachability } from './reachability.ts';
import { readReachability, type ClusterReachability } from './read-reachability.ts';

/** What `sim reach` is asked for; nothing: the whole matrix. */
export type ReachRequest =
  | { readonly ask: 'matrix'; readonly focus?: string; readonly namespaces?: readonly string[] }
  /** Pairs with all ports that pass, one a line. */
  | { readonly ask: 'list' }
  /** `to`: `namespace/workload:port[/udp]`; without a port all that it declares. */
  | { readonly ask: 'cell'; readonly from: string; readonly to: string }
  | { readonly ask: 'difference'; readonly before: Cluster }
  | { readonly ask: 'exposure'; readonly of: string }
  | { readonly ask: 'packets' };

/** Failure is data: `problem` is what was wrong with the request. */
export type ReachAnswer =
  | { readonly text: string; readonly value: unknown; readonly exitCode: 0 | 1 }
  | { readonly problem: string };

const answer = (text: string, value: unknown, exitCode: 0 | 1 = 0): ReachAnswer => ({
  text,
  value,
  exitCode,
});

interface AskedEnd {
  readonly end: CellEnd;
  readonly ports: readonly ColumnPort[];
}

/** `namespace/workload`, `namespace/pod`, an address or a range. */
function findEnd({ workloads, engine }: ClusterReachability, name: string): AskedEnd | undefined {
  const { pods } = engine.world;
  const workload = workloads.find(({ id }) => id === name);
  if (workload) {
    const keys = workload.pods.flatMap((index) => pods[index]?.key ?? []);
    return { end: { pods: keys }, ports: workload.ports };
  }
  const pod = pods.findIndex(({ key }) => key === name);
  const owner = workloads.find((each) => each.pods.includes(pod));
  if (owner) return { end: { pods: [name] }, ports: owner.ports };
  return parseCidr(name) ? { end: { range: name }, ports: [] } : undefined;
}

/** `shop/db:5432/udp` as its end and its port. */
function splitPort(text: string): { name: string; port?: ColumnPort } {
  const found = /^(.*[^:]):(\d+)(?:\/(tcp|udp|sctp))?$/i.exec(text);
  if (!found) return { name: text };
  const [, name = '', port, protocol = 'tcp'] = found;
  const asked = { tcp: 'TCP', udp: 'UDP', sctp: 'SCTP' } as const;
  const which = protocol.toLowerCase() as keyof typeof asked;
  return {
    name: name.replace(/^\[(.*)\]$/, '$1'),
    port: { protocol: asked[which], port: Number(port) },
  };
}

function answerCell(cluster: Cluster, from: string, to: string): ReachAnswer {
  const read = readReachability(cluster);
  const { name, port } = splitPort(to);
  const [source, destination] = [findEnd(read, from), findEnd(read, name)];
  const missing = source ? name : from;
  if (!source || !destination)
    return { problem: `there is no workload, pod or address ${missing}` };
  const ports = port ? [port] : destination.ports;
  if (ports.length === 0) return { problem: `${name} declares no port: say one, as ${name}:80` };
  const asked = { network: cluster.network, engine: read.engine };
  const judged = ports.flatMap((each) =>
    judgeCell(asked, { from: source.end, to: destination.end }, each),
  );
  const texts = judged.map(({ example, pairs }) => {
    const others = pairs === 1 ? '' : `The same for all ${pairs} pairs of pods like these.\n`;
    return `${printVerdict(example.verdict, example)}${others}`;
  });
  const areAdmitted = judged.every(({ example }) => example.verdict.outcome === 'admitted');
  return answer(texts.join('\n'), judged, areAdmitted ? 0 : 1);
}

function answerExposure(cluster: Cluster, id: string): ReachAnswer {
  const { engine, workloads } = readReachability(cluster);
  const workload = workloads.find((each) => each.id === id);
  if (!workload) return { problem: `there is no workload ${id}` };
  const pods = workload.pods.flatMap((index) => engine.world.pods[index] ?? []);
  const exposures = exposureOf(engine, pods);
  return answer(printExposure(id, exposures), exposures);
}

function answerPackets(cluster: Cluster): ReachAnswer {
  const connections = probeConnections(cluster);
  const lines = connections.map(
    ({ from, to, isReachable }) => `${isReachable ? '✓' : '-'} ${from} -> ${to}\n`,
  );
  return answer(lines.join(''), connections);
}

/** Time for pods to have addresses and to run. */
const STARTING = 30 * SECOND;

/** Answers `sim reach`. The exit code is 1 where a cell is not admitted, and where there is a difference. */
export function answerReach(cluster: Cluster, request: ReachRequest): ReachAnswer {
  cluster.advance(STARTING);
  switch (request.ask) {
    case 'matrix': {
      const { ask: _, ...question } = request;
      const view = viewReachability(cluster, { ...question, most: Number.POSITIVE_INFINITY });
      if (question.focus !== undefined && !view.ends.some(({ id }) => id === question.focus))
        return { problem: `there is no workload ${question.focus}` };
      return answer(printReachability(view), view);
    }
    case 'list': {
      const connections = listConnections(readReachability(cluster));
      return answer(printConnections(connections), connections);
    }
    case 'cell':
      return answerCell(cluster, request.from, request.to);
    case 'difference': {
      request.before.advance(STARTING);
      const [before, after] = [readReachability(request.before), readReachability(cluster)];
      const differences = diffReachability(before, after);
      return answer(printDifferences(differences), differences, differences.length > 0 ? 1 : 0);
    }
    case 'exposure':
      return answerExposure(cluster, request.of);
    case 'packets':
      return answerPackets(cluster);
  }
}
