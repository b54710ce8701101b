import type { Box, NodeBox, Point, TopologyLayout, Wire, StationId } from './drawing.ts';

interface Leg {
  readonly wire: Wire;
  readonly points: readonly Point[];
}

function legsFrom(
  wires: readonly Wire[],
  station: StationId,
): { readonly to: StationId; readonly leg: Leg }[] {
  return wires.flatMap((wire) => {
    if (wire.from === station) return [{ to: wire.to, leg: { wire, points: wire.points } }];
    if (wire.to === station)
      return [{ to: wire.from, leg: { wire, points: [...wire.points].reverse() } }];
    return [];
  });
}

/** The shortest way along wires; empty when the two stations are not joined. */
export function wayBetween(wires: readonly Wire[], from: StationId, to: StationId): readonly Leg[] {
  const cameBy = new Map<StationId, { readonly previous: StationId; readonly leg: Leg }>();
  const seen = new Set([from]);
  const queue = [from];
  for (let station = queue.shift(); station !== undefined; station = queue.shift()) {
    if (station === to) break;
    for (const { to: next, leg } of legsFrom(wires, station)) {
      if (seen.has(next)) continue;
      seen.add(next);
      cameBy.set(next, { previous: station, leg });
      queue.push(next);
    }
  }
  const way: Leg[] = [];
  for (let at = cameBy.get(to); at; at = cameBy.get(at.previous)) way.unshift(at.leg);
  return way;
}

/** The wires between consecutive stations. */
function wiresAlong(wires: readonly Wire[], stations: readonly StationId[]): Set<Wire> {
  const used = new Set<Wire>();
  stations.slice(1).forEach((station, index) => {
    const previous = stations[index];
    if (previous === undefined) return;
    for (const { wire } of wayBetween(wires, previous, station)) used.add(wire);
  });
  return used;
}

/** Which wires the packet has travelled when it stands at `stations[at]`, and which are to come. */
export function splitTravel(wires: readonly Wire[], stations: readonly StationId[], at: number) {
  const travelled = wiresAlong(wires, stations.slice(0, at + 1));
  const whole = wiresAlong(wires, stations);
  return { travelled, toGo: new Set([...whole].filter((wire) => !travelled.has(wire))) };
}

const above = (box: Box): Point => [box.x + box.w / 2 - 14, box.y - 18];

function findNode(layout: TopologyLayout, station: StationId): NodeBox | undefined {
  return layout.nodes.find((node) => station.endsWith(`:${node.name}`));
}

/** Top left corner of the packet's slip (28 x 18) at a station; undefined when the station is not drawn. */
export function slipAt(layout: TopologyLayout, station: StationId): Point | undefined {
  if (station === 'outside') return layout.outside && above(layout.outside);
  if (station.startsWith('pod:')) {
    const pod = layout.nodes
      .flatMap((node) => node.pods)
      .find(({ key }) => `pod:${key}` === station);
    return pod && [pod.port[0] - 14, pod.y - 13];
  }
  const node = findNode(layout, station);
  if (!node) return undefined;
  if (station.startsWith('gate:') && node.gate) return above(node.gate);
  if (station.startsWith('route:') && node.route) return above(node.route);
  if (station.startsWith('plug:')) return above(node.plug);
  return [node.bridge.x + node.bridge.w / 2 - 14, node.trackY - 9];
}

/** The points that a slip passes from one station to the next, its own corner at both ends. */
export function slipPath(layout: TopologyLayout, from: StationId, to: StationId): readonly Point[] {
  const start = slipAt(layout, from);
  const end = slipAt(layout, to);
  if (!start || !end) return [];
  const middle = wayBetween(layout.wires, from, to).flatMap(({ points }) =>
    points.map(([x, y]): Point => [x - 14, y - 9]),
  );
  return [start, ...middle, end];
}
