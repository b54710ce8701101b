import { formatFlow } from '../base/flow.ts';
import { explain } from './explain.ts';
import type { Hop } from './hop.ts';
import type { Step } from './step.ts';

/** One packet's hops, in order. */
interface PacketHops {
  readonly packet: number;
  readonly hops: readonly Hop[];
}

const DNS_PORT = 53;

const isApplication = (hop: Hop) => hop.steps.every((kind) => kind === 'dns' || kind === 'http');

const isDnsPacket = ({ hops }: PacketHops) =>
  hops.some(
    ({ before, inner = before }) =>
      inner.protocol === 'udp' &&
      (inner.source.port === DNS_PORT || inner.destination.port === DNS_PORT),
  );

const endsBadly = ({ hops }: PacketHops) =>
  hops.some(({ steps }) => steps.includes('dropped') || steps.includes('refused'));

function groupByPacket(hops: readonly Hop[]): PacketHops[] {
  const groups = new Map<number, Hop[]>();
  for (const hop of hops) {
    if (isApplication(hop)) continue;
    groups.set(hop.packet, [...(groups.get(hop.packet) ?? []), hop]);
  }
  return [...groups].map(([packet, own]) => ({ packet, hops: own }));
}

/** What makes two packets the same tale: who sends to whom, and as what (a SYN sent again is told once). */
function taleOf({ hops }: PacketHops): string {
  const [first] = hops;
  if (!first) return '';
  const flags = Object.keys(first.flags ?? {})
    .sort()
    .join('+');
  return `${formatFlow(first.before)} ${flags}${first.chunk ?? ''}`;
}

/** The packets whose way is told: the first one out, the first answer, and whatever ended badly. */
function toldPackets(groups: readonly PacketHops[]): Set<number> {
  const connections = groups.filter((group) => !isDnsPacket(group));
  const subject = connections.length > 0 ? connections : groups;
  const told = new Set<number>();
  const request = subject.find(({ hops }) => hops[0]?.direction === 'request');
  const reply = subject.find(({ hops }) => hops[0]?.direction === 'reply');
  for (const group of [request, reply]) if (group) told.add(group.packet);
  const tales = new Set<string>();
  for (const group of groups) {
    if (!endsBadly(group) || tales.has(taleOf(group))) continue;
    tales.add(taleOf(group));
    told.add(group.packet);
  }
  return told;
}

/** Look-ups as one line a name: what was heard, or what was asked when nobody answered. */
function toldLookUps(hops: readonly Hop[], steps: readonly Step[]): Set<Hop> {
  const names = new Set<string>();
  const told = new Set<Hop>();
  const heard = steps.flatMap((step) =>
    step.kind === 'dns' && step.side === 'hears' ? [step.name] : [],
  );
  for (const hop of hops) {
    const isLookUp = hop.steps.includes('dns') && isApplication(hop);
    const name = /`([^`]+)` (?:A|AAAA)\b/.exec(hop.sentence)?.[1];
    if (!isLookUp || name === undefined || names.has(name)) continue;
    const isHeard = heard.some((each) => each === name);
    if (isHeard !== hop.sentence.startsWith('Hears')) continue;
    names.add(name);
    told.add(hop);
  }
  return told;
}

/**
 * The account that figures show: each name look-up in one line, the way of the first packet and of the first answer hop
 * by hop, what the programs said, and the whole way of anything that ended badly. `explain` has everything.
 */
export function tellStory(steps: readonly Step[]): Hop[] {
  const hops = explain(steps);
  const told = toldPackets(groupByPacket(hops));
  const lookUps = toldLookUps(hops, steps);
  return hops
    .filter((hop) => {
      if (!isApplication(hop)) return told.has(hop.packet);
      return hop.steps.includes('http') || lookUps.has(hop);
    })
    .map((hop, i) => ({ ...hop, number: i + 1 }));
}
