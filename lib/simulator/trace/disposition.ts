import { directionsOf, isIcmpErrorFlow, type Direction } from './direction.ts';
import type { DropReason, NotSentReason, Step } from './step.ts';
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

/** A call that found no way ends as a packet would that finds none; one that failed for another cause has not been on any. */
function fateOfCall(reason: NotSentReason): Disposition {
  switch (reason) {
    case 'no-route':
    case 'unreachable-route':
    case 'prohibited-route':
    case 'blackhole-route':
      return 'unreachable';
    case 'no-source-address':
    case 'foreign-source':
    case 'ports-used-up':
    case 'no-zone':
      return 'not-sent';
  }
}

/** How one packet ended, by its last word; undefined while it is on its way. */
function fateOfPacket(steps: readonly Step[]): Disposition | undefined {
  let fate: Disposition | undefined;
  for (const step of steps) {
    if (isNoise(step) && fate !== undefined) continue;
    if (step.kind === 'delivered') fate = 'delivered';
    else if (step.kind === 'refused') fate = 'refused';
    // The sender of what is in a tunnel hears nothing of what becomes of the outer packet.
    else if (step.kind === 'dropped') fate = step.inner ? 'dropped' : fateOfDrop(step.reason);
    else if (step.kind === 'not-sent') fate = fateOfCall(step.reason);
  }
  const moved = steps.some(({ kind }) => kind === 'delivered' || kind === 'refused');
  return moved || fate === undefined || !isNoiseOnly(steps) ? fate : 'dropped';
}

const isNoiseOnly = (steps: readonly Step[]) =>
  steps.every((step) => step.kind !== 'not-sent' && (step.kind !== 'dropped' || isNoise(step)));

const isDns = ({ flow, inner = flow }: Step) =>
  inner.source.port === DNS_PORT || inner.destination.port === DNS_PORT;

/** Chunks of SCTP that end an association. */
const TIDYING: ReadonlySet<string | undefined> = new Set([
  'ABORT',
  'ERROR',
  'SHUTDOWN',
  'SHUTDOWN ACK',
  'SHUTDOWN COMPLETE',
]);

/** Packets that only tidy up (FIN, RST) or tell of another packet's fate say nothing about the request. */
const isTelling = (steps: readonly Step[]) =>
  steps.every(
    ({ flow, inner = flow, flags, chunk }) =>
      !isIcmpErrorFlow(inner) && !flags?.fin && !flags?.rst && !TIDYING.has(chunk),
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
    // A redirect is advice: the packet that it is about goes on.
    if (step.kind === 'dns' || step.kind === 'http' || step.icmp === 'redirect') continue;
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

const endOf = ({ flow, inner = flow }: Step, end: 'source' | 'destination') => inner[end];
const isSameEnd = (a: Step['flow']['source'], b: Step['flow']['source']) =>
  a.address === b.address && a.port === b.port;

/** Whether a packet ended in the namespace that `request` set out from, and looked there like an answer to it. */
function cameHome(answer: readonly Step[], request: readonly Step[]): boolean {
  const [start] = request;
  const end = answer.findLast(({ kind }) => ['delivered', 'refused', 'dropped'].includes(kind));
  if (!start || !end) return false;
  if (end.kind === 'delivered') return true;
  // Whoever sends by a raw socket has none that takes the answer: it came home all the same.
  return (
    end.place.machine === start.place.machine &&
    end.place.netns === start.place.netns &&
    (end.kind === 'refused' || (end.kind === 'dropped' && end.reason === 'no-socket')) &&
    (isIcmpErrorFlow(end.flow) ||
      (isSameEnd(endOf(end, 'source'), endOf(start, 'destination')) &&
        isSameEnd(endOf(end, 'destination'), endOf(start, 'source'))))
  );
}

/** What became of the answers to a packet: some came home, all that have ended were lost, or none has ended. */
function fateOfAnswers(
  answers: readonly (readonly Step[])[],
  request: readonly Step[],
): 'heard' | 'lost' | 'none' {
  const ended = answers.filter((answer) => fateOfPacket(answer) !== undefined);
  if (ended.length === 0) return 'none';
  return ended.some((answer) => cameHome(answer, request)) ? 'heard' : 'lost';
}

interface Judgement {
  readonly packets: readonly (readonly Step[])[];
  readonly directions: ReadonlyMap<number, Direction>;
}

const directionOf = ({ directions }: Judgement, packet: readonly Step[]): Direction =>
  directions.get(packet[0]?.packet ?? -1) ?? 'request';

/**
 * How the last packet that tells something ended for whoever sent the first one. An answer may be lost where the request was
 * not: that the packet reached a socket, or was refused there, is then known to nobody but us.
 */
function judgeLast(judgement: Judgement, last: readonly Step[]): Disposition | undefined {
  const fate = fateOfPacket(last);
  const { packets } = judgement;
  const first = packets.find((packet) => directionOf(judgement, packet) === 'request');
  if (!first || fate === undefined) return fate;
  if (directionOf(judgement, last) === 'reply') {
    return fate === 'delivered' || cameHome(last, first) ? fate : 'answer-lost';
  }
  const replies = packets.filter((packet) => directionOf(judgement, packet) === 'reply');
  const isRefusal = (packet: readonly Step[]) => !isTelling(packet);
  switch (fate) {
    case 'delivered':
      return fateOfAnswers(replies, first) === 'lost' ? 'answer-lost' : fate;
    case 'refused':
      return fateOfAnswers(replies.filter(isRefusal), first) === 'lost' ? 'answer-lost' : fate;
    case 'unreachable':
      return fateOfAnswers(replies.filter(isRefusal), first) === 'lost' ? 'dropped' : fate;
    case 'dropped':
    case 'answer-lost':
    case 'not-sent':
    case 'unresolved':
    case 'in-flight':
      return fate;
  }
}

/**
 * How a request ended for the one who sent it, from what happened to its packets. The last packet that says something
 * decides: a retransmission overrules the packet that it repeats. A request that needed a name is judged by its own
 * packets; when there are none, by the look-up. A call that sent nothing counts while no packet was sent.
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
  const asked = own.length > 0 ? own : packets;
  const sent = asked.filter((packet) => packet.every(({ kind }) => kind !== 'not-sent'));
  const candidates = sent.length > 0 ? sent : asked;
  const heardAt = errorHeardAt(packets);
  const telling = candidates
    .filter(isTelling)
    .filter((packet) => fateOfPacket(packet) !== undefined || (packet.at(-1)?.at ?? 0) > heardAt);
  const last = telling.at(-1) ?? candidates.at(-1);
  const judgement = { packets: candidates, directions: directionsOf(steps) };
  const fate = (last && judgeLast(judgement, last)) ?? 'in-flight';
  const gaveUp = ending.exitCode !== undefined && ending.exitCode !== 0;
  return fate === 'in-flight' && gaveUp ? 'dropped' : fate;
}
