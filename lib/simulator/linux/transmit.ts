import { BROADCAST_MAC } from '../base/mac.ts';
import type { ArpPacket, Frame } from '../packet/packet.ts';
import type { TraceTag } from '../trace/recorder.ts';
import { captureOutgoing } from './capture.ts';
import { NETWORK_TARGET } from './environment.ts';
import type { Link, NetworkEvent } from './network.ts';
import type { SocketBuffer } from './socket-buffer.ts';
import { countLooped, countSent } from './traffic.ts';
import { placeIn, recordStep, type Stack } from './stack.ts';

/** A frame over a veth pair; the order of magnitude of a context switch. */
const VETH_LATENCY = 20;
const LOOPBACK_LATENCY = 5;
const VLAN_TAG = 4;

export function scheduleNetworkEvent(stack: Stack, delay: number, event: NetworkEvent): void {
  stack.environment.queue.schedule(delay, NETWORK_TARGET, event);
}

/** Puts a frame on a device of this namespace; `mark` is the packet's, which a tunnel's outer packet keeps. A frame for nobody ends here, with a step that says so. */
export function transmitFrame(
  stack: Stack,
  device: string,
  frame: Frame,
  tag: TraceTag | undefined,
  mark = 0,
): void {
  const link = stack.namespace.links[device];
  if (!link) return;
  if (link.kind !== 'loopback') captureOutgoing(stack, link, frame);
  switch (link.kind) {
    case 'loopback':
      if (frame.payload.type === 'ip') {
        const { packet } = frame.payload;
        loopBack(stack, { packet, tag });
      }
      return;
    case 'dummy':
      countSent(link, frame);
      // dummy_xmit frees it, and nobody is told.
      if (frame.payload.type === 'ip')
        recordStep(stack, tag, frame.payload.packet, link.name, () => ({
          kind: 'dropped',
          reason: 'no-carrier',
        }));
      return;
    case 'bridge':
      countSent(link, frame);
      stack.kernel.switchFrame(stack, link, undefined, frame, tag);
      return;
    case 'vxlan':
      stack.kernel.encapsulate({ stack, link, frame, mark, tag });
      return;
    case 'veth':
      transmitVeth(stack, link, frame, tag);
  }
}

function transmitVeth(
  stack: Stack,
  link: Extract<Link, { kind: 'veth' }>,
  frame: Frame,
  tag: TraceTag | undefined,
): void {
  const target = stack.network.namespaces[link.peer.namespace];
  const peer = target?.links[link.peer.link];
  const { payload } = frame;
  if (!target || !peer?.isUp || !link.isUp) {
    link.traffic.sentDropped += 1;
    if (payload.type === 'ip') {
      recordStep(stack, tag, payload.packet, link.name, () => ({
        kind: 'dropped',
        reason: 'no-carrier',
      }));
    }
    return;
  }
  // is_skb_forwardable: the other end takes no frame that is longer than its own MTU (and a VLAN tag); nobody is told.
  if (payload.type === 'ip' && payload.packet.length > peer.mtu + VLAN_TAG) {
    link.traffic.sentDropped += 1;
    peer.traffic.receivedDropped += 1;
    recordStep(stack, tag, payload.packet, peer.name, () => ({
      kind: 'dropped',
      reason: 'packet-too-big',
    }));
    return;
  }
  countSent(link, frame);
  if (payload.type === 'ip') {
    recordStep(stack, tag, payload.packet, link.name, () => ({
      kind: 'transmitted',
      to: placeIn({ namespace: target }, peer.name),
    }));
  }
  scheduleNetworkEvent(stack, VETH_LATENCY, {
    type: 'arrive',
    namespace: link.peer.namespace,
    link: link.peer.link,
    frame,
    tag,
  });
}

/**
 * A packet to oneself: through lo, as the kernel does, so that it meets PREROUTING and INPUT again. What was not to be tracked
 * stays so (nf_conntrack_in: "previously seen").
 */
export function loopBack(
  stack: Stack,
  { packet, connectionState, tag }: Pick<SocketBuffer, 'packet' | 'connectionState' | 'tag'>,
): void {
  const { lo } = stack.namespace.links;
  if (lo) countLooped(lo, packet.length);
  scheduleNetworkEvent(stack, LOOPBACK_LATENCY, {
    type: 'loopback',
    namespace: stack.namespace.id,
    packet,
    ...(connectionState === 'UNTRACKED' ? { connectionState } : {}),
    ...(tag ? { tag } : {}),
  });
}

/** An ARP frame from a device: to everybody, to the one MAC `to`, or (an answer) to whoever asked. */
export function transmitArp(stack: Stack, link: Link, arp: ArpPacket, to?: string): void {
  transmitFrame(
    stack,
    link.name,
    {
      source: link.mac,
      destination: arp.operation === 'reply' ? arp.targetMac : (to ?? BROADCAST_MAC),
      payload: { type: 'arp', arp },
    },
    undefined,
  );
}
