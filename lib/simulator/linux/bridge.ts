import { SECOND, type Micros } from '../base/clock.ts';
import type { Frame, IpPacket } from '../packet/packet.ts';
import type { TraceTag } from '../trace/recorder.ts';
import type { NetfilterHook } from '../trace/step.ts';
import { captureIncoming } from './capture.ts';
import { refusePacket } from './icmp-error.ts';
import { joinPieces, joinsAtOnce, piecesFor } from './fragments.ts';
import { sendToNeighbour } from './neighbours.ts';
import { runHook } from './netfilter/hooks.ts';
import type { Link } from './network.ts';
import { recordRoute, routeFor } from './record-route.ts';
import { socketBuffer, type SocketBuffer } from './socket-buffer.ts';
import { hookContext, recordStep, type Bridge, type Stack } from './stack.ts';
import { countReceived } from './traffic.ts';
import { transmitFrame } from './transmit.ts';

/** br_ageing_time: an entry that was not seen for so long is not believed. */
const AGEING = 300 * SECOND;

/**
 * The most bridges that a frame goes through; IEEE 802.1D advises no more than seven between two stations.
 * Simplified: frames have no TTL. Where bridges are joined twice and no spanning tree cuts the loop, a real kernel lets them
 * circulate, and multiply, until the links are full; here a copy ends after so many bridges, and the storm with it.
 */
const MOST_BRIDGES = 8;

/** A frame on its way through a bridge. */
interface Crossing {
  readonly stack: Stack;
  readonly bridge: Bridge;
  /** Where it came in; undefined: from the bridge's own device. */
  readonly port: Link | undefined;
  readonly frame: Frame;
  readonly tag: TraceTag | undefined;
  /** Present when netfilter has seen the packet at PREROUTING, and will see it further on (br_netfilter). */
  readonly skb: SocketBuffer | undefined;
}

const portsOf = ({ stack, bridge }: Crossing) =>
  Object.values(stack.namespace.links).filter((link) => link.master === bridge.name && link.isUp);

/** The second digit is odd: the lowest bit of the first octet. */
const isMulticast = (mac: string) => '13579bdfBDF'.includes(mac.charAt(1));

/** The bridge's own address, or that of one of its ports: the frame is for this machine. */
function isOwn({ stack, bridge, frame }: Crossing): boolean {
  const { destination } = frame;
  if (destination === bridge.mac) return true;
  const { links } = stack.namespace;
  for (const name in links) {
    const { mac, master, isUp } = links[name]!;
    if (mac === destination && master === bridge.name && isUp) return true;
  }
  return false;
}

/**
 * A frame enters a bridge: from one of its ports, or (`port` undefined) from the bridge's own device. The bridge learns
 * the source, then delivers, forwards or floods (net/bridge/br_input.c, br_forward.c). With
 * net.bridge.bridge-nf-call-iptables=1 an IP packet meets netfilter here, as if it were routed.
 */
export function switchFrame(
  stack: Stack,
  bridge: Bridge,
  port: Link | undefined,
  arriving: Frame,
  tag: TraceTag | undefined,
): void {
  if (!bridge.isUp) return;
  const crossed = (arriving.crossed ?? 0) + 1;
  if (crossed > MOST_BRIDGES) {
    endCirculation(stack, bridge, arriving, tag);
    return;
  }
  const { source, destination, payload } = arriving;
  const frame: Frame = { source, destination, payload, crossed };
  const crossing: Crossing = { stack, bridge, port, frame, tag, skb: undefined };
  if (port && !isMulticast(frame.source)) {
    learnPort(bridge, frame.source, port.name, stack.environment.queue.now);
  }
  if (isMulticast(frame.destination)) {
    flood(crossing);
    if (port) stack.kernel.receiveFrame(stack, bridge, frame, tag);
    return;
  }
  const isForUs = port !== undefined && isOwn(crossing);
  if (isForUs) recordDecision(crossing, 'local');
  if (port && frame.payload.type === 'ip' && isFiltering(stack, frame.payload.packet)) {
    prerouteBridged(crossing, isForUs ? 'up' : 'across');
  } else if (isForUs) deliverUp(crossing);
  else forwardFrame(crossing);
}

/** br_fdb_update. */
function learnPort({ fdb }: Bridge, mac: string, port: string, now: Micros): void {
  const known = fdb[mac];
  if (known?.port === port) known.at = now;
  else fdb[mac] = { port, at: now };
}

function endCirculation(
  stack: Stack,
  bridge: Bridge,
  { payload }: Frame,
  tag: TraceTag | undefined,
): void {
  if (payload.type !== 'ip') return;
  recordStep(stack, tag, payload.packet, bridge.name, () => ({
    kind: 'dropped',
    reason: 'bridge-loop',
  }));
}

const isFiltering = ({ namespace }: Stack, { version }: IpPacket) =>
  namespace.sysctls[
    version === 4 ? 'bridge.bridge-nf-call-iptables' : 'bridge.bridge-nf-call-ip6tables'
  ] === '1';

function deliverUp({ stack, bridge, frame, tag }: Crossing): void {
  stack.kernel.receiveFrame(stack, bridge, { ...frame, destination: bridge.mac }, tag);
}

/**
 * br_nf_pre_routing: PREROUTING for a frame that came in by a port. A packet whose destination was rewritten is routed; when
 * its new destination is behind this very bridge it stays a bridged frame ("bridged_dnat" in br_netfilter_hooks.c), so
 * the port it came from counts, and with it hairpin mode.
 */
