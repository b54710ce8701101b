import { SECOND } from '../base/clock.ts';
import type { ArpPacket, Frame, IpPacket } from '../packet/packet.ts';
import { sendIcmpError } from './icmp-error.ts';
import { addressesOn, firstAddressOn } from './addresses.ts';
import { solicitNeighbour } from './ndp.ts';
import { sysctlsOf } from './device-sysctls.ts';
import type { Link, Neighbour, PendingPacket } from './network.ts';
import { findRoute, isLocalAddress, sourceAddressFor } from './routes.ts';
import type { SocketBuffer } from './socket-buffer.ts';
import { recordStep, type Stack } from './stack.ts';
import { scheduleNetworkEvent, transmitArp, transmitFrame } from './transmit.ts';

/** mcast_solicit and ucast_solicit: requests before a neighbour counts as unreachable, one second apart (retrans_time_ms). */
const ATTEMPTS = 3;
const INTERVAL = SECOND;
/** base_reachable_time_ms. Simplified: the kernel draws between half of it and one and a half. */
const REACHABLE_TIME = 30 * SECOND;
/** delay_first_probe_time: a stale entry is used for so long before it is asked again. */
const DELAY_TIME = 5 * SECOND;
/** unres_qlen: packets that wait for one neighbour; the oldest goes when there are more. */
const QUEUE_LENGTH = 101;
const UNKNOWN_MAC = '00:00:00:00:00:00';

function findNeighbour(
  { namespace }: Stack,
  device: string,
  address: string,
): Neighbour | undefined {
  for (const neighbour of namespace.neighbours) {
    if (neighbour.address === address && neighbour.device === device) return neighbour;
  }
  return undefined;
}

const frameFor = (link: Link, mac: string, packet: IpPacket): Frame => ({
  source: link.mac,
  destination: mac,
  payload: { type: 'ip', packet },
});

/** Sends a packet to the next hop on a device, asking for its MAC first when it is not known. */
export function sendToNeighbour(
  stack: Stack,
  link: Link,
  nextHop: string,
  skb: SocketBuffer,
  bridged?: PendingPacket['bridged'],
): void {
  const mac = useNeighbour(stack, link, nextHop);
  if (mac !== undefined) sendTo(stack, link, skb, bridged, mac);
  else wait(stack, link, { skb, device: link.name, nextHop, ...(bridged ? { bridged } : {}) });
}

function sendTo(
  stack: Stack,
  link: Link,
  skb: SocketBuffer,
  bridged: PendingPacket['bridged'],
  mac: string,
): void {
  if (bridged && link.kind === 'bridge') {
    stack.kernel.continueBridged(stack, link, bridged, skb, mac);
  } else transmitFrame(stack, link.name, frameFor(link, mac, skb.packet), skb.tag, skb.mark);
}

/** The MAC to use now, if any. Using an entry that is old makes the kernel ask again a little later (neigh_event_send). */
function useNeighbour(stack: Stack, link: Link, address: string): string | undefined {
  // IFF_NOARP: nobody is asked (arp_constructor).
  if (link.kind === 'dummy') return link.mac;
  const neighbour = findNeighbour(stack, link.name, address);
  if (neighbour?.mac === undefined) return undefined;
  const { now } = stack.environment.queue;
  const isOld = neighbour.state === 'REACHABLE' && now - neighbour.at > REACHABLE_TIME;
  if (isOld || neighbour.state === 'STALE') {
    neighbour.state = 'DELAY';
    neighbour.at = now;
    scheduleTimeout(stack, link, address, 0, DELAY_TIME);
  }
  return neighbour.mac;
}

function wait(stack: Stack, link: Link, entry: PendingPacket): void {
  const { pending, neighbours } = stack.namespace;
  const { nextHop } = entry;
  const waiting = pending.filter(
    (other) => other.device === link.name && other.nextHop === nextHop,
  );
  const oldest = waiting[0];
  if (oldest && waiting.length >= QUEUE_LENGTH) pending.splice(pending.indexOf(oldest), 1);
  pending.push(entry);
  const neighbour = findNeighbour(stack, link.name, nextHop);
  if (neighbour?.state === 'INCOMPLETE') return;
  const at = stack.environment.queue.now;
  if (neighbour) Object.assign(neighbour, { state: 'INCOMPLETE', at });
  else {
    neighbours.push({
      address: nextHop,
      device: link.name,
      mac: undefined,
      state: 'INCOMPLETE',
      at,
    });
  }
  ask(stack, link, nextHop, 1);
}

/** Whether a neighbour's MAC is known; it is asked for when it is not (neigh_event_send without a packet). */
export function knowsNeighbour(stack: Stack, link: Link, address: string): boolean {
  const neighbour = findNeighbour(stack, link.name, address);
  if (neighbour?.mac !== undefined) return true;
  if (neighbour?.state === 'INCOMPLETE') return false;
  const at = stack.environment.queue.now;
  if (neighbour) Object.assign(neighbour, { state: 'INCOMPLETE', at });
  else {
    const { neighbours } = stack.namespace;
    neighbours.push({ address, device: link.name, mac: undefined, state: 'INCOMPLETE', at });
  }
  ask(stack, link, address, 1);
  return false;
}

function scheduleTimeout(
  stack: Stack,
  link: Link,
  address: string,
  attempt: number,
  delay: number,
): void {
  scheduleNetworkEvent(stack, delay, {
    type: 'neighbour-timeout',
    namespace: stack.namespace.id,
    device: link.name,
    address,
    attempt,
  });
}

