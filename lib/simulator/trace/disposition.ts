import { isIcmpErrorFlow } from './direction.ts';
import type { DropReason, Step } from './step.ts';
import type { Disposition } from './trace.ts';

const DNS_PORT = 53;

function fateOfDrop(reason: DropReason): Disposition {
  switch (reason) {
    case 'no-route':
    case 'neighbour-failed':
    case 'ttl-exceeded':
    case 'unreachable-route':
    case 'prohibited-route':
      return 'unreachable';
    case 'netfilter-drop':
    case 'not-forwarding':
    case 'not-for-us':
    case 'no-carrier':
    case 'martian-source':
    case 'rp-filter':
    case 'no-hairpin':
    case 'bridge-loop':
    case 'packet-too-big':
    case 'no-socket':
    case 'invalid-state':
    case 'backlog-full':
    case 'blackhole-route':
    case 'no-remote-vtep':
    case 'unknown-vni':
    case 'fragment-lost':
      return 'dropped';
  }
}

/** A flooded frame reaches ports that it is not meant for, or goes in circles: that such a copy ends says nothing. */
const isNoise = (step: Step) =>
  step.kind === 'dropped' && (step.reason === 'not-for-us' || step.reason === 'bridge-loop');

/** How one packet ended, by its last word; undefined while it is on its way. */
function fateOfPacket(steps: readonly Step[]): Disposition | undefined {
  let fate: Disposition | undefined;
  for (const step of steps) {
    if (isNoise(step) && fate !== undefined) continue;
    if (step.kind === 'delivered') fate = 'delivered';
    else if (step.kind === 'refused') fate = 'refused';
    // The sender of what is in a tunnel hears nothing of what becomes of the outer packet.
    else if (step.kind === 'dropped') fate = step.inner ? 'dropped' : fateOfDrop(step.reason);
  }
  const moved = steps.some(({ kind }) => kind === 'delivered' || kind === 'refused');
  return moved || fate === undefined || !isNoiseOnly(steps) ? fate : 'dropped';
}

const isNoiseOnly = (steps: readonly Step[]) =>
  steps.filter(({ kind }) => kind === 'dropped').every(isNoise);

const isDns = ({ flow, inner = flow }: Step) =>
  inner.source.port === DNS_PORT || inner.destination.port === DNS_PORT;

/** Packets that only tidy up (FIN, RST) or tell of another packet's fate say nothing about the request. */
const isTelling = (steps: readonly Step[]) =>
  steps.every(
    ({ flow, inner = flow, flags }) => !isIcmpErrorFlow(inner) && !flags?.fin && !flags?.rst,
  );

/** When the sender last heard of an ICMP error: what it had sent by then and is still under way changes nothing for it. */
function errorHeardAt(packets: readonly (readonly Step[])[]): number {
  const heard = packets
    .flat()
    .filter(({ kind, flow, inner = flow }) => kind === 'delivered' && isIcmpErrorFlow(inner));
  return Math.max(-1, ...heard.map(({ at }) => at));
}

function packetsOf(steps: readonly Step[]): Step[][] {
  const packets = new Map<number, Step[]>();
  for (const step of steps) {
    if (step.kind === 'dns' || step.kind === 'http') continue;
    const known = packets.get(step.packet);
    if (known) known.push(step);
    else packets.set(step.packet, [step]);
  }
  return [...packets.values()];
}

/** The outcome of look-ups alone: an address, a plain no, or nothing heard yet. */
function fateOfLookup(steps: readonly Step[]): Disposition | undefined {
  const heard = steps.filter((step) => step.kind === 'dns' && step.side === 'hears');
  if (heard.length === 0) return undefined;
  const found = heard.some((step) => step.kind === 'dns' && (step.answers?.length ?? 0) > 0);
  return found ? 'delivered' : 'unresolved';
}

/**
 * How a request ended for the one who sent it, from what happened to its packets. The last packet that says something
 * decides: a retransmission overrules the packet that it repeats. A request that needed a name is judged by its own
 * packets; when there are none, by the look-up.
 *
 * `ending`: how the client's process ended, when it has: one that gave up while its packets say nothing was not answered.
 */
export function dispositionOf(
  steps: readonly Step[],
  ending: { readonly exitCode?: number } = {},
): Disposition {
  if (steps.some((step) => step.kind === 'http' && step.side === 'hears')) return 'delivered';
  const packets = packetsOf(steps);
  const own = packets.filter((packet) => !packet.every(isDns));
  const lookup = own.length === 0 ? fateOfLookup(steps) : undefined;
  if (lookup) return lookup;
  const candidates = own.length > 0 ? own : packets;
  const heardAt = errorHeardAt(packets);
  const telling = candidates
    .filter(isTelling)
    .filter((packet) => fateOfPacket(packet) !== undefined || (packet.at(-1)?.at ?? 0) > heardAt);
  const last = telling.at(-1) ?? candidates.at(-1);
  const fate = (last && fateOfPacket(last)) ?? 'in-flight';
  const gaveUp = ending.exitCode !== undefined && ending.exitCode !== 0;
  return fate === 'in-flight' && gaveUp ? 'dropped' : fate;
}
