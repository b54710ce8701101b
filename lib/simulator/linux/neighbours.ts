import { SECOND } from '../base/clock.ts';
import type { ArpPacket, IpPacket } from '../packet/packet.ts';
import type { TraceTag } from '../trace/recorder.ts';
import { sendIcmpError } from './icmp-error.ts';
import type { Link, Neighbour, PendingPacket } from './network.ts';
import { isLocalAddress, lookUpRoute, sourceAddressFor } from './routes.ts';
import { recordStep, type Stack } from './stack.ts';
import { scheduleNetworkEvent, transmitArp, transmitFrame } from './transmit.ts';

/** mcast_solicit: requests before a neighbour counts as unreachable, one second apart (retrans_time_ms). */
const ATTEMPTS = 3;
const INTERVAL = SECOND;
/** unres_qlen: packets that wait for one neighbour; the oldest goes when there are more. */
const QUEUE_LENGTH = 101;
const UNKNOWN_MAC = '00:00:00:00:00:00';

function findNeighbour(stack: Stack, device: string, address: string): Neighbour | undefined {
  return stack.namespace.neighbours.find(
    (neighbour) => neighbour.device === device && neighbour.address === address,
  );
}

/**
 * Sends a packet to the next hop on a device, asking for its MAC first when it is not known.
 * Simplified: an entry that was confirmed once is used without a probe until its device goes.
 */
export function sendToNeighbour(
  stack: Stack,
  link: Link,
  nextHop: string,
  packet: IpPacket,
  tag: TraceTag | undefined,
): void {
  const neighbour = findNeighbour(stack, link.name, nextHop);
  if (neighbour?.mac !== undefined) {
    transmitFrame(
      stack,
      link.name,
      { source: link.mac, destination: neighbour.mac, payload: { type: 'ip', packet } },
      tag,
    );
    return;
  }
  const { pending } = stack.namespace;
  if (pending.length >= QUEUE_LENGTH) pending.shift();
  pending.push({ packet, device: link.name, nextHop, ...(tag ? { tag } : {}) });
  if (neighbour?.state === 'INCOMPLETE') return;
  if (neighbour) neighbour.state = 'INCOMPLETE';
  else {
    stack.namespace.neighbours.push({
      address: nextHop,
      device: link.name,
      mac: undefined,
      state: 'INCOMPLETE',
      at: stack.environment.queue.now,
    });
  }
  ask(stack, link, nextHop, 1);
}

function ask(stack: Stack, link: Link, address: string, attempt: number): void {
  const { routes, chosen } = lookUpRoute(stack.namespace, address);
  const route = routes[chosen];
  const senderIp =
    (route && sourceAddressFor(stack.namespace, route, address)) ??
    link.addresses[0]?.address ??
    '0.0.0.0';
  transmitArp(stack, link, {
    operation: 'request',
    senderMac: link.mac,
    senderIp,
    targetMac: UNKNOWN_MAC,
    targetIp: address,
  });
  scheduleNetworkEvent(stack, INTERVAL, {
    type: 'neighbour-timeout',
    namespace: stack.namespace.id,
    device: link.name,
    address,
    attempt,
  });
}

/** Nobody answered for a second: ask again, or give up and tell the senders of what waited. */
export function handleNeighbourTimeout(
  stack: Stack,
  event: { device: string; address: string; attempt: number },
): void {
  const neighbour = findNeighbour(stack, event.device, event.address);
  const link = stack.namespace.links[event.device];
  if (neighbour?.state !== 'INCOMPLETE' || !link) return;
  if (event.attempt < ATTEMPTS) {
    ask(stack, link, event.address, event.attempt + 1);
    return;
  }
  neighbour.state = 'FAILED';
  for (const { packet, tag } of takePending(stack, event.device, event.address)) {
    recordStep(stack, tag, packet, event.device, () => ({
      kind: 'neighbour',
      address: event.address,
      mac: undefined,
    }));
    recordStep(stack, tag, packet, event.device, () => ({
      kind: 'dropped',
      reason: 'neighbour-failed',
    }));
    sendIcmpError(stack, packet, 'host-unreachable', tag);
  }
}

function takePending(stack: Stack, device: string, address: string): PendingPacket[] {
  const { pending } = stack.namespace;
  const taken = pending.filter((entry) => entry.device === device && entry.nextHop === address);
  const rest = pending.filter((entry) => entry.device !== device || entry.nextHop !== address);
  pending.splice(0, pending.length, ...rest);
  return taken;
}

/** arp_process(): answers requests for own addresses, learns from whoever asks us or answers. */
export function receiveArp(stack: Stack, link: Link, arp: ArpPacket): void {
  const isForUs = isLocalAddress(stack.namespace, arp.targetIp);
  const known = findNeighbour(stack, link.name, arp.senderIp);
  if (isForUs || known) learn(stack, link, arp.senderIp, arp.senderMac, known);
  if (arp.operation === 'request' && isForUs) {
    transmitArp(stack, link, {
      operation: 'reply',
      senderMac: link.mac,
      senderIp: arp.targetIp,
      targetMac: arp.senderMac,
      targetIp: arp.senderIp,
    });
  }
}

function learn(
  stack: Stack,
  link: Link,
  address: string,
  mac: string,
  known: Neighbour | undefined,
): void {
  const now = stack.environment.queue.now;
  if (known) {
    known.mac = mac;
    known.state = 'REACHABLE';
    known.at = now;
  } else {
    stack.namespace.neighbours.push({
      address,
      device: link.name,
      mac,
      state: 'STALE',
      at: now,
    });
  }
  for (const { packet, tag } of takePending(stack, link.name, address)) {
    recordStep(stack, tag, packet, link.name, () => ({ kind: 'neighbour', address, mac }));
    transmitFrame(
      stack,
      link.name,
      { source: link.mac, destination: mac, payload: { type: 'ip', packet } },
      tag,
    );
  }
}
