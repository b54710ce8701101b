import { parseIp } from '../base/ip.ts';
import type { Cluster } from '../cluster.ts';
import type { Direction } from '../policy/normal-policy.ts';
import { countPairs, placeGroup, type EndGroup } from '../policy/reachability/count-pairs.ts';
import { textOfRange } from '../policy/reachability/text-of-range.ts';
import { cellOf, NOT_ASKED } from './reachability-cell.ts';
import { viewEnforcement } from './enforcement.ts';
import {
  readReachability,
  type ClusterReachability,
  type OutsideRanges,
  type Workload,
} from './read-reachability.ts';
import type {
  OutsideEnd,
  ReachabilityCell,
  ReachabilityColumn,
  ReachabilityEnd,
  ReachabilityQuestion,
  ReachabilityView,
  WorkloadEnd,
} from './reachability-picture.ts';

const MOST_WORKLOADS = 60;
const DIRECTIONS: readonly Direction[] = ['ingress', 'egress'];

/** An end of the picture with what it stands for. */
interface DrawnEnd {
  readonly end: ReachabilityEnd;
  readonly group: EndGroup;
  readonly ports: Workload['ports'];
  /** The workload that it is, or is a pod of. */
  readonly workload?: string;
}

function workloadEnd(
  { engine }: ClusterReachability,
  kind: WorkloadEnd['end'],
  id: string,
  pods: readonly number[],
): WorkloadEnd {
  const known = pods.flatMap((index) => engine.world.pods[index] ?? []);
  const [namespace = '', name = ''] = id.split('/');
  return {
    end: kind,
    ...{ id, namespace, name },
    pods: known.map(({ key }) => key),
    isOnHostNetwork: known.every(({ isOnHostNetwork }) => isOnHostNetwork),
    isolated: DIRECTIONS.filter((direction) =>
      known.some((pod) => engine.policiesOf(pod, direction).isIsolated),
    ),
  };
}

/** A workload, or all of its pods where it is unfolded. */
function drawWorkload(
  read: ClusterReachability,
  { id, pods, ports }: Workload,
  unfold: readonly string[],
): DrawnEnd[] {
  if (!unfold.includes(id)) {
    const end = workloadEnd(read, 'workload', id, pods);
    return [{ end, group: { group: 'pods', pods }, ports, workload: id }];
  }
  return pods.map((index) => ({
    end: workloadEnd(read, 'pod', read.engine.world.pods[index]?.key ?? '', [index]),
    group: { group: 'pods', pods: [index] },
    ...{ ports, workload: id },
  }));
}

/** Ranges named for people: few of them as they are; most addresses are what is left. */
function outsideEnd({ ranges }: OutsideRanges, which: 'all' | 'most' | 'some'): OutsideEnd {
  const texts = ranges.map(textOfRange);
  const [first = '', second, ...more] = texts;
  const few = second === undefined ? first : `${first}, ${second}`;
  switch (which) {
    case 'all':
      return { end: 'outside', id: 'outside', ranges: texts, name: 'outside' };
    case 'most':
      return { end: 'outside', id: 'outside', ranges: texts, name: 'outside, the rest' };
    case 'some': {
      const name = more.length === 0 ? few : `${few} and ${more.length} more`;
      return { end: 'outside', id: first, ranges: texts, name };
    }
  }
}

/** How many addresses: those of IPv4 count before those of IPv6. */
function sizeOf({ ranges }: OutsideRanges): number {
  const sizes = ranges.map((range) => {
    const [first, last] = [parseIp(range.first), parseIp(range.last)];
    if (!first || !last) return 0;
    return Number(last.value - first.value + 1n) * (first.version === 4 ? 1 : 2 ** -128);
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}

function drawOutside({ outside }: ClusterReachability): DrawnEnd[] {
  const ordered = [...outside].sort((a, b) => sizeOf(a) - sizeOf(b));
  return ordered.map((ranges, index) => {
    const which = outside.length === 1 ? 'all' : index === outside.length - 1 ? 'most' : 'some';
    return {
      end: outsideEnd(ranges, which),
      group: { group: 'outside', sets: ranges.sets },
      ports: [],
    };
  });
}

/** Workloads in the order in which they get room. */
function inOrder(workloads: readonly Workload[], focus: string | undefined): Workload[] {
  const rank = ({ id, namespace }: Workload) =>
    id === focus ? 0 : namespace === 'kube-system' ? 2 : 1;
  return [...workloads].sort((a, b) => rank(a) - rank(b));
}

function columnsOf(
  ends: readonly DrawnEnd[],
  port: ReachabilityQuestion['port'],
): ReachabilityColumn[] {
  return ends.flatMap(({ ports }, to): ReachabilityColumn[] => {
    if (port) return [{ to, port }];
    return ports.length === 0 ? [{ to }] : ports.map((one) => ({ to, port: one }));
  });
}

function isAsked(from: DrawnEnd, to: DrawnEnd, { focus }: ReachabilityQuestion): boolean {
  if (from.end.end === 'outside' && to.end.end === 'outside') return false;
  return (
    focus === undefined ||
    [from, to].some(({ end, workload }) => workload === focus || end.id === focus)
  );
}

function cellsOf(
  { reachability }: ClusterReachability,
  ends: readonly DrawnEnd[],
  columns: readonly ReachabilityColumn[],
  question: ReachabilityQuestion,
): ReachabilityCell[][] {
  const placed = ends.map(({ group }) => placeGroup(reachability, group));
  return ends.map((from, row) => {
    const counts = ends.map((to, index) => {
      const [one, other] = [placed[row], placed[index]];
      if (!one || !other || !isAsked(from, to, question)) return undefined;
      return countPairs(reachability, one, other);
    });
    return columns.map(({ to, port }) => {
      const count = counts[to];
      return count ? cellOf(reachability.ports, count, port) : NOT_ASKED;
    });
  });
}

/**
 * Who may talk to whom: workloads and the outside as rows and, by their ports, as columns. Policies alone decide: whether a
 * route leads there and somebody listens is not asked.
 */
export function viewReachability(
  cluster: Cluster,
  question: ReachabilityQuestion = {},
): ReachabilityView {
  const { namespaces, unfold = [], most = MOST_WORKLOADS, focus } = question;
  const read = readReachability(cluster);
  const wanted = read.workloads.filter(
    ({ id, namespace }) => !namespaces || namespaces.includes(namespace) || id === focus,
  );
  const ordered = inOrder(wanted, focus);
  const drawn = [
    ...ordered.slice(0, most).flatMap((workload) => drawWorkload(read, workload, unfold)),
    ...drawOutside(read),
  ];
  const columns = columnsOf(drawn, question.port);
  return {
    ends: drawn.map(({ end }) => end),
    rows: drawn.map((_, index) => index),
    columns,
    cells: cellsOf(read, drawn, columns, question),
    enforcement: viewEnforcement(read.engine),
    leftOut: ordered.slice(most).map(({ id }) => id),
  };
}
