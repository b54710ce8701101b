import { viewReachability } from '#lib/simulator/policies.ts';
import { act, forkSandbox, startScenario } from '#lib/simulator/page.ts';
import type { CreateShell, Sandbox } from '#lib/simulator/page.ts';
import type { Action, Transcript } from '#lib/simulator/index.ts';
import { isTime } from './append-action.ts';
import type { Moment } from './policy-protocol.ts';

/** A second fold of a transcript that remembers where it came by: who reached whom before it changed. */
export interface Walk {
  readonly start: Sandbox;
  readonly walker: Sandbox;
  /** The actions that the walker has done. */
  readonly done: readonly Action[];
  /** Who reached whom after them. */
  readonly picture: string;
  /** Before the last act of a person. */
  readonly beforeAct: Sandbox;
  /** Before the last act that changed the picture. */
  readonly beforeChange: Sandbox;
}

const pictureOf = ({ cluster }: Sandbox) => JSON.stringify(viewReachability(cluster));

function begin({ scenario, seed }: Transcript, createShell: CreateShell): Walk {
  const start = startScenario(scenario, seed, createShell);
  const walker = forkSandbox(start);
  return {
    start,
    walker,
    done: [],
    picture: pictureOf(walker),
    beforeAct: start,
    beforeChange: start,
  };
}

function step(walk: Walk, action: Action): Walk {
  const { walker } = walk;
  const beforeAct = isTime(action) ? walk.beforeAct : forkSandbox(walker);
  act(walker, action);
  // What controllers make of an act comes a while after it.
  const picture = pictureOf(walker);
  const beforeChange = picture === walk.picture ? walk.beforeChange : beforeAct;
  return { ...walk, done: [...walk.done, action], picture, beforeAct, beforeChange };
}

/** The longest way that two lists of actions go together; time that was added to the last one is another action. */
const isContinued = (done: readonly Action[], actions: readonly Action[]) =>
  done.length <= actions.length && done.every((action, index) => action === actions[index]);

/** Goes on to the end of a transcript from where an earlier walk ended, or from the start when it went another way. */
export function walkSandbox(
  earlier: Walk | undefined,
  transcript: Transcript,
  createShell: CreateShell,
): Walk {
  const { actions } = transcript;
  let walk =
    earlier && isContinued(earlier.done, actions) ? earlier : begin(transcript, createShell);
  for (const action of actions.slice(walk.done.length)) walk = step(walk, action);
  return walk;
}

/** The sandbox as it was at a moment, to be looked at alone: later questions about that moment get the same one. */
export const sandboxAt = ({ start, beforeChange }: Walk, moment: Moment): Sandbox =>
  moment === 'start' ? start : beforeChange;
