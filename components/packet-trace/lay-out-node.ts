import type { TopologyNode, TopologyPod } from '#lib/simulator/index.ts';
import {
  LANE,
  PLUG,
  POD_HEIGHT,
  SMALL_CHARACTER,
  textWidth,
  type Box,
  type NodeBox,
  type PodBox,
  type Shape,
  type StationId,
  type Wire,
} from './drawing.ts';
import { podKey } from './stations.ts';

const PAD = 16;
const POD_TOP = 45;
const BRIDGE_WIDTH = 22;
const GATE = { w: 118, h: 40 };
const GATE_COMPACT = { w: 106, h: 40 };
const ROUTE = { w: 66, h: 40 };
/** From the top of a node to the line from bridge to plug. */
const TRACK = 100;
const MOST_PODS = 8;

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

export interface Metrics {
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
export function measure(nodes: readonly PlannedNode[], lanes: number, shape: Shape): Metrics {
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

export interface PlannedNode {
  readonly node: TopologyNode;
  readonly pods: readonly TopologyPod[];
  readonly hiddenPods: number;
  readonly hasGate: boolean;
  readonly hasRoute: boolean;
}

/** Chooses the pods to draw: those that the trace visits first; add-ons of kube-system only when it visits them. */
export function planNode(node: TopologyNode, visited: ReadonlySet<StationId>): PlannedNode {
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

export function nodeHeight({ pods, hiddenPods }: PlannedNode): number {
  const podsEnd = POD_TOP + Math.max(1, pods.length) * pitchOf(pods.length);
  return Math.max(164, podsEnd + 22 + (hiddenPods > 0 ? 14 : 0));
}

/** Turns x of the left-hand plan into the node's own, mirrored on the right-hand side. */
export const placeX = (node: Box & { side: 'left' | 'right' }, x: number, w = 0) =>
  node.side === 'left' ? node.x + x : node.x + node.w - x - w;

export function layoutNode(
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
      ...(pod.isolated ? { isolated: pod.isolated.join(' and ') } : {}),
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
      name:
        node.bridge ?? (node.pods.some(({ veth }) => veth !== undefined) ? 'no bridge' : 'bridge'),
      kind: node.bridge === undefined ? 'routes' : 'bridge',
    },
    ...(plan.hasGate ? { gate: track(metrics.gateX, metrics.gate) } : {}),
    ...(plan.hasRoute ? { route: track(metrics.routeX, ROUTE) } : {}),
    plug: box(at.w - PLUG.w / 2, PLUG.w, trackY - PLUG.h / 2, PLUG.h),
    trackY,
    hiddenPods: plan.hiddenPods,
  };
}

export const edgeOf = (box: Box, side: 'towards-pods' | 'towards-plug', node: NodeBox) =>
  (side === 'towards-plug') === (node.side === 'left') ? box.x + box.w : box.x;

/** Wires inside a node: pods to the bridge, and the line from the bridge to the plug. */
export function wiresOfNode(node: NodeBox): Wire[] {
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
