import type { Direction } from './direction.ts';
import type { HopDraft } from './hop-draft.ts';
import type { Place, Step } from './step.ts';

/** The steps of one kind. */
export type StepOf<K extends Step['kind']> = Extract<Step, { kind: K }>;

/** What is known of one packet while its steps are read in order. */
export interface PacketStory {
  readonly direction: Direction;
  /** The last hop of this packet: more steps may join it. */
  open?: HopDraft;
  /** Steps that were no hop of their own and wait for the next one. */
  waiting: Step['kind'][];
  /** Where the last transmission came from. */
  cameFrom?: Place;
  /** Machines where its destination was rewritten: there the question of masquerade arises. */
  readonly rewrittenOn: Set<string>;
  /** A bridge sent it out of every port: most copies end as noise. */
  isFlooded?: true;
}

export interface Account {
  readonly hops: HopDraft[];
  readonly directions: ReadonlyMap<number, Direction>;
  readonly stories: Map<number, PacketStory>;
}

export const isSamePlace = (a: Place, b: Place) => a.machine === b.machine && a.netns === b.netns;

/** The story of the packet that a step is about: a new one at its first step. */
export function storyOf({ stories, directions }: Account, step: Step): PacketStory {
  const known = stories.get(step.packet);
  if (known) return known;
  const story: PacketStory = {
    direction: directions.get(step.packet) ?? 'request',
    waiting: [],
    rewrittenOn: new Set(),
  };
  stories.set(step.packet, story);
  return story;
}

/** A step that is a hop of its own, with those before it that were none. */
export function open(account: Account, story: PacketStory, hop: HopDraft): void {
  hop.steps.unshift(...story.waiting.splice(0));
  account.hops.push(hop);
  story.open = hop;
}

/** Adds a step to the packet's hop when that stands in the same place, else keeps it for the next one. */
export function join(story: PacketStory, step: Step): void {
  if (story.open && isSamePlace(story.open.place, step.place)) story.open.steps.push(step.kind);
  else story.waiting.push(step.kind);
}