function prerouteBridged(crossing: Crossing, way: 'up' | 'across'): void {
  const { stack, bridge, frame, tag } = crossing;
  if (frame.payload.type !== 'ip') return;
  const { packet } = frame.payload;
  const skb = socketBuffer(packet, tag, { in: bridge.name });
  skb.sourceMac = frame.source;
  skb.physicalInDevice = crossing.port?.name;
  if (packet.fragment && joinsAtOnce(stack.namespace, packet)) {
    if (joinPieces(stack, skb) === 'waiting') return;
  }
  if (!passes(stack, skb, 'PREROUTING')) return;
  if (skb.packet.destination !== packet.destination) {
    routeRewritten({ ...crossing, skb }, skb);
  } else if (way === 'up') {
    takeUp(crossing, skb);
    stack.kernel.routePacket(stack, skb);
  } else forwardFrame({ ...crossing, skb });
}

/** What the bridge's own device sees of a frame that netfilter has sent up. */
function takeUp({ stack, bridge, frame }: Crossing, { packet }: SocketBuffer): void {
  const upward: Frame = {
    source: frame.source,
    destination: bridge.mac,
    payload: { type: 'ip', packet },
  };
  captureIncoming(stack, bridge, upward);
  countReceived(bridge, upward);
}

function routeRewritten(crossing: Crossing, skb: SocketBuffer): void {
  const { stack, bridge, port, frame } = crossing;
  const { destination } = skb.packet;
  const decision = routeFor(stack, skb);
  const route = decision.type === 'unicast' ? decision.route : undefined;
  if (!port || route?.device !== bridge.name) {
    takeUp(crossing, skb);
    stack.kernel.routePacket(stack, skb);
    return;
  }
  recordRoute(stack, skb, decision);
  const from = { port: port.name, source: frame.source };
  sendToNeighbour(stack, bridge, route.via ?? destination, skb, from);
}

/** Goes on with a packet whose new receiver's MAC is known by now. */
export function continueBridged(
  stack: Stack,
  bridge: Bridge,
  { port, source }: { port: string; source: string },
  skb: SocketBuffer,
  mac: string,
): void {
  const frame: Frame = {
    source,
    destination: mac,
    payload: { type: 'ip', packet: skb.packet },
  };
  forwardFrame({ stack, bridge, port: stack.namespace.links[port], frame, tag: skb.tag, skb });
}

function forwardFrame(crossing: Crossing): void {
  const { stack, bridge, port, frame, tag } = crossing;
  // A capture makes the bridge promiscuous: it is shown what only crosses (br_handle_frame_finish).
  if (port) captureIncoming(stack, bridge, frame);
  const known = bridge.fdb[frame.destination];
  const isFresh = known && stack.environment.queue.now - known.at < AGEING;
  const target = isFresh ? stack.namespace.links[known.port] : undefined;
  if (!target?.isUp) {
    recordDecision(crossing, 'flood');
    const filtered = filterForwarded(crossing, undefined);
    if (filtered) flood({ ...crossing, frame: filtered });
    return;
  }
  recordDecision(crossing, 'forward', target.name);
  if (target.name === port?.name && !port.hairpin) {
    if (frame.payload.type !== 'ip') return;
    recordStep(stack, tag, frame.payload.packet, port.name, () => ({
      kind: 'dropped',
      reason: 'no-hairpin',
    }));
    return;
  }
  const filtered = filterForwarded(crossing, target.name);
  if (filtered) transmitPieces(crossing, filtered, target.name);
}

/** br_nf_dev_queue_xmit: what was put together for netfilter goes on in pieces as it came. */
function transmitPieces({ stack, skb, tag }: Crossing, frame: Frame, port: string): void {
  if (!skb?.longestPiece) {
    transmitFrame(stack, port, frame, tag);
    return;
  }
  for (const packet of piecesFor(stack, skb, port, skb.longestPiece)) {
    transmitFrame(stack, port, { ...frame, payload: { type: 'ip', packet } }, tag);
  }
}

/**
 * br_nf_forward and br_nf_post_routing: the frame as netfilter leaves it; undefined when it ends there.
 * Simplified: a frame that goes out of every port is shown once, with no port (`to` undefined); in the kernel each copy is.
 */
function filterForwarded(
  { stack, bridge, frame, skb }: Crossing,
  to: string | undefined,
): Frame | undefined {
  if (!skb) return frame;
  skb.physicalOutDevice = to;
  skb.outDevice = bridge.name;
  if (!passes(stack, skb, 'FORWARD') || !passes(stack, skb, 'POSTROUTING')) return undefined;
  return { ...frame, payload: { type: 'ip', packet: skb.packet } };
}

function passes(stack: Stack, skb: SocketBuffer, hook: NetfilterHook): boolean {
  const verdict = runHook(hook, skb, hookContext(stack));
  if (verdict.verdict === 'accept') return true;
  refusePacket(stack, skb, verdict);
  return false;
}

function flood(crossing: Crossing): void {
  const { stack, port: from, frame, tag } = crossing;
  for (const port of portsOf(crossing)) {
    if (port.name !== from?.name || port.hairpin) transmitFrame(stack, port.name, frame, tag);
  }
}

function recordDecision(
  { stack, bridge, frame, tag }: Crossing,
  decision: 'forward' | 'flood' | 'local',
  port?: string,
): void {
  if (frame.payload.type !== 'ip') return;
  recordStep(stack, tag, frame.payload.packet, bridge.name, () => ({
    kind: 'bridge',
    mac: frame.destination,
    decision,
    ...(port === undefined ? {} : { port }),
  }));
}
