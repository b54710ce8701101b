import type { Disposition } from '#lib/simulator/index.ts';
import {
  BookXIcon,
  CircleCheckIcon,
  CircleDashedIcon,
  DroppedIcon,
  ReturnIcon,
  UnplugIcon,
  type IconComponent,
} from '#components/ui/icons.tsx';

interface Look {
  readonly className: string;
  readonly word: string;
  /** What whoever sent the packet notices. */
  readonly meaning: string;
  readonly Icon: IconComponent;
}

/** Icon, word and edge of each way to end: refused comes back and is red, dropped makes no sound and is ink. */
const LOOKS: Readonly<Record<Disposition, Look>> = {
  delivered: {
    className: 'delivered',
    word: 'Delivered',
    meaning: 'An answer came back.',
    Icon: CircleCheckIcon,
  },
  refused: {
    className: 'refused',
    word: 'Refused',
    meaning: 'Somebody answered no, at once.',
    Icon: ReturnIcon,
  },
  dropped: {
    className: 'dropped',
    word: 'Dropped',
    meaning: 'Nobody answers: the client waits until it gives up.',
    Icon: DroppedIcon,
  },
  'answer-lost': {
    className: 'dropped',
    word: 'Answer lost',
    meaning: 'It arrived, but its answer did not come back: the client waits until it gives up.',
    Icon: DroppedIcon,
  },
  'not-sent': {
    className: 'unreachable',
    word: 'Not sent',
    meaning: 'No packet left: the client heard at once why not.',
    Icon: UnplugIcon,
  },
  unreachable: {
    className: 'unreachable',
    word: 'Unreachable',
    meaning: 'There was no way to the address.',
    Icon: UnplugIcon,
  },
  unresolved: {
    className: 'unreachable',
    word: 'No such name',
    meaning: 'The name had no address, so nothing was sent.',
    Icon: BookXIcon,
  },
  'in-flight': {
    className: 'pending',
    word: 'In flight',
    meaning: 'It is not over yet.',
    Icon: CircleDashedIcon,
  },
};

export const lookOf = (disposition: Disposition): Look => LOOKS[disposition];

/** How a packet ended, as a badge. `detail` follows the word: `in 0.3 ms`. */
export function Verdict({
  disposition,
  detail,
}: {
  readonly disposition: Disposition;
  readonly detail?: string;
}) {
  const { className, word, Icon } = lookOf(disposition);
  return (
    <span className={`v ${className}`}>
      <Icon size={14} />
      {detail === undefined ? word : `${word} ${detail}`}
    </span>
  );
}
