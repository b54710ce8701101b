import type { ReplicaSet, ReplicaSetStatus } from '../api/apps/replica-set.ts';
import { isPodReady, type Pod } from '../api/core/pod.ts';
import type { ReplicationController } from '../api/core/replication-controller.ts';
import type { LabelSelector } from '../api/meta/label-selector.ts';
import { formatTimestamp, type Micros } from '../base/clock.ts';
import { isSameJson } from '../base/same-json.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { controllerOf, objectKey, splitKey } from './ownership.ts';
import { omitZeros } from './omit-zeros.ts';
import { availableAt, isPodActive, isTerminating } from './pod-condition.ts';
import {
  BURST_REPLICAS,
  claimPods,
  createPod,
  deletePod,
  lookAgainWhenAvailable,
  ownedPods,
  ownersOfPod,
  podOf,
  podsBeside,
} from './pod-control.ts';
import { rankPodsForDeletion } from './rank-pods.ts';

/** What keeps a number of equal pods: both kinds are one loop. */
type PodSet = ReplicaSet | ReplicationController;

const selectorOf = (set: PodSet): LabelSelector =>
  set.kind === 'ReplicaSet' ? set.spec.selector : { matchLabels: set.spec.selector ?? {} };

/** Creates `count` pods; stops at the first refusal, as slow start does. Returns why, when something failed. */
function createPods(set: PodSet, count: number, context: ControllerContext): string | undefined {
  for (let i = 0; i < Math.min(count, BURST_REPLICAS); i++) {
    const problem = createPod(set, podOf(set, set.spec.template), context);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function deletePods(
  set: PodSet,
  pods: readonly Pod[],
  count: number,
  context: ControllerContext,
): void {
  const owner = controllerOf(set);
  const siblings = podsBeside(context.store, set).filter((pod) => {
    const managing = controllerOf(pod);
    const manager = managing && context.store.get(set.kind, set.metadata.namespace, managing.name);
    return manager !== undefined && isPodActive(pod) && controllerOf(manager)?.uid === owner?.uid;
  });
  const related = owner ? siblings : pods;
  for (const pod of rankPodsForDeletion(pods, related).slice(0, Math.min(count, BURST_REPLICAS))) {
    deletePod(set, pod, context);
  }
}

/** Counts of a ReplicaSet (replica_set_utils.go `calculateStatus`). */
function replicaSetStatus(
  set: PodSet,
  pods: readonly Pod[],
  failure: string | undefined,
  now: Micros,
): ReplicaSetStatus {
  const active = pods.filter(isPodActive);
  const templateLabels = Object.entries(set.spec.template?.metadata?.labels ?? {});
  const carriesTemplate = ({ metadata }: Pod) =>
    templateLabels.every(([key, value]) => metadata.labels?.[key] === value);
  const isAvailable = (pod: Pod) =>
    (availableAt(pod, set.spec.minReadySeconds ?? 0) ?? Infinity) <= now;
  const count = (is: (pod: Pod) => boolean) => active.filter(is).length;
  return {
    replicas: active.length,
    ...omitZeros({
      fullyLabeledReplicas: count(carriesTemplate),
      readyReplicas: count(isPodReady),
      availableReplicas: count(isAvailable),
    }),
    ...(set.kind === 'ReplicaSet'
      ? { terminatingReplicas: pods.filter(isTerminating).length }
      : {}),
    observedGeneration: set.metadata.generation ?? 1,
    ...(failure === undefined ? {} : { conditions: [failureCondition(set, failure, now)] }),
  };
}

function failureCondition(set: PodSet, message: string, now: Micros) {
  const old = set.status?.conditions?.find(({ type }) => type === 'ReplicaFailure');
  return {
    type: 'ReplicaFailure' as const,
    status: 'True' as const,
    lastTransitionTime: old?.lastTransitionTime ?? formatTimestamp(now),
    reason: 'FailedCreate',
    message,
  };
}

function reconcile(kind: PodSet['kind'], key: string, context: ControllerContext): void {
  const { namespace, name } = splitKey(key);
  const set = context.store.get<PodSet>(kind, namespace, name);
  if (!set) return;
  const pods = claimPods(set, selectorOf(set), context);
  const active = pods.filter(isPodActive);
  const missing = (set.spec.replicas ?? 1) - active.length;
  let failure: string | undefined;
  if (set.metadata.deletionTimestamp === undefined) {
    if (missing > 0) failure = createPods(set, missing, context);
    else if (missing < 0) deletePods(set, active, -missing, context);
  }
  const current = context.store.get<PodSet>(kind, namespace, name);
  if (!current) return;
  const owned = ownedPods(context.store, current);
  const status = replicaSetStatus(current, owned, failure, context.now);
  if (!isSameJson(status, current.status)) context.store.updateStatus({ ...current, status });
  lookAgainWhenAvailable(owned, current.spec.minReadySeconds, key, context);
}

/**
 * Keeps as many pods as an object of `kind` asks for. Source: pkg/controller/replicaset/replica_set.go, which is the
 * loop of ReplicationControllers too.
 *
 * Simplified: reads its own writes at once, so that upstream's "expectations" are not needed; a refused create is
 * tried again when something changes, not with a rate-limited queue.
 */
const podSetController = (name: string, kind: PodSet['kind']): Controller => ({
  name,
  keysOf(change, store) {
    if (change.object.kind === kind) return [objectKey(change.object)];
    if (change.object.kind !== 'Pod') return [];
    return ownersOfPod(change, kind, store, (owner) => selectorOf(owner as PodSet));
  },
  reconcile: (key, context) => reconcile(kind, key, context),
});

export const replicaSetController = podSetController('replicaset-controller', 'ReplicaSet');
export const replicationController = podSetController(
  'replication-controller',
  'ReplicationController',
);
