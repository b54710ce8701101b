import type { Hop, Topology } from '#lib/simulator/index.ts';
import {
  FunnelIcon,
  RouteIcon,
  ServerIcon,
  ShieldIcon,
  SignpostIcon,
  BoxIcon,
  GlobeIcon,
} from '#components/ui/icons.tsx';
import type {
  Box,
  NodeBox,
  Point,
  ServiceBox,
  Shape,
  StationId,
  TopologyLayout,
} from './drawing.ts';
import { MARGIN } from './drawing.ts';
import { stationsOf } from './stations.ts';
import { layoutTopology } from './topology-layout.ts';
import { splitTravel } from './travel.ts';
import { Packet } from './topology-packet.tsx';
import './topology.css';

interface TopologySvgProps {
  readonly topology: Topology;
  readonly hops?: readonly Hop[];
  /** Number of the hop where the packet stands; absent with hops: at the last. */
  readonly current?: number;
  readonly shape: Shape;
  /** How it ended: shown where the request itself ended. */
  readonly end?: 'refused' | 'dropped' | undefined;
  /** What the picture shows, in one sentence, for those who do not see it. */
  readonly label: string;
}

const NO_HOPS: readonly Hop[] = [];
/** Smaller than this the names cannot be read: the canvas scrolls instead. */
const LEAST = 0.9;

const pathOf = (points: readonly Point[]) =>
  points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join('');

/** The cluster drawn from what is, with the way of one packet marked. Renders on the server. */
export function TopologySvg({
  topology,
  hops = NO_HOPS,
  current,
  shape,
  end,
  label,
}: TopologySvgProps) {
  const stations = stationsOf(hops, topology, shape);
  const layout = layoutTopology(topology, stations, shape);
  const at = Math.min(current ?? hops.length, hops.length) - 1;
  const hop = hops[at];
  const station = stations[at];
  const lastRequest = hops.findLastIndex(({ direction }) => direction === 'request');
  return (
    <>
      <svg
        className="topo"
        viewBox={`0 0 ${layout.width} ${layout.height}`}
        style={{
          minWidth: Math.round(layout.width * LEAST),
          minHeight: Math.round(layout.height * LEAST),
          maxWidth: Math.round(layout.width * 1.25),
        }}
        role="img"
        aria-label={label}
      >
        {layout.nodes.map((node) => (
          <NodeSheet key={node.name} node={node} />
        ))}
        <Wires layout={layout} stations={stations} at={at} />
        {layout.services.map((service) => (
          <Signpost key={service.key} service={service} shape={shape} />
        ))}
        {layout.nodes.map((node) => (
          <NodeParts key={node.name} node={node} hop={hop} station={station} shape={shape} />
        ))}
        {layout.outside && (
          <Outside box={layout.outside} name={hop?.place.machine} isHere={station === 'outside'} />
        )}
        {hop && station !== undefined && (
          <Packet
            layout={layout}
            hop={hop}
            station={station}
            end={at === lastRequest ? end : undefined}
          />
        )}
      </svg>
      {layout.omitted.map((sentence) => (
        <p key={sentence} className="topo-omitted">
          {sentence}
        </p>
      ))}
    </>
  );
}

function NodeSheet({ node }: { node: NodeBox }) {
  const nameEnd = node.x + 28 + node.name.length * 6.25;
  return (
    <g>
      <rect className="t-node" x={node.x} y={node.y} width={node.w} height={node.h} rx="2" />
      <path
        className="t-nodehead"
        d={`M${node.x + 0.75} ${node.y + 0.75}h${node.w - 1.5}v23h-${node.w - 1.5}z`}
      />
      <path d={`M${node.x} ${node.y + 24}h${node.w}`} stroke="var(--layer-node)" />
      <g transform={`translate(${node.x + 8} ${node.y + 5})`} className="i-node">
        <ServerIcon size={14} />
      </g>
      <text className="b" x={node.x + 28} y={node.y + 16.5}>
        {node.name}
      </text>
      <text className="sub" x={nameEnd + 10} y={node.y + 16.5}>
        {node.address}
      </text>
      <text className="lab" x={node.x + node.w - 8} y={node.y + 16} textAnchor="end">
        {node.isReady ? (node.podCidr ?? 'no pod range') : 'not ready'}
      </text>
      {node.hiddenPods > 0 && (
        <text className="lab" x={node.x + 16} y={node.y + node.h - 8}>
          and {node.hiddenPods} more pods
        </text>
      )}
    </g>
  );
}

