import {
  bridgeInWords,
  conntrackInWords,
  decidingRule,
  dnsInWords,
  httpInWords,
  neighbourQuestion,
  netfilterInWords,
  routeInWords,
  sentInWords,
  shortName,
} from './describe-step.ts';
import { directionsOf, isIcmpErrorFlow, type Direction } from './direction.ts';
import { explainDelivered, explainDropped, explainNotSent, explainRefused } from './explain-end.ts';
import { explainPolicies } from './explain-policy.ts';
import { explainDecapsulated, explainEncapsulated, explainFragmented } from './explain-tunnel.ts';
import { draftHop, type HopDraft } from './hop-draft.ts';
import type { Hop } from './hop.ts';
import {
  isSamePlace,
  join,
  open,
  storyOf,
  type Account,
  type PacketStory,
  type StepOf,
} from './packet-story.ts';
import { policyDecisionsOf } from './policy-decisions.ts';
import { unreachable } from '../base/invariant.ts';
import type { EvaluatedRule, Step } from './step.ts';

const isSameFlow = (a: Step['flow'], b: Step['flow']) =>
  a.source.address === b.source.address &&
  a.source.port === b.source.port &&
  a.destination.address === b.destination.address &&
  a.destination.port === b.destination.port;

function explainSent(account: Account, story: PacketStory, step: StepOf<'sent'>): void {
  const title = `${shortName(step.place)} · socket`;
  open(account, story, draftHop(step, story.direction, { title, sentence: sentInWords(step) }));
}

function explainRoute(account: Account, story: PacketStory, step: StepOf<'route'>): void {
  const chosen = step.considered[step.chosen];
  const device = /(?:^| )dev (\S+)/.exec(chosen?.text ?? '')?.[1];
  const name = shortName(step.place);
  const isPod = step.place.netns !== undefined;
  const title = isPod && device !== undefined ? `${name} · ${device}` : `${name} · route`;
  const text = { title, sentence: routeInWords(step) };
  const lines = [
    ...(step.rule === undefined ? [] : [{ text: step.rule, isDeciding: true }]),
    ...step.considered.map((route, i) => ({ text: route.text, isDeciding: i === step.chosen })),
  ];
  const command = `ip route get ${step.flow.destination.address}`;
  const hop = draftHop(step, story.direction, text, {
    lines,
    command,
    ...(chosen?.because ? { because: chosen.because } : {}),
  });
  const { open: last } = story;
  // Sending and choosing the way out are one thing for a reader.
  if (last && isSamePlace(last.place, step.place) && last.steps.every((kind) => kind === 'sent')) {
    Object.assign(last, hop, { steps: [...last.steps, ...hop.steps] });
  } else open(account, story, hop);
}

function explainNeighbour(account: Account, story: PacketStory, step: StepOf<'neighbour'>): void {
  if (step.mac !== undefined) {
    join(story, step);
    return;
  }
  const question = neighbourQuestion(step.address);
  const title = `${shortName(step.place)} · ${question}`;
  const sentence = `Nobody answers ${question} for \`${step.address}\``;
  const command = `ip neigh show ${step.address}`;
  open(account, story, draftHop(step, story.direction, { title, sentence }, { command }));
}

function explainBridge(account: Account, story: PacketStory, step: StepOf<'bridge'>): void {
  if (step.decision === 'flood') story.isFlooded = true;
  // A machine that only switches frames between other machines is the wire: no hop of its own.
  const from = story.cameFrom;
  const isArriving = story.open === undefined || !isSamePlace(story.open.place, step.place);
  const isWire =
    from !== undefined &&
    from.netns === undefined &&
    !isSamePlace(from, step.place) &&
    isArriving &&
    step.decision !== 'local';
  if (isWire) {
    story.open?.steps.push(step.kind);
    return;
  }
  const device = step.place.device ?? 'bridge';
  const text = { title: `${shortName(step.place)} · ${device}`, sentence: bridgeInWords(step) };
  const lines =
    step.port === undefined
      ? []
      : [{ text: `${step.mac} dev ${step.port} master ${device}`, isDeciding: true }];
  const command = `bridge fdb show br ${device}`;
  open(account, story, draftHop(step, story.direction, text, { lines, command }));
}

/** Whether a table's word is worth a hop: it changed or ended the packet, or masquerade was in question. */
function isTold(step: StepOf<'netfilter'>, story: PacketStory): boolean {
  if (step.verdict !== 'accept') return true;
  return (
    step.hook === 'POSTROUTING' && step.table === 'nat' && story.rewrittenOn.has(step.place.machine)
  );
}

/** The rule, and behind it what was found when it looked into a map or a set. */
function ruleLine({ text, lookup }: EvaluatedRule): string {
  if (!lookup) return text;
  const found = lookup.element === '' ? lookup.key : `${lookup.key} : ${lookup.element}`;
  return `${text} # ${found}`;
}

/** What prints the rules that were read. */
function rulesCommand({ nft, table, flow }: StepOf<'netfilter'>): string {
  if (nft) return `nft list table ${nft.family} ${nft.table}`;
  const tool = flow.source.address.includes(':') ? 'ip6tables-save' : 'iptables-save';
  return `${tool} -t ${table}`;
}

