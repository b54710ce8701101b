import type { Topology, TopologyService } from '#lib/simulator/index.ts';
import {
  LANE,
  MARGIN,
  PLUG,
  type Box,
  type NodeBox,
  type Point,
  type ServiceBox,
  type Shape,
  type StationId,
  type TopologyLayout,
  type Wire,
} from './drawing.ts';
import {
  edgeOf,
  layoutNode,
  measure,
  nodeHeight,
  placeX,
  planNode,
  shortPodName,
  wiresOfNode,
  type Metrics,
  type PlannedNode,
} from './lay-out-node.ts';
import { chooseServices, layoutService } from './lay-out-service.ts';

const SIGNPOST_PITCH = 52;
const MOST_SERVICES = 4;

interface Arrangement {
  readonly nodes: readonly NodeBox[];
  readonly services: readonly ServiceBox[];
  readonly trunk: { readonly x: number; readonly y: number; readonly bottom: number };
  readonly width: number;
  readonly height: number;
}

function arrangeTall(
  plans: readonly PlannedNode[],
  services: readonly TopologyService[],
  metrics: Metrics,
): Arrangement {
  const lane = (index: number) => MARGIN + metrics.laneStart + 3 + index * LANE;
  const signpostX = lane(services.length) + 10;
  const nodes: NodeBox[] = [];
  let y = MARGIN - 4;
  let signpostY = 0;
  plans.forEach((plan, index) => {
    const h = nodeHeight(plan);
    nodes.push(layoutNode(plan, metrics, { x: MARGIN, y, w: metrics.width, h, side: 'left' }));
    y += h;
    if (index === 0) {
      signpostY = y + 12;
      y += services.length === 0 ? 24 : 14 + services.length * SIGNPOST_PITCH;
    } else y += 24;
  });
  const laid = services.map((service, index) =>
    layoutService(service, { x: signpostX, y: signpostY + index * SIGNPOST_PITCH }, nodes, () =>
      lane(index),
    ),
  );
  const right = Math.max(
    MARGIN + metrics.width + PLUG.w / 2,
    ...laid.map((service) => service.x + service.w),
  );
  const trunkX = Math.max(MARGIN + metrics.width + 36, right + 14);
  const first = nodes[0]?.trackY ?? 0;
  const height = plans.length === 1 ? y : y - 24 + 14;
  return {
    nodes,
    services: laid,
    trunk: { x: trunkX, y: first, bottom: height },
    width: trunkX + 14,
    height,
  };
}

function arrangeWide(
  plans: readonly PlannedNode[],
  services: readonly TopologyService[],
  metrics: Metrics,
): Arrangement {
  const rows = Math.ceil(plans.length / 2);
  const gap = rows > 1 ? 100 : 60;
  const rightX = MARGIN + metrics.width + gap;
  const nodes: NodeBox[] = [];
  let y = MARGIN - 2;
  for (let row = 0; row < rows; row += 1) {
    const pair = plans.slice(row * 2, row * 2 + 2);
    const h = Math.max(...pair.map(nodeHeight));
    pair.forEach((plan, column) => {
      const side = column === 0 ? 'left' : 'right';
      const x = side === 'left' ? MARGIN : rightX;
      nodes.push(layoutNode(plan, metrics, { x, y, w: metrics.width, h, side }));
    });
    y += h + 16;
  }
  const nodesEnd = y - 16;
  const width =
    plans.length === 1 ? MARGIN * 2 + metrics.width + PLUG.w : rightX + metrics.width + MARGIN;
  const lane = (node: NodeBox, index: number) => placeX(node, metrics.laneStart + 3 + index * LANE);
  const laid = services.map((service, index) =>
    layoutService(
      service,
      {
        y: nodesEnd + 12 + index * SIGNPOST_PITCH,
        ...(plans.length === 1
          ? { x: MARGIN + metrics.laneStart + services.length * LANE + 24 }
          : { middle: width / 2 }),
      },
      nodes,
      (node) => lane(node, index),
    ),
  );
  const height = nodesEnd + (services.length === 0 ? 14 : 12 + services.length * SIGNPOST_PITCH);
  const trunkX =
    plans.length === 1 ? MARGIN + metrics.width + PLUG.w : MARGIN + metrics.width + gap / 2;
  return {
    nodes,
    services: laid,
    trunk: { x: trunkX, y: nodes[0]?.trackY ?? 0, bottom: height },
    width,
    height,
  };
}