function Wires({
  layout,
  stations,
  at,
}: {
  layout: TopologyLayout;
  stations: readonly StationId[];
  at: number;
}) {
  const { travelled, toGo } = splitTravel(layout.wires, stations, at);
  return (
    <g>
      {layout.wires.map((wire) => {
        const d = pathOf(wire.points);
        const key = `${wire.from} ${wire.to}`;
        if (travelled.has(wire))
          return (
            <g key={key}>
              <path className="t-mark" d={d} />
              <path className="t-path" d={d} />
            </g>
          );
        return <path key={key} className={toGo.has(wire) ? 't-todo' : 't-wire'} d={d} />;
      })}
    </g>
  );
}

function Pods({ node }: { node: NodeBox }) {
  return node.pods.map((pod) => (
    <g key={pod.key}>
      <title>
        {pod.isolated === undefined ? pod.key : `${pod.key}, isolated for ${pod.isolated}`}
      </title>
      <rect
        className={pod.isReady ? 't-pod' : 't-pod t-broken'}
        x={pod.x}
        y={pod.y}
        width={pod.w}
        height={pod.h}
        rx="3"
      />
      <g transform={`translate(${pod.x + 8} ${pod.y + 6})`} className="i-pod">
        <BoxIcon size={13} />
      </g>
      <text className="b" x={pod.x + 26} y={pod.y + 17}>
        {pod.label}
      </text>
      <text className="sub" x={pod.x + 26} y={pod.y + 33}>
        {pod.sub}
      </text>
      {pod.isolated === undefined ? (
        <rect className="t-port" x={pod.port[0] - 4} y={pod.port[1] - 4} width="8" height="8" />
      ) : (
        <g
          transform={`translate(${pod.port[0] + (node.side === 'left' ? 9 : -9)} ${pod.port[1]})`}
          className="i-policy"
        >
          <path className="t-pol" d="M-11 0l4 -10h14l4 10l-4 10h-14z" />
          <g transform="translate(-6 -6)">
            <ShieldIcon size={12} />
          </g>
        </g>
      )}
      {pod.veth !== undefined && (
        <text
          className="lab"
          x={node.side === 'left' ? node.bridge.x - 6 : node.bridge.x + node.bridge.w + 6}
          y={pod.port[1] - 5}
          textAnchor={node.side === 'left' ? 'end' : 'start'}
        >
          {pod.veth.slice(0, 10)}
        </text>
      )}
    </g>
  ));
}

/** The hook or the decision, from the title `node-a · PREROUTING`. */
const gateText = (hop: Hop) => hop.policy?.says ?? (hop.title.split(' · ')[1] ?? '').slice(0, 13);

interface NodePartsProps {
  readonly node: NodeBox;
  readonly hop: Hop | undefined;
  readonly station: StationId | undefined;
  readonly shape: Shape;
}

function NodeParts({ node, hop, station, shape }: NodePartsProps) {
  const { bridge, plug } = node;
  const hopAt = (kind: string) => (station === `${kind}:${node.name}` ? hop : undefined);
  return (
    <g>
      <Pods node={node} />
      <rect
        className={bridge.kind === 'bridge' ? 't-bridge' : 't-bridge t-routes'}
        x={bridge.x}
        y={bridge.y}
        width={bridge.w}
        height={bridge.h}
        rx="2"
      />
      {bridge.kind === 'bridge' && (
        <path
          className="t-bridge-lines"
          d={`M${bridge.x + 7} ${bridge.y + 6}v${bridge.h - 12}M${bridge.x + 15} ${bridge.y + 6}v${bridge.h - 12}`}
        />
      )}
      <text
        className="lab"
        x={bridge.x + bridge.w / 2}
        y={bridge.y + bridge.h + 14}
        textAnchor="middle"
      >
        {bridge.name}
      </text>
      {node.gate && (
        <Gate
          box={node.gate}
          hop={hopAt('gate')}
          idle={shape === 'compact' ? 'and routes' : 'rules'}
        />
      )}
      {node.route && <RouteTable box={node.route} hop={hopAt('route')} />}
      <rect className="t-port" x={plug.x} y={plug.y} width={plug.w} height={plug.h} rx="2" />
      <text className="b t-plug" x={plug.x + plug.w / 2} y={plug.y + 15} textAnchor="middle">
        eth0
      </text>
    </g>
  );
}

