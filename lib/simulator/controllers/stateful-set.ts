import { REVISION_HASH_LABEL } from '../api/apps/controller-revision.ts';
import type { StatefulSet, StatefulSetStatus } from '../api/apps/stateful-set.ts';
import { scaledCount } from '../api/apps/validate-counts.ts';
import { hasEnded, isPodReady, type Pod } from '../api/core/pod.ts';
import { isSameJson } from '../base/same-json.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { omitZeros } from './omit-zeros.ts';
import { objectKey, splitKey } from './ownership.ts';
import { availableAt, isTerminating } from './pod-condition.ts';
import { claimPods, lookAgainWhenAvailable, ownersOfPod } from './pod-control.ts';
import { ensureRevision, forgetRevisions } from './revision-history.ts';
import {
  createMember,
  deleteMember,
  keepIdentity,
  memberName,
  ordinalOf,
} from './stateful-set-pods.ts';

const isRunningAndReady = (pod: Pod | undefined) =>
  pod?.status?.phase === 'Running' && isPodReady(pod);

/** What one reconcile looks at. */
interface View {
  readonly set: StatefulSet;
  readonly currentRevision: string;
  readonly updateRevision: string;
  /** By ordinal, from `first` on; undefined where a pod is missing. */
  readonly replicas: readonly (Pod | undefined)[];
  readonly first: number;
  /** Pods beyond the wanted ones, by ordinal. */
  readonly condemned: readonly Pod[];
  readonly isAvailable: (pod: Pod) => boolean;
}

const revisionOf = ({ metadata }: Pod) => metadata.labels?.[REVISION_HASH_LABEL];

function lookAt(set: StatefulSet, updateRevision: string, context: ControllerContext): View {
  const { name } = set.metadata;
  const pods = claimPods(set, set.spec.selector, context, (pod) => ordinalOf(name, pod) >= 0);
  const first = set.spec.ordinals?.start ?? 0;
  const count = set.spec.replicas ?? 1;
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(name, pod), pod]));
  const isWanted = (ordinal: number) => ordinal >= first && ordinal < first + count;
  const known = set.status?.currentRevision;
  return {
    set,
    updateRevision,
    currentRevision: known !== undefined && known !== '' ? known : updateRevision,
    first,
    replicas: Array.from({ length: count }, (_, i) => byOrdinal.get(first + i)),
    condemned: pods
      .filter((pod) => !isWanted(ordinalOf(name, pod)))
      .toSorted((a, b) => ordinalOf(name, a) - ordinalOf(name, b)),
    isAvailable: (pod) =>
      isRunningAndReady(pod) &&
      (availableAt(pod, set.spec.minReadySeconds ?? 0) ?? Infinity) <= context.now,
  };
}

/** Below the partition a new pod gets the old template (`newVersionedStatefulSetPod`). */
function revisionFor(view: View, ordinal: number): string {
  const { type, rollingUpdate } = view.set.spec.updateStrategy ?? {};
  const isOld = type === 'RollingUpdate' && ordinal < view.first + (rollingUpdate?.partition ?? 0);
  return isOld ? view.currentRevision : view.updateRevision;
}

type Progress = 'wait' | 'go on';

/** A pod that ended is taken away, with an event; the next look makes it anew. */
function recreate(set: StatefulSet, pod: Pod, context: ControllerContext): void {
  if (isTerminating(pod)) return;
  const [type, word, reason] =
    pod.status?.phase === 'Failed'
      ? (['Warning', 'failed', 'RecreatingFailedPod'] as const)
      : (['Normal', 'terminated', 'RecreatingTerminatedPod'] as const);
  const message = `StatefulSet ${objectKey(set)} is recreating ${word} Pod ${pod.metadata.name}`;
  context.recordEvent(set, type, reason, message);
  deleteMember(set, pod, context);
}

/** Makes what is missing, in order. Ordered sets wait for each pod before the next. */
function processReplica(view: View, index: number, context: ControllerContext): Progress {
  const { set, first } = view;
  const pod = view.replicas[index];
  const isOrdered = set.spec.podManagementPolicy !== 'Parallel';
  const block: Progress = isOrdered ? 'wait' : 'go on';
  if (!pod) {
    const made = createMember(set, first + index, revisionFor(view, first + index), context);
    return made ? block : 'wait';
  }
  if (hasEnded(pod)) {
    recreate(set, pod, context);
    return block;
  }
  if (isOrdered && (isTerminating(pod) || !view.isAvailable(pod))) return 'wait';
  keepIdentity(set, pod, context);
  return 'go on';
}

