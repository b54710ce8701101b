import { NO_CLASS, type EndClass } from './end-classes.ts';
import {
  portsBetween,
  portsWithOwnNode,
  type FamilyReachability,
  type Reachability,
} from './compute-reachability.ts';
import { ALL_PORTS } from './port-table.ts';

/** Some ends of a cluster that are looked at as one: the pods of a workload, or addresses outside. */
export type EndGroup =
  | { readonly group: 'pods'; /** Indices in `world.pods`. */ readonly pods: readonly number[] }
  /** The sets that the addresses are in, as text: of both families. */
  | { readonly group: 'outside'; readonly sets: string };

/** How many pairs of ends get through on which ports: a number of ports → pairs. */
export interface PairCount {
  readonly byPorts: ReadonlyMap<number, number>;
  readonly pairs: number;
  /** Pairs of a pod and itself, which are not among them. */
  readonly selves: number;
}

type Counts = Map<number, number>;

/** A group in one family. */
interface PlacedGroup {
  /** Class → ends of it. */
  readonly byClass: Counts;
  /** Node → class → pods of it there. */
  readonly onNode: Map<string, Counts>;
  /** Pods with their node's address. */
  readonly hosts: readonly {
    readonly node: string;
    readonly class: number;
    readonly pod: number;
  }[];
  readonly pods: ReadonlySet<number>;
}

const count = (counts: Counts, key: number, by: number) =>
  by === 0 ? counts : counts.set(key, (counts.get(key) ?? 0) + by);

/** Text that is equal for addresses outside of either family that policies treat alike. */
export const textOfSets = ({ end }: EndClass): string => [...end.sets].sort((a, b) => a - b).join();

function placeOutside({ ends }: FamilyReachability, sets: string): PlacedGroup {
  const byClass: Counts = new Map();
  ends.classes.forEach((end, index) => {
    if (end.kind === 'outside' && textOfSets(end) === sets) byClass.set(index, 1);
  });
  return { byClass, onNode: new Map(), hosts: [], pods: new Set() };
}

function placePods(
  { source: { world }, nodes }: Reachability,
  { ends }: FamilyReachability,
  pods: readonly number[],
): PlacedGroup {
  const byClass: Counts = new Map();
  const onNode = new Map<string, Counts>();
  const hosts: PlacedGroup['hosts'][number][] = [];
  const placed = new Set<number>();
  for (const index of pods) {
    const pod = world.pods[index];
    if (!pod) continue;
    const { node, isOnHostNetwork } = pod;
    const number = isOnHostNetwork
      ? (ends.ofNode[nodes.get(node) ?? NO_CLASS] ?? NO_CLASS)
      : (ends.ofPod[index] ?? NO_CLASS);
    if (number === NO_CLASS) continue;
    placed.add(index);
    if (isOnHostNetwork) hosts.push({ node, class: number, pod: index });
    else {
      count(byClass, number, 1);
      onNode.set(node, count(onNode.get(node) ?? new Map<number, number>(), number, 1));
    }
  }
  return { byClass, onNode, hosts, pods: placed };
}

/** A group as reachability sees it: for each address family the classes of its ends. */
export type PlacedGroups = readonly PlacedGroup[];

export const placeGroup = (reachability: Reachability, group: EndGroup): PlacedGroups =>
  reachability.families.map((family) =>
    group.group === 'pods'
      ? placePods(reachability, family, group.pods)
      : placeOutside(family, group.sets),
  );

/** Pods of both groups that are the same, by their class. */
function selvesOf({ ends }: FamilyReachability, from: PlacedGroup, to: PlacedGroup): Counts {
  const selves: Counts = new Map();
  for (const pod of from.pods) {
    const number = ends.ofPod[pod] ?? NO_CLASS;
    if (number !== NO_CLASS && to.pods.has(pod)) count(selves, number, 1);
  }
  return selves;
}

/** Pods, and addresses outside, with one another. */
function countPlain(
  reachability: Reachability,
  family: FamilyReachability,
  from: PlacedGroup,
  to: PlacedGroup,
  into: Counts,
): number {
  const selves = selvesOf(family, from, to);
  for (const [source, sources] of from.byClass) {
    for (const [target, targets] of to.byClass) {
      const pairs = sources * targets - (source === target ? (selves.get(source) ?? 0) : 0);
      count(into, portsBetween(reachability, family, source, target), pairs);
    }
  }
  return [...selves.values()].reduce((sum, number) => sum + number, 0);
}

/** Pods with their node's address, with pods that have their own: those of the same node are told apart. */
function countHosts(
  reachability: Reachability,
  family: FamilyReachability,
  hosts: PlacedGroup['hosts'],
  others: PlacedGroup,
  direction: 'from-host' | 'to-host',
  into: Counts,
): void {
  for (const { node, class: host } of hosts) {
    const near = others.onNode.get(node);
    for (const [other, all] of others.byClass) {
      const own = near?.get(other) ?? 0;
      const [from, to] = direction === 'from-host' ? [host, other] : [other, host];
      count(into, portsBetween(reachability, family, from, to), all - own);
      if (own === 0) continue;
      const way = direction === 'from-host' ? 'ingress' : 'egress';
      count(into, portsWithOwnNode(reachability, family, other, host, way), own);
    }
  }
}

/** Nodes with one another, which no policy is about. */
function countNodes(from: PlacedGroup, to: PlacedGroup, into: Counts): number {
  const selves = from.hosts.filter(({ pod }) => to.pods.has(pod)).length;
  count(into, ALL_PORTS, from.hosts.length * to.hosts.length - selves);
  return selves;
}

/**
 * Counts the pairs of two groups by the ports that pass, in every address family that both have. Pods that differ in nothing
 * are counted together.
 */
export function countPairs(
  reachability: Reachability,
  from: PlacedGroups,
  to: PlacedGroups,
): PairCount {
  const byPorts: Counts = new Map();
  let selves = 0;
  for (const [index, family] of reachability.families.entries()) {
    const [one, other] = [from[index], to[index]];
    if (!one || !other) continue;
    selves += countPlain(reachability, family, one, other, byPorts);
    countHosts(reachability, family, one.hosts, other, 'from-host', byPorts);
    countHosts(reachability, family, other.hosts, one, 'to-host', byPorts);
    selves += countNodes(one, other, byPorts);
  }
  const pairs = [...byPorts.values()].reduce((sum, number) => sum + number, 0);
  return { byPorts, pairs, selves };
}
