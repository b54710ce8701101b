import {
  flowOf,
  frameLength,
  innerPacket,
  VXLAN_HEADERS,
  type Frame,
  type IpPacket,
  type VxlanPayload,
} from '../packet/packet.ts';
import type { DropReason, TunnelHeaders } from '../trace/step.ts';
import { flowHash, scaleHash } from './flow-hash.ts';
import type { VxlanFdbEntry } from './network.ts';
import { findRoute, sourceAddressFor } from './routes.ts';
import type { SocketBuffer } from './socket-buffer.ts';
import { recordStep, type Outgoing, type Stack, type VxlanLink } from './stack.ts';
import { DEFAULT_TTL } from './tcp-segment.ts';
import { formatFdbEntry, learnRemote, remotesFor } from './vxlan-fdb.ts';
import { findVxlanLink, outerVersion } from './vxlan-link.ts';
import { countSent } from './traffic.ts';

/** net.ipv4.ip_local_port_range: where udp_flow_src_port takes the outer source port from. */
const FIRST_PORT = 32_768;
const LAST_PORT = 60_999;
/** XMIT_RECURSION_LIMIT: tunnels in tunnels. */
const DEEPEST = 8;

function drop({ stack, link, frame, tag }: Outgoing, reason: DropReason): void {
  link.traffic.sentDropped += 1;
  if (frame.payload.type !== 'ip') return;
  recordStep(stack, tag, frame.payload.packet, link.name, () => ({ kind: 'dropped', reason }));
}

/** udp_flow_src_port: one flow always has one outer source port, so that the network between keeps its order. */
function sourcePortOf({ payload }: Frame): number {
  const hash = payload.type === 'ip' ? flowHash(flowOf(payload.packet)) : 0;
  return FIRST_PORT + scaleHash(hash, LAST_PORT - FIRST_PORT);
}

function depthOf(packet: IpPacket): number {
  const inner = innerPacket(packet);
  return inner ? 1 + depthOf(inner) : 0;
}

function outerSource(
  { namespace }: Stack,
  { local, underlay }: VxlanLink,
  remote: string,
): string | undefined {
  if (local !== undefined) return local;
  const route = findRoute(namespace, remote, underlay === undefined ? {} : { outDevice: underlay });
  return route && sourceAddressFor(namespace, route, remote);
}

/** The outer packet. Its DF bit is off (`df unset`): what is too long for the network between is cut. */
function pack({ stack, link, frame }: Outgoing, remote: string): IpPacket | undefined {
  const source = outerSource(stack, link, remote);
  const version = outerVersion(link);
  // An end of the other family has no socket here (vxlan_xmit_one).
  if (source === undefined || remote.includes(':') !== (version === 6)) return undefined;
  return {
    version,
    source,
    destination: remote,
    ttl: DEFAULT_TTL,
    dontFragment: false,
    length: VXLAN_HEADERS[version] + frameLength(frame),
    transport: {
      protocol: 'udp',
      sourcePort: sourcePortOf(frame),
      destinationPort: link.port,
      payload: { kind: 'vxlan', vni: link.vni, frame },
    },
  };
}

const headersOf = ({ source, destination }: Frame, id: number, length: number): TunnelHeaders => ({
  tunnel: 'vxlan',
  id,
  source,
  destination,
  length,
});

/** The neighbour entry that the MAC inside came from, as `ip neigh` prints it. */
function neighbourText({ stack, link, frame }: Outgoing): string | undefined {
  const entry = stack.namespace.neighbours.find(
    ({ device, mac }) => device === link.name && mac === frame.destination,
  );
  return entry && `${entry.address} dev ${link.name} lladdr ${frame.destination} ${entry.state}`;
}

function recordPacked(outgoing: Outgoing, outer: IpPacket, entry: VxlanFdbEntry): void {
  const { stack, link, frame, tag } = outgoing;
  if (frame.payload.type !== 'ip') return;
  recordStep(stack, tag, frame.payload.packet, link.name, () => {
    const neighbour = neighbourText(outgoing);
    return {
      kind: 'encapsulated',
      headers: headersOf(frame, link.vni, outer.length),
      entry: formatFdbEntry(entry),
      ...(neighbour === undefined ? {} : { neighbour }),
      after: flowOf(outer),
    };
  });
}

function sendTo(outgoing: Outgoing, entry: VxlanFdbEntry): void {
  const { stack, link, mark, tag } = outgoing;
  const outer = pack(outgoing, entry.remote);
  if (!outer) return drop(outgoing, 'no-route');
  if (depthOf(outer) > DEEPEST) return drop(outgoing, 'ttl-exceeded');
  recordPacked(outgoing, outer, entry);
  stack.kernel.sendFromHere(stack, {
    packet: outer,
    mark,
    ...(link.underlay === undefined ? {} : { boundDevice: link.underlay }),
    ...(tag ? { tag } : {}),
  });
}

/**
 * vxlan_xmit: a frame leaves by a VXLAN device. Each remote end that the FDB names for its MAC gets a copy in a UDP packet
 * of this machine's own, which goes through OUTPUT, routing and POSTROUTING like any other (RFC 7348).
 * Simplified: no ARP suppression (`proxy`, `l2miss`, `l3miss`), no VXLAN extensions.
 */
export function encapsulate(outgoing: Outgoing): void {
  const { stack, link, frame } = outgoing;
  if (!link.isUp) return drop(outgoing, 'no-carrier');
  const remotes = remotesFor(link, frame.destination, stack.environment.queue.now);
  if (remotes.length === 0) return drop(outgoing, 'no-remote-vtep');
  for (const entry of remotes) {
    countSent(link, frame);
    sendTo(outgoing, entry);
  }
}

/** vxlan_rcv: what came in by UDP at a tunnel's port is unpacked, and comes in again at the VXLAN device. */
export function decapsulate(
  stack: Stack,
  skb: SocketBuffer,
  { vni, frame }: VxlanPayload,
  port: number,
): void {
  const { packet, tag } = skb;
  const link = findVxlanLink(stack.namespace, { vni, port, version: packet.version });
  // A frame with our own MAC as its sender came round in a circle (vxlan_set_mac).
  if (!link || frame.source === link.mac) {
    const reason: DropReason = link ? 'not-for-us' : 'unknown-vni';
    recordStep(stack, tag, packet, skb.inDevice, () => ({ kind: 'dropped', reason }));
    return;
  }
  const { payload } = frame;
  if (payload.type === 'ip') {
    recordStep(stack, tag, packet, link.name, () => ({
      kind: 'decapsulated',
      headers: headersOf(frame, vni, packet.length),
      after: flowOf(payload.packet),
    }));
  }
  const { now } = stack.environment.queue;
  learnRemote(link, { mac: frame.source, remote: packet.source }, now);
  stack.kernel.receiveFrame(stack, link, frame, tag);
}
