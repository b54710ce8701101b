import type { Topology, TopologyService } from '#lib/simulator/index.ts';
import {
  POD_HEIGHT,
  SMALL_CHARACTER,
  textWidth,
  type NodeBox,
  type Point,
  type ServiceBox,
  type StationId,
} from './drawing.ts';

const SIGNPOST_HEIGHT = 42;

/** Services worth drawing: those of people's namespaces, and kube-dns when the trace asked it. */
export function chooseServices(
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

export function layoutService(
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
