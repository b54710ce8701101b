import type { Topology, TopologyNode, TopologyPod, TopologyService } from '#lib/simulator/index.ts';
import { podKey, type StationId } from './stations.ts';

/**
 * `tall`: nodes one above the other; `wide`: two columns, the second mirrored, so that the plugs face each other;
 * `compact`: as wide, without the names of veths and with one gate for rules and routes.
 */
export type Shape = 'tall' | 'wide' | 'compact';

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export type Point = readonly [x: number, y: number];

export interface PodBox extends Box {
  readonly key: string;
  readonly label: string;
  readonly sub: string;
  readonly isReady: boolean;
  /** Where its eth0 meets the wire. */
  readonly port: Point;
  readonly veth?: string;
}

export interface NodeBox extends Box {
  readonly name: string;
  readonly address: string;
  readonly podCidr?: string;
  readonly isReady: boolean;
  readonly side: 'left' | 'right';
  readonly pods: readonly PodBox[];
  readonly bridge: Box & { readonly name: string };
  readonly gate?: Box;
  readonly route?: Box;
  readonly plug: Box;
  /** Height of the line from bridge to plug. */
  readonly trackY: number;
  /** Pods that are there and not drawn. */
  readonly hiddenPods: number;
}

export interface ServiceBox extends Box {
  readonly key: string;
  readonly label: string;
  readonly sub: string;
  readonly ready: number;
  readonly total: number;
  readonly selects: readonly (readonly Point[])[];
}

export interface Wire {
  readonly from: StationId;
  readonly to: StationId;
  readonly points: readonly Point[];
}

export interface TopologyLayout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly NodeBox[];
  readonly services: readonly ServiceBox[];
  readonly wires: readonly Wire[];
  readonly outside?: Box;
  /** Sentences about what is not drawn. */
  readonly omitted: readonly string[];
}

const MARGIN = 16;
const HEAD = 24;
const PAD = 16;
const POD_HEIGHT = 42;
const POD_TOP = 45;
const BRIDGE_WIDTH = 22;
const GATE = { w: 118, h: 40 };
const GATE_COMPACT = { w: 106, h: 40 };
const ROUTE = { w: 66, h: 40 };
const PLUG = { w: 40, h: 22 };
const TRACK = 100;
const LANE = 6;
const SIGNPOST_HEIGHT = 42;
const SIGNPOST_PITCH = 52;
const CHARACTER = 6.25;
const SMALL_CHARACTER = 5.75;
const MOST_PODS = 8;
const MOST_SERVICES = 4;

const textWidth = (text: string, character = CHARACTER) => Math.ceil(text.length * character);

/** `catalog-7f9c6d5b8d-x2k9p` becomes `catalog-…x2k9p`: the hash of the template says nothing here. */
export function shortPodName(pod: Pick<TopologyPod, 'name' | 'labels'>): string {
  const hash = pod.labels['pod-template-hash'];
  return hash === undefined ? pod.name : pod.name.replace(`-${hash}-`, '-…');
}

function podSubtitle(pod: TopologyPod): string {
  if (pod.isTerminating) return 'terminating';
  if (pod.phase !== 'Running') return pod.phase;
  return pod.isReady ? (pod.ip ?? 'no address') : `${pod.ip ?? ''} not ready`.trim();
}

interface Metrics {
  readonly podWidth: number;
  readonly laneStart: number;
  readonly bridgeX: number;
  readonly gateX: number;
  readonly routeX: number;
  readonly gate: { readonly w: number; readonly h: number };
  readonly isCompact: boolean;
  readonly width: number;
}

