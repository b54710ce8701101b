import {
  deliveredInWords,
  dropInWords,
  notSentStepInWords,
  refusedInWords,
  shortName,
} from './describe-step.ts';
import { draftHop } from './hop-draft.ts';
import { isSamePlace, open, type Account, type PacketStory, type StepOf } from './packet-story.ts';
import type { DropReason, NotSentReason, Step } from './step.ts';

/** What lists who listens; of ICMP, which the kernel itself takes, what shows that it came. */
function listenersCommand({ flow }: Step): string {
  switch (flow.protocol) {
    case 'udp':
      return 'ss -lnu';
    case 'sctp':
      return 'ss -lnS';
    case 'icmp':
      return 'tcpdump -ni any icmp';
    case 'icmpv6':
      return 'tcpdump -ni any icmp6';
    case 'tcp':
      return 'ss -lnt';
  }
}

export function explainDelivered(
  account: Account,
  story: PacketStory,
  step: StepOf<'delivered'>,
): void {
  const title = `${shortName(step.place)} · socket`;
  const command = listenersCommand(step);
  const hop = draftHop(
    step,
    story.direction,
    { title, sentence: deliveredInWords(step) },
    { command },
  );
  open(account, story, hop);
}

/** A refusal by a rule was told with the rule: what remains to say is the answer. */
export function explainRefused(
  account: Account,
  story: PacketStory,
  step: StepOf<'refused'>,
): void {
  const sentence = refusedInWords(step);
  const { open: last } = story;
  if (step.by === 'netfilter' && last?.steps.at(-1) === 'netfilter') {
    last.sentence = sentence;
    last.steps.push(step.kind);
    return;
  }
  const title = `${shortName(step.place)} · socket`;
  const command = listenersCommand(step);
  open(account, story, draftHop(step, story.direction, { title, sentence }, { command }));
}

/** The step that has told already why a packet ends, by the reason. */
const TOLD_BY: Partial<Record<DropReason, Step['kind']>> = {
  'netfilter-drop': 'netfilter',
  'no-route': 'route',
  'blackhole-route': 'route',
  'unreachable-route': 'route',
  'prohibited-route': 'route',
  'neighbour-failed': 'neighbour',
};

export function explainDropped(
  account: Account,
  story: PacketStory,
  step: StepOf<'dropped'>,
): void {
  if (step.reason === 'not-for-us' && story.isFlooded) return;
  const { open: last } = story;
  const teller = TOLD_BY[step.reason];
  if (teller && last?.steps.at(-1) === teller && isSamePlace(last.place, step.place)) {
    last.steps.push(step.kind);
    return;
  }
  const title = `${shortName(step.place)} · ${step.place.device ?? 'kernel'}`;
  const sentence = dropInWords(step.reason, step);
  open(account, story, draftHop(step, story.direction, { title, sentence }));
}

/** The command that shows why a system call sent nothing. */
function commandFor({ reason, flow }: StepOf<'not-sent'>): string {
  const { address } = flow.destination;
  const showing: Readonly<Record<NotSentReason, string>> = {
    'no-route': `ip route get ${address}`,
    'unreachable-route': `ip route get ${address}`,
    'prohibited-route': `ip route get ${address}`,
    'blackhole-route': `ip route get ${address}`,
    'no-source-address': 'ip addr',
    'foreign-source': 'ip addr',
    'ports-used-up': `ss -tan dst ${address}`,
    'no-zone': 'ip -6 addr show scope link',
  };
  return showing[reason];
}

export function explainNotSent(
  account: Account,
  story: PacketStory,
  step: StepOf<'not-sent'>,
): void {
  const text = {
    title: `${shortName(step.place)} · socket`,
    sentence: notSentStepInWords(step),
  };
  open(account, story, draftHop(step, story.direction, text, { command: commandFor(step) }));
}