/** Rules that decide; with the name of the hook while the packet is here. */
function Gate({ box, hop, idle }: { box: Box; hop: Hop | undefined; idle: string }) {
  const { x, y, w } = box;
  const isPolicy = hop?.layer === 'policy';
  return (
    <g className={hop ? 't-here' : undefined}>
      <path
        className={isPolicy ? 't-pol' : 't-nf'}
        d={`M${x + 9} ${y}h${w - 18}l9 20l-9 20h-${w - 18}l-9 -20z`}
      />
      <g
        transform={`translate(${x + 12} ${y + 13})`}
        className={isPolicy ? 'i-policy' : 'i-netfilter'}
      >
        {isPolicy ? <ShieldIcon size={13} /> : <FunnelIcon size={13} />}
      </g>
      <text className="b" x={x + 29} y={y + 17}>
        {isPolicy ? 'policy' : hop && hop.layer !== 'netfilter' ? 'route' : 'netfilter'}
      </text>
      <text className="sub" x={x + 29} y={y + 31}>
        {hop ? gateText(hop) : idle}
      </text>
    </g>
  );
}

function RouteTable({ box, hop }: { box: Box; hop: Hop | undefined }) {
  const { x, y, w, h } = box;
  return (
    <g className={hop ? 't-here' : undefined}>
      <rect className="t-bridge" x={x} y={y} width={w} height={h} rx="2" />
      <g transform={`translate(${x + 7} ${y + 6})`} className="i-node">
        <RouteIcon size={13} />
      </g>
      <text className="b" x={x + 24} y={y + 17}>
        route
      </text>
      <text className="sub" x={x + 7} y={y + 32}>
        {hop ? 'decides' : 'table'}
      </text>
    </g>
  );
}

function Signpost({ service, shape }: { service: ServiceBox; shape: Shape }) {
  const { x, y, w } = service;
  const isEmpty = service.ready === 0;
  const words = isEmpty ? 'no ready endpoints' : `${service.ready} of ${service.total} ready`;
  return (
    <g>
      {service.selects.map((points, index) => (
        <path key={index} className="t-sel" d={pathOf(points)} />
      ))}
      <path className="t-svc" d={`M${x} ${y}h${w - 14}l14 21l-14 21h-${w - 14}z`} />
      <g transform={`translate(${x + 8} ${y + 6})`} className="i-service">
        <SignpostIcon size={13} />
      </g>
      <text className="b" x={x + 27} y={y + 17}>
        {service.label}
      </text>
      <text className="sub" x={x + 27} y={y + 33}>
        {service.sub}
      </text>
      <text
        className={isEmpty ? 'lab t-none' : 'lab t-some'}
        x={shape === 'tall' ? MARGIN + 8 : x + w + 8}
        y={y + (shape === 'tall' ? 25 : 16)}
      >
        {words}
      </text>
    </g>
  );
}

function Outside({
  box,
  name,
  isHere,
}: {
  box: { x: number; y: number };
  name: string | undefined;
  isHere: boolean;
}) {
  return (
    <g transform={`translate(${box.x} ${box.y})`}>
      <path
        className="t-net"
        d="M2 28c0-12 10-18 20-16 6-10 36-14 46-2 14-5 28 4 28 18 0 9-7 15-16 15H18C9 43 2 37 2 28z"
      />
      <g transform="translate(14 18)" className="i-internet">
        <GlobeIcon size={13} />
      </g>
      <text className="lab" x="31" y="29">
        {isHere && name !== undefined ? name.slice(0, 12) : 'outside'}
      </text>
    </g>
  );
}