/** Columns inside a node, from its left edge; equal for all nodes, so that lanes and wires line up. */
function measure(nodes: readonly PlannedNode[], lanes: number, shape: Shape): Metrics {
  const pods = nodes.flatMap((node) => node.pods);
  const longest = Math.max(
    0,
    ...pods.map((pod) =>
      Math.max(textWidth(shortPodName(pod)), textWidth(podSubtitle(pod), SMALL_CHARACTER)),
    ),
  );
  const podWidth = Math.min(Math.max(116, longest + 34), 200);
  const headEnd = Math.max(
    ...nodes.map(
      ({ node }) => 36 + textWidth(node.name) + textWidth(node.address, SMALL_CHARACTER),
    ),
  );
  const podRight = PAD + podWidth;
  const laneStart = lanes === 0 ? podRight : Math.max(podRight + 12, headEnd + 8);
  const isCompact = shape === 'compact';
  const veth = isCompact ? 16 : pods.some((pod) => pod.veth !== undefined) ? 66 : 40;
  const gate = isCompact ? GATE_COMPACT : GATE;
  const bridgeX = laneStart + lanes * LANE + veth;
  const gateX = bridgeX + BRIDGE_WIDTH + (isCompact ? 16 : 26);
  const hasGate = nodes.some((node) => node.hasGate);
  const hasRoute = nodes.some((node) => node.hasRoute);
  const routeX = hasGate ? gateX + gate.w + 14 : gateX;
  const trackEnd = hasRoute
    ? routeX + ROUTE.w
    : hasGate
      ? gateX + gate.w
      : bridgeX + BRIDGE_WIDTH + 24;
  return {
    podWidth,
    laneStart,
    bridgeX,
    gateX,
    routeX,
    gate,
    isCompact,
    width: trackEnd + 14 + PLUG.w / 2,
  };
}

interface PlannedNode {
  readonly node: TopologyNode;
  readonly pods: readonly TopologyPod[];
  readonly hiddenPods: number;
  readonly hasGate: boolean;
  readonly hasRoute: boolean;
}

/** Chooses the pods to draw: those that the trace visits first; add-ons of kube-system only when it visits them. */
function planNode(node: TopologyNode, visited: ReadonlySet<StationId>): PlannedNode {
  const isVisited = (pod: TopologyPod) => visited.has(`pod:${podKey(pod)}`);
  const onBridge = node.pods.filter((pod) => !pod.hostNetwork);
  const wanted = onBridge.filter((pod) => pod.namespace !== 'kube-system' || isVisited(pod));
  const chosen = new Set(
    [...wanted].sort((a, b) => Number(isVisited(b)) - Number(isVisited(a))).slice(0, MOST_PODS),
  );
  return {
    node,
    pods: wanted.filter((pod) => chosen.has(pod)),
    hiddenPods: wanted.length - chosen.size,
    hasGate: visited.has(`gate:${node.name}`),
    hasRoute: visited.has(`route:${node.name}`),
  };
}

const pitchOf = (pods: number) => (pods > 5 ? 50 : 60);

function nodeHeight({ pods, hiddenPods }: PlannedNode): number {
  const podsEnd = POD_TOP + Math.max(1, pods.length) * pitchOf(pods.length);
  return Math.max(164, podsEnd + 22 + (hiddenPods > 0 ? 14 : 0));
}

/** Turns x of the left-hand plan into the node's own, mirrored on the right-hand side. */
const placeX = (node: Box & { side: 'left' | 'right' }, x: number, w = 0) =>
  node.side === 'left' ? node.x + x : node.x + node.w - x - w;

function layoutNode(
  plan: PlannedNode,
  metrics: Metrics,
  at: Box & { side: 'left' | 'right' },
): NodeBox {
  const { node } = plan;
  const pitch = pitchOf(plan.pods.length);
  const trackY = at.y + TRACK;
  const box = (x: number, w: number, y: number, h: number): Box => ({
    x: placeX(at, x, w),
    y,
    w,
    h,
  });
  const pods = plan.pods.map((pod, index): PodBox => {
    const place = box(PAD, metrics.podWidth, at.y + POD_TOP + index * pitch, POD_HEIGHT);
    return {
      ...place,
      key: podKey(pod),
      label: shortPodName(pod),
      sub: podSubtitle(pod),
      isReady: pod.isReady,
      port: [placeX(at, PAD + metrics.podWidth), place.y + POD_HEIGHT / 2],
      ...(pod.veth === undefined || metrics.isCompact ? {} : { veth: pod.veth }),
    };
  });
  const bridgeTop = at.y + POD_TOP - 3;
  const bridgeEnd = Math.max(
    trackY + 24,
    at.y + POD_TOP + (pods.length - 1) * pitch + POD_HEIGHT + 3,
  );
  const track = (x: number, size: { w: number; h: number }) =>
    box(x, size.w, trackY - size.h / 2, size.h);
  return {
    ...at,
    name: node.name,
    address: node.address,
    ...(node.podCidr === undefined ? {} : { podCidr: node.podCidr }),
    isReady: node.isReady,
    pods,
    bridge: {
      ...box(metrics.bridgeX, BRIDGE_WIDTH, bridgeTop, bridgeEnd - bridgeTop),
      name: node.bridge ?? 'bridge',
    },
    ...(plan.hasGate ? { gate: track(metrics.gateX, metrics.gate) } : {}),
    ...(plan.hasRoute ? { route: track(metrics.routeX, ROUTE) } : {}),
    plug: box(at.w - PLUG.w / 2, PLUG.w, trackY - PLUG.h / 2, PLUG.h),
    trackY,
    hiddenPods: plan.hiddenPods,
  };
}