/** Wires between the plugs, by one switch; straight when both plugs stand on its line. */
function underlay(nodes: readonly NodeBox[], trunk: Arrangement['trunk']): Wire[] {
  if (nodes.length < 2) return [];
  return nodes.map((node) => ({
    from: `plug:${node.name}`,
    to: 'switch',
    points: [
      [edgeOf(node.plug, 'towards-plug', node), node.trackY],
      [trunk.x, node.trackY],
      ...(node.trackY === trunk.y ? [] : [[trunk.x, trunk.y] as const]),
    ],
  }));
}

const MOST_NAMED = 4;

/** What the shields in the picture say, pods of one name and direction together. */
function sentenceAboutGates(plans: readonly PlannedNode[]): string[] {
  const gates = plans
    .flatMap(({ pods }) => pods)
    .flatMap((pod) =>
      pod.isolated ? [`${shortPodName(pod)} for ${pod.isolated.join(' and ')}`] : [],
    );
  if (gates.length === 0) return [];
  const more = gates.length > MOST_NAMED ? `, and ${gates.length - MOST_NAMED} more` : '';
  return [
    `A shield stands at pods that NetworkPolicies isolate: ${gates.slice(0, MOST_NAMED).join(', ')}${more}.`,
  ];
}

function sentencesAbout(
  plans: readonly PlannedNode[],
  topology: Topology,
  services: number,
  drawnServices: number,
): string[] {
  const drawn = plans.reduce((sum, plan) => sum + plan.pods.length, 0);
  const all = topology.nodes.reduce((sum, node) => sum + node.pods.length, 0);
  const crowded = plans.filter((plan) => plan.hiddenPods > 0);
  return [
    ...sentenceAboutGates(plans),
    ...crowded.map(
      (plan) =>
        `${plan.hiddenPods} more pods run on ${plan.node.name}; the Objects tab lists them all.`,
    ),
    ...(all > drawn && crowded.length === 0
      ? [
          `Not drawn: ${all - drawn} ${all - drawn === 1 ? 'pod' : 'pods'} of the cluster itself, until a packet visits them.`,
        ]
      : []),
    ...(services > drawnServices
      ? [`${services - drawnServices} more Services are not drawn.`]
      : []),
  ];
}

/** A grid for small clusters: every box, wire and edge with its place, in user units of 1 px. Pure. */
export function layoutTopology(
  topology: Topology,
  stations: readonly StationId[],
  shape: Shape,
): TopologyLayout {
  const visited = new Set(stations);
  const plans = topology.nodes.map((node) => planNode(node, visited));
  const wanted = chooseServices(topology, visited);
  const services = wanted.slice(0, MOST_SERVICES);
  const metrics = measure(plans, services.length, shape);
  const arranged =
    shape === 'tall'
      ? arrangeTall(plans, services, metrics)
      : arrangeWide(plans, services, metrics);
  const { trunk, nodes } = arranged;
  const wires = [...nodes.flatMap(wiresOfNode), ...underlay(nodes, trunk)];
  const base = {
    nodes,
    services: arranged.services,
    omitted:
      shape === 'compact'
        ? sentenceAboutGates(plans)
        : sentencesAbout(plans, topology, wanted.length, services.length),
  };
  if (!visited.has('outside'))
    return { ...base, wires, width: arranged.width, height: arranged.height };
  const outside: Box = { x: trunk.x - 52, y: trunk.bottom + 4, w: 104, h: 44 };
  const first = nodes[0];
  const joint = nodes.length > 1 ? 'switch' : `plug:${first?.name ?? ''}`;
  const start: Point =
    nodes.length > 1 || !first
      ? [trunk.x, trunk.y]
      : [edgeOf(first.plug, 'towards-plug', first), trunk.y];
  return {
    ...base,
    wires: [
      ...wires,
      { from: joint, to: 'outside', points: [start, [trunk.x, trunk.y], [trunk.x, outside.y]] },
    ],
    outside,
    width: Math.max(arranged.width, outside.x + outside.w + MARGIN),
    height: outside.y + outside.h + 8,
  };
}
