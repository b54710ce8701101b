import {
  decapsulatedInWords,
  encapsulatedInWords,
  fragmentedInWords,
  shortName,
} from './describe-step.ts';
import { draftHop } from './hop-draft.ts';
import { open, type Account, type PacketStory, type StepOf } from './packet-story.ts';
import type { Step } from './step.ts';

const deviceTitle = ({ place }: Step) => `${shortName(place)} · ${place.device ?? 'tunnel'}`;

export function explainEncapsulated(
  account: Account,
  story: PacketStory,
  step: StepOf<'encapsulated'>,
): void {
  const { neighbour, entry, headers, after } = step;
  const text = { title: deviceTitle(step), sentence: encapsulatedInWords(step) };
  const hop = draftHop(step, story.direction, text, {
    lines: [
      ...(neighbour === undefined ? [] : [{ text: neighbour, isDeciding: false }]),
      { text: entry, isDeciding: true },
    ],
    command: `bridge fdb show dev ${step.place.device ?? ''}`,
    after,
    headers,
  });
  open(account, story, hop);
}

export function explainDecapsulated(
  account: Account,
  story: PacketStory,
  step: StepOf<'decapsulated'>,
): void {
  const { headers, after } = step;
  const text = { title: deviceTitle(step), sentence: decapsulatedInWords(step) };
  const command = `ip -d link show ${step.place.device ?? ''}`;
  open(account, story, draftHop(step, story.direction, text, { command, after, headers }));
}

export function explainFragmented(
  account: Account,
  story: PacketStory,
  step: StepOf<'fragmented'>,
): void {
  const text = { title: deviceTitle(step), sentence: fragmentedInWords(step) };
  const command = `ip link show ${step.place.device ?? ''}`;
  open(account, story, draftHop(step, story.direction, text, { command }));
}