/** Takes what is too much, from the highest ordinal down. */
function processCondemned(view: View, context: ControllerContext): Progress {
  const { set, condemned, isAvailable } = view;
  const isOrdered = set.spec.podManagementPolicy !== 'Parallel';
  const isHealthy = (pod: Pod) => isRunningAndReady(pod) && !isTerminating(pod);
  const firstUnhealthy = [...view.replicas, ...condemned].find((pod) => pod && !isHealthy(pod));
  for (const pod of condemned.toReversed()) {
    if (isTerminating(pod)) {
      if (isOrdered) return 'wait';
      continue;
    }
    if (isOrdered && !isAvailable(pod) && pod !== firstUnhealthy) return 'wait';
    deleteMember(set, pod, context);
    if (isOrdered) return 'wait';
  }
  return 'go on';
}

/** Replaces pods of an old template, highest ordinal first, as many at once as may be unavailable. */
function rollOn(view: View, context: ControllerContext): void {
  const { set, replicas, isAvailable } = view;
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {};
  if (type !== 'RollingUpdate') return;
  const wanted = scaledCount(rollingUpdate?.maxUnavailable ?? 1, replicas.length, Math.floor);
  const most = Math.max(1, wanted);
  const isGone = (pod: Pod | undefined) => !pod || isTerminating(pod) || !isAvailable(pod);
  let room = most - replicas.filter(isGone).length;
  for (let index = replicas.length - 1; index >= (rollingUpdate?.partition ?? 0); index--) {
    const pod = replicas[index];
    if (room <= 0) return;
    if (!pod || isTerminating(pod) || revisionOf(pod) === view.updateRevision) continue;
    deleteMember(set, pod, context);
    room -= 1;
  }
}

function act(view: View, context: ControllerContext): void {
  for (const index of view.replicas.keys()) {
    if (processReplica(view, index, context) === 'wait') return;
  }
  if (processCondemned(view, context) === 'go on') rollOn(view, context);
}

function statusOf(view: View, pods: readonly Pod[]): StatefulSetStatus {
  const { set, currentRevision, updateRevision, isAvailable } = view;
  const count = (is: (pod: Pod) => boolean) => pods.filter(is).length;
  const ofRevision = (revision: string) =>
    count((pod) => !isTerminating(pod) && revisionOf(pod) === revision);
  const ready = count(isRunningAndReady);
  const updated = ofRevision(updateRevision);
  const isDone =
    set.spec.updateStrategy?.type === 'RollingUpdate' &&
    updated === pods.length &&
    ready === pods.length;
  const current = isDone ? updated : ofRevision(currentRevision);
  return {
    observedGeneration: set.metadata.generation ?? 1,
    replicas: pods.length,
    ...omitZeros({ readyReplicas: ready, currentReplicas: current, updatedReplicas: updated }),
    currentRevision: isDone ? updateRevision : currentRevision,
    updateRevision,
    collisionCount: set.status?.collisionCount ?? 0,
    availableReplicas: count(isAvailable),
  };
}

function reconcile(key: string, context: ControllerContext): void {
  const { namespace, name } = splitKey(key);
  const set = context.store.get<StatefulSet>('StatefulSet', namespace, name);
  const revision = set && ensureRevision(set, context);
  if (!set || !revision) return;
  const before = lookAt(set, revision.metadata.name, context);
  if (set.metadata.deletionTimestamp === undefined) act(before, context);
  const after = lookAt(set, revision.metadata.name, context);
  const pods = [...after.replicas, ...after.condemned].filter((pod) => pod !== undefined);
  const status = statusOf(after, pods);
  if (!isSameJson(status, set.status)) context.store.updateStatus({ ...set, status });
  const live = [status.currentRevision, status.updateRevision, ...pods.map(revisionOf)];
  forgetRevisions(set, new Set(live.filter((each) => each !== undefined)), context);
  lookAgainWhenAvailable(pods, set.spec.minReadySeconds, key, context);
}

/**
 * Keeps pods with names of their own, in order. Source: pkg/controller/statefulset/stateful_set_control.go, v1.35.
 *
 * Simplified: claims of volumes are kept in the template and named in the pods, no volume comes of them; a refused
 * create is tried again when something changes.
 */
export const statefulSetController: Controller = {
  name: 'statefulset-controller',
  keysOf(change, store) {
    if (change.object.kind === 'StatefulSet') return [objectKey(change.object)];
    if (change.object.kind !== 'Pod') return [];
    return ownersOfPod(change, 'StatefulSet', store, (owner) => {
      const set = owner as StatefulSet;
      return memberName(set, ordinalOf(set.metadata.name, change.object)) ===
        change.object.metadata.name
        ? set.spec.selector
        : undefined;
    });
  },
  reconcile,
};
