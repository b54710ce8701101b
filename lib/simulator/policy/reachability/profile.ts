import type { PodClass, PolicyClasses } from '../engine/policy-classes.ts';
import type { OtherEnd, SelectedPolicies } from '../engine/selected-policies.ts';
import type { Direction } from '../normal-policy.ts';
import { textOfNames, type EndClass } from './end-classes.ts';
import { keepOutcomes, type PortTable } from './port-table.ts';

/**
 * Pods that have the same policies in one direction (and, where they are the ones that are asked, the same named ports):
 * what one of them may do, all may.
 */
export interface Profile {
  readonly direction: Direction;
  /** One of its classes, to ask for. */
  readonly pod: PodClass;
  /** Numbers of the sets by which its policies tell the other ends apart. */
  readonly sets: readonly number[];
  /** Its rules ask for ports by name, and it is the others that are asked: these differ by their named ports. */
  readonly asksNames: boolean;
  /** Class of the other end → number of the ports that pass; of the classes that there were when it was made. */
  values: Int32Array;
}

/** Text that is the same for pods of one profile. */
export function keyOfProfile(pod: PodClass, direction: Direction, { asked }: SelectedPolicies) {
  const policies = asked.map(({ policy: { ref } }) => `${ref.kind} ${ref.namespace} ${ref.name}`);
  return `${policies.join()};${direction === 'ingress' ? textOfNames(pod.ports) : ''}`;
}

/** A profile that has asked nobody yet (`fillProfile`). */
export function createProfile(
  pod: PodClass,
  direction: Direction,
  { peers, saysNames }: SelectedPolicies,
): Profile {
  return {
    direction,
    pod,
    sets: peers,
    asksNames: direction === 'egress' && saysNames,
    values: new Int32Array(0),
  };
}

/** Ends of one kind, and those that have the same named ports besides. */
export interface FirstLook {
  readonly ofKind: Int32Array;
  readonly ofNames: Int32Array;
  /** Set → the classes of ends that are in it. */
  readonly inSet: ReadonlyMap<number, readonly number[]>;
}

function numbered(texts: readonly string[]): Int32Array {
  const numbers = new Map<string, number>();
  return Int32Array.from(texts, (text) => {
    const number = numbers.get(text) ?? numbers.size;
    numbers.set(text, number);
    return number;
  });
}

/** Sorts ends by what every profile begins with, so that it is done once for all of them. */
export function lookAtEnds(classes: readonly EndClass[]): FirstLook {
  const inSet = new Map<number, number[]>();
  classes.forEach(({ end }, index) => {
    for (const set of end.sets) {
      const known = inSet.get(set);
      if (known) known.push(index);
      else inSet.set(set, [index]);
    }
  });
  return {
    ofKind: numbered(classes.map(({ kind }) => kind)),
    ofNames: numbered(classes.map(({ kind, end }) => `${kind} ${textOfNames(end.ports)}`)),
    inSet,
  };
}

/** Ends in groups that look the same to a profile: group of each class. Groups are split, set by set. */
function groupsOf(profile: Profile, { ofKind, ofNames, inSet }: FirstLook): Int32Array {
  const groups = (profile.asksNames ? ofNames : ofKind).slice();
  let next = groups.reduce((most, group) => Math.max(most, group), -1) + 1;
  for (const set of profile.sets) {
    const split = new Map<number, number>();
    for (const index of inSet.get(set) ?? []) {
      const old = groups[index] ?? 0;
      const now = split.get(old) ?? next++;
      split.set(old, now);
      groups[index] = now;
    }
  }
  return groups;
}

/** Asks the engine once for each group of ends that look the same. */
export function fillProfile(
  profile: Profile,
  policies: PolicyClasses,
  classes: readonly EndClass[],
  look: FirstLook,
  ports: PortTable,
): void {
  const known = new Map<number, number>();
  profile.values = groupsOf(profile, look).map((group, index) => {
    const hit = known.get(group);
    if (hit !== undefined) return hit;
    const end = classes[index];
    const value = end ? askEngine(profile, policies, end, 'another', ports) : 0;
    known.set(group, value);
    return value;
  });
}

/** Number of the ports that pass between pods of a profile and an end: any end of a class, or the pods' own node. */
export function askEngine(
  { direction, pod }: Profile,
  policies: PolicyClasses,
  { end }: EndClass,
  otherEnd: OtherEnd,
  ports: PortTable,
): number {
  return keepOutcomes(ports, policies.answer(direction, pod, end, otherEnd));
}
