import type { Micros } from '../base/clock.ts';
import type { StoreChange } from '../apiserver/store.ts';
import { isSameJson } from '../base/same-json.ts';
import type { Action } from './action.ts';
import { isTime } from './action.ts';
import { continueVersions } from './continue-versions.ts';
import {
  act,
  reopenSandbox,
  startScenario,
  type ActionResult,
  type CreateShell,
  type Sandbox,
} from './open-sandbox.ts';
import type { Transcript } from './transcript.ts';

/*
 * A live sandbox: page and kubectl append to one ordered stream, and whoever folds it comes to the same cluster. Each
 * entry carries the time at which it stands, so that controllers make progress between entries too.
 */

/** One entry of the stream. `at` is counted from where the scenario began, and never falls. */
export interface LiveEntry {
  /** 1, 2, 3 ... */
  readonly sequence: number;
  readonly at: Micros;
  readonly what:
    | Action
    /**
     * Takes the act of an entry back, or of the transcript before the first entry: 0 is its first action, -1 its
     * second. Its effects go, later acts are done again without it, and time stays what it is.
     */
    | { readonly type: 'undo'; readonly of: number };
}

/** A folded stream. `sandbox` is another object after something was taken back. */
export interface LiveSandbox {
  readonly base: Transcript;
  readonly eventBudget: number;
  readonly entries: LiveEntry[];
  /** Entries that broke the simulator: a fault of ours, left out wherever the stream is folded. */
  readonly broken: number[];
  /** The furthest that the clock was moved; an entry before it comes too late for this fold. */
  lookedAt: Micros;
  sandbox: Sandbox;
}

/** What an entry led to. */
export interface LiveResult extends ActionResult {
  /** What an act that was taken back changed in the store, for open watches. */
  readonly jump?: readonly StoreChange[];
  /** The simulator broke: nothing of the entry is kept. */
  readonly fault?: string;
}

/** The sandbox that a stream begins with. */
export function openLive(
  base: Transcript,
  createShell: CreateShell,
  eventBudget = Number.POSITIVE_INFINITY,
): LiveSandbox {
  const live = { base, eventBudget, entries: [], broken: [], lookedAt: 0 };
  return { ...live, sandbox: foldAgain(live, createShell).sandbox };
}

/** The stream's last entry; 0 before the first. */
export const sequenceOf = ({ entries }: LiveSandbox): number => entries.at(-1)?.sequence ?? 0;

/** Microseconds of the cluster's life since its scenario began. */
export const elapsedIn = ({ cluster, startedAt }: Sandbox): Micros => cluster.now - startedAt;

/** Lets the clock of a live sandbox go on to `to`; returns what the terminal prints meanwhile. */
export function passLiveTime(live: LiveSandbox, to: Micros): string {
  live.lookedAt = Math.max(live.lookedAt, to);
  return act(live.sandbox, { type: 'clock', to }).output;
}

/** Does the next entry. Changes `live`. */
export function followEntry(live: LiveSandbox, entry: LiveEntry): LiveResult {
  const waited = passLiveTime(live, entry.at);
  live.entries.push(entry);
  const { what } = entry;
  if (what.type === 'undo') return takeBack(live, entry, waited);
  if (live.sandbox.cluster.isExhausted)
    return { output: waited, exitCode: 1, fault: 'the cluster has used up its events' };
  try {
    const result = act(live.sandbox, what);
    return { ...result, output: waited + result.output };
  } catch (error) {
    // Half of it may have happened: everything but this entry is done again.
    live.broken.push(entry.sequence);
    const jump = foldWithout(live, entry);
    const fault = error instanceof Error ? error.message : String(error);
    return { output: waited, exitCode: 1, fault, jump };
  }
}

function takeBack(live: LiveSandbox, entry: LiveEntry, waited: string): LiveResult {
  const jump = foldWithout(live, entry);
  return { output: waited, exitCode: live.sandbox.terminal.exitCode, jump };
}

/** Folds again up to `entry`, and goes on with versions that nobody has seen. */
function foldWithout(live: LiveSandbox, { sequence, at }: LiveEntry): readonly StoreChange[] {
  const before = live.sandbox;
  const { sandbox, unchangedUntil } = foldAgain(live, before.createShell);
  act(sandbox, { type: 'clock', to: at });
  continueVersions(sandbox.cluster.state.store, unchangedUntil, sequence);
  live.sandbox = reopenSandbox(sandbox);
  return changesBetween(before, live.sandbox);
}