/** Asks everybody, or, when an address was confirmed before (`mac`), its owner alone: by ARP or neighbour discovery. */
function ask(stack: Stack, link: Link, address: string, attempt: number, mac?: string): void {
  if (address.includes(':')) {
    const source = waitingSource(stack, link, address);
    solicitNeighbour(stack, link, address, {
      ...(source === undefined ? {} : { source }),
      ...(mac === undefined ? {} : { mac }),
    });
  } else askByArp(stack, link, address, mac);
  scheduleTimeout(stack, link, address, attempt, INTERVAL);
}

/** The source of the packet that waits, when it is the device's own (ndisc_solicit). */
function waitingSource({ namespace }: Stack, link: Link, nextHop: string): string | undefined {
  const waiting = namespace.pending.find(
    (entry) => entry.device === link.name && entry.nextHop === nextHop,
  );
  const source = waiting?.skb.packet.source;
  return addressesOn(namespace, link).find(({ address }) => address === source)?.address;
}

function askByArp(stack: Stack, link: Link, address: string, mac?: string): void {
  const route = findRoute(stack.namespace, address);
  const senderIp =
    (route?.device === link.name ? sourceAddressFor(stack.namespace, route, address) : undefined) ??
    firstAddressOn(link, 4) ??
    '0.0.0.0';
  const question: ArpPacket = {
    operation: 'request',
    senderMac: link.mac,
    senderIp,
    targetMac: mac ?? UNKNOWN_MAC,
    targetIp: address,
  };
  transmitArp(stack, link, question, mac);
}

/** Nobody answered in time: ask (again), or give up and tell the senders of what waited (neigh_timer_handler). */
export function handleNeighbourTimeout(
  stack: Stack,
  event: { device: string; address: string; attempt: number },
): void {
  const neighbour = findNeighbour(stack, event.device, event.address);
  const link = stack.namespace.links[event.device];
  if (!neighbour || !link) return;
  const { state } = neighbour;
  if (state !== 'INCOMPLETE' && state !== 'DELAY' && state !== 'PROBE') return;
  if ((state === 'DELAY') !== (event.attempt === 0)) return;
  if (state === 'DELAY') neighbour.state = 'PROBE';
  if (event.attempt < ATTEMPTS) {
    ask(stack, link, event.address, event.attempt + 1, neighbour.mac);
    return;
  }
  neighbour.state = 'FAILED';
  neighbour.mac = undefined;
  giveUp(stack, event.device, event.address);
}

function giveUp(stack: Stack, device: string, address: string): void {
  for (const { skb } of takePending(stack, device, address)) {
    const { packet, tag } = skb;
    recordStep(stack, tag, packet, device, () => ({
      kind: 'neighbour',
      address,
      mac: undefined,
    }));
    recordStep(stack, tag, packet, device, () => ({
      kind: 'dropped',
      reason: 'neighbour-failed',
    }));
    sendIcmpError(stack, skb, 'host-unreachable');
  }
}

function takePending(stack: Stack, device: string, address: string): PendingPacket[] {
  const { pending } = stack.namespace;
  const isWanted = (entry: PendingPacket) => entry.device === device && entry.nextHop === address;
  const taken = pending.filter(isWanted);
  const rest = pending.filter((entry) => !isWanted(entry));
  pending.splice(0, pending.length, ...rest);
  return taken;
}

/**
 * arp_fwd_proxy(): with proxy_arp on the device, a router answers for what it would forward by another device.
 * Simplified: at once; the kernel waits a random part of neigh/proxy_delay.
 */
function answersFor({ namespace }: Stack, link: Link, address: string): boolean {
  const { sysctls } = namespace;
  const isOn =
    sysctls['ipv4.conf.all.proxy_arp'] === '1' || sysctls[sysctlsOf(link.name).proxyArp] === '1';
  if (!isOn || sysctls['ipv4.ip_forward'] !== '1') return false;
  const route = findRoute(namespace, address);
  return route !== undefined && route.device !== link.name;
}

/** arp_process(): answers requests for own addresses, learns from whoever asks us or answers. */
export function receiveArp(stack: Stack, link: Link, arp: ArpPacket): void {
  const isForUs =
    isLocalAddress(stack.namespace, arp.targetIp) || answersFor(stack, link, arp.targetIp);
  const { senderIp: address, senderMac: mac } = arp;
  if (isForUs || findNeighbour(stack, link.name, address)) {
    const said = arp.operation === 'reply' ? 'answer' : 'question';
    learnNeighbour(stack, link, { address, mac, said });
  }
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

/** Where a MAC was heard of: an answer confirms, a question or news (an advertisement nobody asked for) only tells. */
export interface NeighbourNews {
  readonly address: string;
  readonly mac: string;
  readonly said: 'answer' | 'question' | 'news';
}

/** neigh_update, for both families. An IPv6 neighbour that is not known is learned from its question alone. */
export function learnNeighbour(stack: Stack, link: Link, news: NeighbourNews): void {
  const at = stack.environment.queue.now;
  const { address, mac, said } = news;
  const known = findNeighbour(stack, link.name, address);
  if (known?.state === 'PERMANENT') return;
  if (!known) {
    if (said !== 'question' && address.includes(':')) return;
    stack.namespace.neighbours.push({ address, device: link.name, mac, state: 'STALE', at });
    return;
  }
  if (said === 'answer') Object.assign(known, { mac, state: 'REACHABLE', at });
  else if (known.mac !== mac) Object.assign(known, { mac, state: 'STALE', at });
  for (const entry of takePending(stack, link.name, address)) {
    const { packet, tag } = entry.skb;
    recordStep(stack, tag, packet, link.name, () => ({ kind: 'neighbour', address, mac }));
    sendTo(stack, link, entry.skb, entry.bridged, mac);
  }
}
