import type { Node } from '../api/core/node.ts';
import type { Endpoint, EndpointSlice } from '../api/discovery/endpoint-slice.ts';
import { parseQuantity } from '../api/meta/quantity.ts';

export const ZONE_LABEL = 'topology.kubernetes.io/zone';
/** Nodes with one of these labels are not counted. */
const NO_WORKERS = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];
/** How much more than its share an endpoint may get. */
export const MOST_OVERLOAD = 0.2;

export const isNodeReady = ({ status }: Node): boolean =>
  status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';

export const isEndpointReady = ({ conditions }: Endpoint): boolean => conditions?.ready === true;

const isWorker = (node: Node) =>
  !NO_WORKERS.some((label) => node.metadata.labels?.[label] !== undefined) && isNodeReady(node);

const milliCpuOf = ({ status }: Node) =>
  Math.ceil(1000 * (parseQuantity(String(status?.allocatable?.['cpu'] ?? 0)) ?? 0));

/** How much of the cluster's CPU is in each zone, in the order of their names. */
export type ZoneShares = ReadonlyMap<string, number>;

/**
 * The zones' shares of the CPU that ready nodes have for pods; undefined when a node says no zone or no CPU, or when all
 * are in one zone. Source: TopologyCache.SetNodes of endpointslice/topologycache.
 */
export function zoneSharesOf(nodes: readonly Node[]): ZoneShares | undefined {
  const milliCpu = new Map<string, number>();
  for (const node of nodes.filter(isWorker)) {
    const zone = node.metadata.labels?.[ZONE_LABEL] ?? '';
    const cpu = milliCpuOf(node);
    if (zone === '' || cpu === 0) return undefined;
    milliCpu.set(zone, (milliCpu.get(zone) ?? 0) + cpu);
  }
  if (milliCpu.size < 2) return undefined;
  const total = [...milliCpu.values()].reduce((sum, cpu) => sum + cpu, 0);
  const byName = [...milliCpu].sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(byName.map(([zone, cpu]) => [zone, cpu / total]));
}

/** The least that a zone with `share` of the CPU must have of `endpoints`, so that none is overloaded by more than 20 %. */
export const fewestOf = (share: number, endpoints: number): number =>
  Math.ceil(share * endpoints * (1 / (1 + MOST_OVERLOAD)));

/** How many ready endpoints are hinted at each zone. */
export function hintedZones(slices: readonly EndpointSlice[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const endpoint of slices.flatMap(({ endpoints }) => endpoints)) {
    if (!isEndpointReady(endpoint)) continue;
    for (const { name } of endpoint.hints?.forZones ?? []) {
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  return counts;
}

/** Whether a zone has fewer endpoints than it needs (serviceOverloaded). */
export function isOverloaded(
  hinted: ReadonlyMap<string, number>,
  shares: ZoneShares | undefined,
): boolean {
  if (hinted.size === 0) return false;
  if (!shares) return true;
  const total = [...hinted.values()].reduce((sum, count) => sum + count, 0);
  return [...shares].some(([zone, share]) => (hinted.get(zone) ?? 0) < fewestOf(share, total));
}