/** What is left out of a stream: what was taken back, and what took it back. */
function leftOut(entries: readonly LiveEntry[], broken: readonly number[]): ReadonlySet<number> {
  const out = new Set(broken);
  for (const { sequence, what } of entries) {
    if (what.type !== 'undo') continue;
    out.add(sequence);
    // Taking back is itself never taken back.
    const target = entries.find((entry) => entry.sequence === what.of);
    if (target?.what.type !== 'undo') out.add(what.of);
  }
  return out;
}

function foldAgain(
  { base, entries, broken, eventBudget }: Omit<LiveSandbox, 'sandbox'>,
  createShell: CreateShell,
): { sandbox: Sandbox; unchangedUntil: number } {
  const sandbox = startScenario(base.scenario, base.seed, createShell);
  sandbox.cluster.eventBudget = eventBudget;
  const out = leftOut(entries, broken);
  let unchangedUntil: number | undefined;
  const fold = (sequence: number, action: Action) => {
    if (out.has(sequence)) unchangedUntil ??= sandbox.cluster.store.resourceVersion;
    else if (!sandbox.cluster.isExhausted) act(sandbox, action);
  };
  base.actions.forEach((action, index) => fold(0 - index, action));
  for (const { sequence, at, what } of entries) {
    act(sandbox, { type: 'clock', to: at });
    if (what.type !== 'undo') fold(sequence, what);
  }
  return {
    sandbox,
    unchangedUntil: unchangedUntil ?? sandbox.cluster.store.resourceVersion,
  };
}

/** What a client that watches everything would have to hear to come from one cluster to the other. */
function changesBetween(before: Sandbox, after: Sandbox): readonly StoreChange[] {
  const old = before.cluster.state.store.objects;
  const fresh = after.cluster.state.store.objects;
  const { resourceVersion } = after.cluster.store;
  const changes: StoreChange[] = [];
  for (const kind of new Set([...Object.keys(old), ...Object.keys(fresh)])) {
    const [was, is] = [old[kind] ?? {}, fresh[kind] ?? {}];
    for (const [key, previous] of Object.entries(was)) {
      const object = is[key];
      if (object && object.metadata.uid === previous.metadata.uid) {
        if (!isSameJson(object, previous))
          changes.push({ type: 'MODIFIED', object, previous, resourceVersion });
        continue;
      }
      const metadata = { ...previous.metadata, resourceVersion: String(resourceVersion) };
      const last = { ...previous, metadata };
      changes.push({ type: 'DELETED', object: last, previous, resourceVersion });
    }
    for (const [key, object] of Object.entries(is))
      if (was[key]?.metadata.uid !== object.metadata.uid)
        changes.push({ type: 'ADDED', object, resourceVersion });
  }
  return changes;
}

/** The act that taking back would take: the last one by anybody. `of` as in `LiveEntry`. */
export function lastActOf(
  base: Transcript,
  entries: readonly LiveEntry[],
): { readonly of: number; readonly action: Action } | undefined {
  const out = leftOut(entries, []);
  const isAct = (of: number, action: Action) => !out.has(of) && !isTime(action);
  for (const { sequence, what } of entries.toReversed())
    if (what.type !== 'undo' && isAct(sequence, what)) return { of: sequence, action: what };
  const index = base.actions.findLastIndex((action, i) => isAct(0 - i, action));
  const action = base.actions[index];
  return action ? { of: 0 - index, action } : undefined;
}

/** The stream as a transcript like any other, until `clock`: what a page goes on with alone, and what is graded. */
export function plainTranscript(
  base: Transcript,
  entries: readonly LiveEntry[],
  clock: Micros,
): Transcript {
  const out = leftOut(entries, []);
  const actions = base.actions.filter((_action, index) => !out.has(0 - index));
  const kept = entries.filter(({ sequence }) => !out.has(sequence));
  for (const { at, what } of kept) {
    if (what.type === 'undo') continue;
    actions.push({ type: 'clock', to: at }, what);
  }
  if (clock > 0) actions.push({ type: 'clock', to: clock });
  return { ...base, actions };
}