function explainNetfilter(account: Account, story: PacketStory, step: StepOf<'netfilter'>): void {
  if (step.verdict === 'dnat') story.rewrittenOn.add(step.place.machine);
  const decisions = policyDecisionsOf(step);
  if (decisions.length > 0) {
    explainPolicies(account, story, step, decisions, rulesCommand(step));
    return;
  }
  if (!isTold(step, story)) {
    join(story, step);
    return;
  }
  const deciding = decidingRule(step);
  const text = {
    title: `${shortName(step.place)} · ${step.hook}`,
    sentence: netfilterInWords(step),
  };
  const hop = draftHop(step, story.direction, text, {
    layer: 'netfilter',
    lines: step.rules
      .filter(({ matched }) => matched)
      .map((rule) => ({ text: ruleLine(rule), isDeciding: rule === deciding })),
    compared: step.compared,
    command: rulesCommand(step),
    after: step.after,
    ...(step.because ? { because: step.because } : {}),
  });
  open(account, story, hop);
}

function explainConntrack(account: Account, story: PacketStory, step: StepOf<'conntrack'>): void {
  if (isSameFlow(step.flow, step.after) && step.state !== 'invalid') {
    join(story, step);
    return;
  }
  const text = { title: `${shortName(step.place)} · conntrack`, sentence: conntrackInWords(step) };
  const hop = draftHop(step, story.direction, text, {
    layer: 'netfilter',
    lines: step.entry === '' ? [] : [{ text: step.entry, isDeciding: true }],
    command: `conntrack -L -p ${step.flow.protocol}`,
    after: step.after,
  });
  open(account, story, hop);
}

/** What programs say and hear is beside the packets: their own hops, in the order of time. */
function explainApplication(account: Account, step: StepOf<'dns' | 'http'>): void {
  const direction: Direction = step.side === 'asks' ? 'request' : 'reply';
  const isDns = step.kind === 'dns';
  const role = isDns ? (step.side === 'answers' ? 'DNS' : 'resolver') : 'HTTP';
  const text = {
    title: `${shortName(step.place)} · ${role}`,
    sentence: isDns ? dnsInWords(step) : httpInWords(step),
  };
  account.hops.push(
    draftHop(step, direction, text, {
      ...(isDns ? { layer: 'dns' as const, command: `dig ${step.name} ${step.type}` } : {}),
      ...(step.because ? { because: step.because } : {}),
    }),
  );
}

/** The pieces of a packet go one way: a reader follows the first, and hears of another only where it ends. */
const isRepeated = (step: Step) => (step.fragment?.offset ?? 0) > 0 && step.kind !== 'dropped';

function explainStep(account: Account, step: Step): void {
  if (isRepeated(step)) return;
  if (step.kind === 'dns' || step.kind === 'http') {
    explainApplication(account, step);
    return;
  }
  const story = storyOf(account, step);
  switch (step.kind) {
    case 'sent':
      return explainSent(account, story, step);
    case 'route':
      return explainRoute(account, story, step);
    case 'neighbour':
      return explainNeighbour(account, story, step);
    case 'bridge':
      return explainBridge(account, story, step);
    case 'transmitted':
      story.cameFrom = step.place;
      return join(story, step);
    case 'netfilter':
      return explainNetfilter(account, story, step);
    case 'conntrack':
      return explainConntrack(account, story, step);
    case 'forwarded':
    case 'reassembled':
      return join(story, step);
    case 'encapsulated':
      return explainEncapsulated(account, story, step);
    case 'decapsulated':
      return explainDecapsulated(account, story, step);
    case 'fragmented':
      return explainFragmented(account, story, step);
    case 'delivered':
      return explainDelivered(account, story, step);
    case 'refused':
      return explainRefused(account, story, step);
    case 'dropped':
      return explainDropped(account, story, step);
    case 'not-sent':
      return explainNotSent(account, story, step);
    default:
      return unreachable(step);
  }
}

/** Names what an ICMP error is, where it sets out: its tuple says nothing. */
function nameErrors(hops: readonly HopDraft[], steps: readonly Step[]): void {
  const advice = new Set(
    steps.flatMap(({ icmp, packet }) => (icmp === 'redirect' ? [packet] : [])),
  );
  for (const hop of hops) {
    if (isIcmpErrorFlow(hop.before) && hop.steps[0] === 'sent') {
      const to = `\`${hop.before.destination.address}\``;
      hop.sentence = advice.has(hop.packet)
        ? `An ICMP redirect tells ${to} of a shorter way`
        : `An ICMP error sets out for ${to}`;
    }
  }
}

/**
 * The list that people read: steps of a trace, grouped into hops, packet after packet, each with one sentence
 * in plain words, the lines that decided and the reason. Nothing is invented here: every word comes from a step.
 *
 * Steps that decide little (a transmission, a hook where nothing matched) belong to the hop before or after them.
 */
export function explain(steps: readonly Step[]): Hop[] {
  const account: Account = { hops: [], directions: directionsOf(steps), stories: new Map() };
  for (const step of steps) explainStep(account, step);
  nameErrors(account.hops, steps);
  // Packets overtake one another on the clock; a reader follows one after the other.
  const inPacketOrder = [...account.hops].sort((a, b) => a.packet - b.packet);
  return inPacketOrder.map((hop, i) => ({ number: i + 1, ...hop }));
}