const edgeOf = (box: Box, side: 'towards-pods' | 'towards-plug', node: NodeBox) =>
  (side === 'towards-plug') === (node.side === 'left') ? box.x + box.w : box.x;

/** Wires inside a node: pods to the bridge, and the line from the bridge to the plug. */
function wiresOfNode(node: NodeBox): Wire[] {
  const name = node.name;
  const toBridge = node.pods.map((pod): Wire => ({
    from: `pod:${pod.key}`,
    to: `bridge:${name}`,
    points: [pod.port, [edgeOf(node.bridge, 'towards-pods', node), pod.port[1]]],
  }));
  const track: { id: StationId; box: Box }[] = [
    { id: `bridge:${name}`, box: node.bridge },
    ...(node.gate ? [{ id: `gate:${name}`, box: node.gate }] : []),
    ...(node.route ? [{ id: `route:${name}`, box: node.route }] : []),
    { id: `plug:${name}`, box: node.plug },
  ];
  const along = track.slice(1).map(({ id, box }, index): Wire => {
    const previous = track[index] ?? { id, box };
    return {
      from: previous.id,
      to: id,
      points: [
        [edgeOf(previous.box, 'towards-plug', node), node.trackY],
        [edgeOf(box, 'towards-pods', node), node.trackY],
      ],
    };
  });
  return [...toBridge, ...along];
}

/** Services worth drawing: those of people's namespaces, and kube-dns when the trace asked it. */
function chooseServices(
  topology: Topology,
  visited: ReadonlySet<StationId>,
): readonly TopologyService[] {
  return topology.services.filter((service) => {
    if (service.namespace === 'kube-system')
      return service.endpoints.some(({ pod }) => visited.has(`pod:${pod}`));
    return !(service.namespace === 'default' && service.name === 'kubernetes');
  });
}

function serviceSubtitle(service: TopologyService): string {
  const ready = service.endpoints.filter((endpoint) => endpoint.isReady).length;
  const selector = Object.entries(service.selector).map(([key, value]) => `${key}=${value}`);
  if (ready === 0 && selector.length > 0) return `selects ${selector.join(',')}`;
  const port = service.ports[0]?.split('/')[0]?.split(':')[0];
  return `${service.type} ${service.clusterIp ?? ''}${port === undefined ? '' : `:${port}`}`;
}

function layoutService(
  service: TopologyService,
  at: { readonly y: number; readonly x?: number; readonly middle?: number },
  nodes: readonly NodeBox[],
  laneX: (node: NodeBox) => number,
): ServiceBox {
  const sub = serviceSubtitle(service);
  const w = Math.max(140, textWidth(service.name) + 46, textWidth(sub, SMALL_CHARACTER) + 46);
  const x = at.x ?? (at.middle ?? 0) - w / 2;
  const middleY = at.y + SIGNPOST_HEIGHT / 2;
  const selects = service.endpoints.flatMap((endpoint) =>
    nodes.flatMap((node) =>
      node.pods
        .filter((pod) => pod.key === endpoint.pod)
        .map((pod): readonly Point[] => {
          const lane = laneX(node);
          const podY = pod.y + POD_HEIGHT - 8;
          return [
            [lane < x ? x : x + w, middleY],
            [lane, middleY],
            [lane, podY],
            [node.side === 'left' ? pod.x + pod.w : pod.x, podY],
          ];
        }),
    ),
  );
  return {
    x,
    y: at.y,
    w,
    h: SIGNPOST_HEIGHT,
    key: `${service.namespace}/${service.name}`,
    label: service.name,
    sub,
    ready: service.endpoints.filter((endpoint) => endpoint.isReady).length,
    total: service.endpoints.length,
    selects,
  };
}

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
      shape === 'compact' ? [] : sentencesAbout(plans, topology, wanted.length, services.length),
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
