import type { Pod } from '../api/core/pod.ts';
import { cidrBounds, cidrsOf } from '../base/cidr.ts';
import { parseIp } from '../base/ip.ts';
import type { Cluster } from '../cluster.ts';
import type { PolicyEngine } from '../policy/create-policy-engine.ts';
import type { AddressRange } from '../policy/engine/address-ranges.ts';
import {
  computeReachability,
  type Reachability,
} from '../policy/reachability/compute-reachability.ts';
import { textOfSets } from '../policy/reachability/count-pairs.ts';
import { workloadOf } from './connections.ts';
import { policyEngineOf } from './policy-engine-of.ts';
import type { ColumnPort } from './reachability-picture.ts';

/** Pods of one owner. */
export interface Workload {
  /** `namespace/workload`. */
  readonly id: string;
  readonly namespace: string;
  /** Indices of the engine's `world.pods`. */
  readonly pods: readonly number[];
  /** Container ports of any of them, in order. */
  readonly ports: readonly ColumnPort[];
}

/** Addresses outside that policies treat alike. */
export interface OutsideRanges {
  readonly sets: string;
  readonly ranges: readonly AddressRange[];
}

/** A cluster's reachability, and what screens call its ends by. */
export interface ClusterReachability {
  readonly engine: PolicyEngine;
  readonly reachability: Reachability;
  readonly workloads: readonly Workload[];
  readonly outside: readonly OutsideRanges[];
}

/** Owners that do not name their pods by a hash that the pod has as a label. */
const MERGED: readonly string[] = ['DaemonSet', 'StatefulSet', 'Job'];

/** `namespace/workload` of a pod: its Deployment, DaemonSet, StatefulSet or Job, else itself. */
export function workloadIdOf(pod: Pod): string {
  const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller === true);
  return owner && MERGED.includes(owner.kind)
    ? `${pod.metadata.namespace}/${owner.name}`
    : workloadOf(pod);
}

const comparePorts = (a: ColumnPort, b: ColumnPort) =>
  a.port - b.port || (a.protocol < b.protocol ? -1 : a.protocol > b.protocol ? 1 : 0);

function portsOf(pods: readonly Pod[]): ColumnPort[] {
  const found = new Map<string, ColumnPort>();
  for (const { spec } of pods) {
    for (const { containerPort, protocol, name } of spec.containers.flatMap((c) => c.ports ?? [])) {
      const port = {
        protocol: protocol ?? 'TCP',
        port: containerPort,
        ...(name !== undefined && { name }),
      };
      const key = `${port.protocol} ${port.port}`;
      if (!found.has(key)) found.set(key, port);
    }
  }
  return [...found.values()].sort(comparePorts);
}

const compareTexts = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function workloadsOf(cluster: Cluster, { world }: PolicyEngine): Workload[] {
  const pods = new Map(
    cluster.store
      .list<Pod>('Pod')
      .map((pod) => [`${pod.metadata.namespace}/${pod.metadata.name}`, pod]),
  );
  const groups = new Map<string, { index: number; pod: Pod }[]>();
  world.pods.forEach(({ key }, index) => {
    const pod = pods.get(key);
    if (!pod) return;
    const id = workloadIdOf(pod);
    const group = groups.get(id);
    if (group) group.push({ index, pod });
    else groups.set(id, [{ index, pod }]);
  });
  return [...groups]
    .sort(([a], [b]) => compareTexts(a, b))
    .map(([id, group]) => ({
      id,
      namespace: id.slice(0, id.indexOf('/')),
      pods: group.map(({ index }) => index),
      ports: portsOf(group.map(({ pod }) => pod)),
    }));
}

/** Whether a range is one of pods or of Services, of which nobody outside can have an address. */
function isOwnRange({ options }: Cluster, { first, last }: AddressRange): boolean {
  const [from, to] = [parseIp(first), parseIp(last)];
  return [...cidrsOf(options.podCidr), ...cidrsOf(options.serviceCidr)].some((cidr) => {
    const bounds = cidrBounds(cidr);
    const [low, high] = [parseIp(bounds?.first ?? ''), parseIp(bounds?.last ?? '')];
    if (!from || !to || !low || !high || low.version !== from.version) return false;
    return from.value >= low.value && to.value <= high.value;
  });
}

function outsideOf(cluster: Cluster, { families }: Reachability): OutsideRanges[] {
  const bySets = new Map<string, AddressRange[]>();
  for (const end of families.flatMap(({ ends }) => ends.classes)) {
    if (end.kind !== 'outside') continue;
    const ranges = end.ranges.filter((range) => !isOwnRange(cluster, range));
    if (ranges.length === 0) continue;
    const sets = textOfSets(end);
    bySets.set(sets, [...(bySets.get(sets) ?? []), ...ranges]);
  }
  return [...bySets].map(([sets, ranges]) => ({ sets, ranges }));
}

/** Works out who may talk to whom in a cluster, by its policies as they are now. */
export function readReachability(cluster: Cluster): ClusterReachability {
  const engine = policyEngineOf(cluster);
  const reachability = computeReachability(engine);
  return {
    engine,
    reachability,
    workloads: workloadsOf(cluster, engine),
    outside: outsideOf(cluster, reachability),
  };
}
