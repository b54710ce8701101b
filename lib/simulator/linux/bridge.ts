import { SECOND } from '../base/clock.ts';
import { BROADCAST_MAC } from '../base/mac.ts';
import type { Frame, IpPacket } from '../packet/packet.ts';
import type { TraceTag } from '../trace/recorder.ts';
import { runHook } from './netfilter/hooks.ts';
import type { Link } from './network.ts';
import type { SocketBuffer } from './socket-buffer.ts';
import { hookContext, recordStep, type Bridge, type Stack } from './stack.ts';
import { refusePacket } from './icmp-error.ts';
import { transmitFrame } from './transmit.ts';

/** br_ageing_time: an entry that was not seen for so long is not believed. */
const AGEING = 300 * SECOND;

const portsOf = (stack: Stack, bridge: Bridge) =>
  Object.values(stack.namespace.links).filter((link) => link.master === bridge.name && link.isUp);

const isMulticast = (mac: string) =>
  mac === BROADCAST_MAC || (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;

/**
 * A frame enters a bridge: from one of its ports, or (`port` undefined) from the bridge's own device. It learns the source,
 * then delivers, forwards or floods (net/bridge/br_input.c, br_forward.c).
 */
export function switchFrame(
  stack: Stack,
  bridge: Bridge,
  port: Link | undefined,
  frame: Frame,
  tag: TraceTag | undefined,
): void {
  const now = stack.environment.queue.now;
  if (!bridge.isUp) return;
  if (port && !isMulticast(frame.source)) bridge.fdb[frame.source] = { port: port.name, at: now };
  if (port && frame.destination === bridge.mac) {
    recordDecision(stack, bridge, frame, tag, 'local');
    stack.kernel.receiveFrame(stack, bridge, frame, tag);
    return;
  }
  if (isMulticast(frame.destination)) {
    flood(stack, bridge, port, frame, tag);
    if (port) stack.kernel.receiveFrame(stack, bridge, frame, tag);
    return;
  }
  const bridged = port && bridgeNetfilter(stack, bridge, frame, tag);
  if (bridged === 'taken') return;
  forward(stack, bridge, port, bridged ?? frame, tag);
}

function forward(
  stack: Stack,
  bridge: Bridge,
  port: Link | undefined,
  frame: Frame,
  tag: TraceTag | undefined,
): void {
  const known = bridge.fdb[frame.destination];
  const isFresh = known && stack.environment.queue.now - known.at < AGEING;
  const target = isFresh ? stack.namespace.links[known.port] : undefined;
  if (!target) {
    recordDecision(stack, bridge, frame, tag, 'flood');
    flood(stack, bridge, port, frame, tag);
    return;
  }
  if (target.name === port?.name && !port.hairpin) return;
  recordDecision(stack, bridge, frame, tag, 'forward', target.name);
  transmitFrame(stack, target.name, frame, tag);
}

function flood(
  stack: Stack,
  bridge: Bridge,
  from: Link | undefined,
  frame: Frame,
  tag: TraceTag | undefined,
): void {
  for (const port of portsOf(stack, bridge)) {
    if (port.name !== from?.name || port.hairpin) transmitFrame(stack, port.name, frame, tag);
  }
}

function recordDecision(
  stack: Stack,
  bridge: Bridge,
  frame: Frame,
  tag: TraceTag | undefined,
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

/**
 * br_netfilter: with bridge-nf-call-iptables=1 a bridged IP packet meets iptables as if it were routed
 * (net/bridge/br_netfilter_hooks.c). Returns the frame to forward, undefined when nothing looked at it, or `taken`
 * when it was dropped, refused, or has a new destination and so goes up to be routed.
 */
function bridgeNetfilter(
  stack: Stack,
  bridge: Bridge,
  frame: Frame,
  tag: TraceTag | undefined,
): Frame | 'taken' | undefined {
  if (frame.payload.type !== 'ip') return undefined;
  if (stack.namespace.sysctls['bridge.bridge-nf-call-iptables'] !== '1') return undefined;
  const context = hookContext(stack);
  const skb: SocketBuffer = {
    packet: frame.payload.packet,
    mark: 0,
    inDevice: bridge.name,
    ...(tag ? { tag } : {}),
  };
  const addressed: string = frame.payload.packet.destination;
  if (!passes(stack, skb, 'PREROUTING', context)) return 'taken';
  if (skb.packet.destination !== addressed) {
    stack.kernel.routePacket(stack, skb);
    return 'taken';
  }
  skb.outDevice = bridge.name;
  if (!passes(stack, skb, 'FORWARD', context)) return 'taken';
  if (!passes(stack, skb, 'POSTROUTING', context)) return 'taken';
  const packet: IpPacket = skb.packet;
  return { ...frame, payload: { type: 'ip', packet } };
}

function passes(
  stack: Stack,
  skb: SocketBuffer,
  hook: 'PREROUTING' | 'FORWARD' | 'POSTROUTING',
  context: ReturnType<typeof hookContext>,
): boolean {
  const verdict = runHook(hook, skb, context);
  if (verdict.verdict === 'accept') return true;
  refusePacket(stack, skb, verdict);
  return false;
}
