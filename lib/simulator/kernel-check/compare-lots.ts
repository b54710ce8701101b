import { formatSocketAddress, type SocketAddress } from '../base/flow.ts';
import { picksOf } from './connections.ts';
import type { Probe } from './draw-probes.ts';
import type { KernelOutcome } from './kernel-run.ts';
import type { SimulatedOutcome } from './simulated-probes.ts';

/** Repeated questions to one Service: the endpoints that the kernel drew, and those that it should. */
export interface LotsCheck {
  readonly about: string;
  readonly kernel: readonly string[];
  readonly simulator: readonly string[];
}

const unique = (items: readonly string[]) => [...new Set(items)].sort();

const pickedBy = (picks: ReadonlyMap<string, SocketAddress>) =>
  [...picks.values()].map(formatSocketAddress);

/** What the kernel drew in the repeated questions, which are the last ones, beside what it should. */
export function compareLots(
  repeats: readonly Probe[],
  ours: readonly SimulatedOutcome[],
  theirs: readonly KernelOutcome[],
): LotsCheck | undefined {
  const [first] = repeats;
  if (!first) return undefined;
  const ofRepeats = <T>(all: readonly T[]) => all.slice(-repeats.length);
  const candidates = ofRepeats(ours).flatMap((outcome) => outcome.candidates);
  // Where traffic policies leave one endpoint, no lot is drawn; where what goes there is dropped, nobody saw the simulator's.
  const picked = ofRepeats(ours).flatMap(({ connections }) => pickedBy(picksOf(connections)));
  if (candidates.length + picked.length === 0) return undefined;
  return {
    about: `${first.from} to ${first.about}`,
    kernel: unique(ofRepeats(theirs).flatMap(({ picks }) => pickedBy(picks))),
    simulator: unique([...candidates, ...picked]),
  };
}
