import type { Hop, Topology, TopologyPod } from '#lib/simulator/index.ts';
import type { Shape, StationId } from './drawing.ts';

export const podKey = (pod: Pick<TopologyPod, 'namespace' | 'name'>) =>
  `${pod.namespace}/${pod.name}`;

/** Where the picture shows a hop. */
export function stationOf(hop: Hop, topology: Topology): StationId {
  const { machine, netns, device } = hop.place;
  const node = topology.nodes.find((candidate) => candidate.name === machine);
  if (netns !== undefined) {
    const isDrawn = topology.nodes.some((each) => each.pods.some((pod) => podKey(pod) === netns));
    if (isDrawn) return `pod:${netns}`;
  }
  if (!node) return 'outside';
  if (hop.layer === 'netfilter' || hop.layer === 'policy') return `gate:${machine}`;
  if (device === node.bridge || /^(veth|cali)/.test(device ?? '')) return `bridge:${machine}`;
  if (device === 'eth0' && !hop.steps.includes('route')) return `plug:${machine}`;
  return `route:${machine}`;
}

/** The stations of a trace, hop by hop. A compact picture has one gate for rules and routes. */
export function stationsOf(
  hops: readonly Hop[],
  topology: Topology,
  shape: Shape,
): readonly StationId[] {
  const stations = hops.map((hop) => stationOf(hop, topology));
  if (shape !== 'compact') return stations;
  return stations.map((station) => station.replace(/^route:/, 'gate:'));
}
