import { matchesLabelSelector } from '../api/meta/label-selector.ts';
import type { ReplicaSet, ReplicaSetStatus } from '../api/apps/replica-set.ts';
import { isPodReady, type Pod } from '../api/core/pod.ts';
import type { Store } from '../apiserver/store.ts';
import { formatTimestamp, type Micros } from '../base/clock.ts';
import { isSameJson } from '../base/same-json.ts';
import type { Controller, ControllerContext } from './controller.ts';
import {
  adopt,
  controllerOf,
  controllerReference,
  isControlledBy,
  objectKey,
  release,
  splitKey,
} from './ownership.ts';
import { availableAt, isPodActive } from './pod-condition.ts';
import { rankPodsForDeletion } from './rank-pods.ts';

/** Pods that one reconcile creates or deletes at most (replica_set.go `BurstReplicas`). */
const BURST_REPLICAS = 500;

const podsOf = (store: Store, set: ReplicaSet) =>
  store.list<Pod>('Pod', { namespace: set.metadata.namespace ?? '' });

/** Takes orphans that match and lets go of owned pods that do not (controller_ref_manager.go `ClaimPods`). */
function claimPods(set: ReplicaSet, context: ControllerContext): readonly Pod[] {
  const claimed: Pod[] = [];
  for (const pod of podsOf(context.store, set)) {
    const matches = matchesLabelSelector(set.spec.selector, pod.metadata.labels ?? {});
    if (isControlledBy(pod, set)) {
      if (matches) claimed.push(pod);
      else if (set.metadata.deletionTimestamp === undefined)
        context.store.update(release(pod, set));
      continue;
    }
    const isOrphan = controllerOf(pod) === undefined && isPodActive(pod);
    if (!matches || !isOrphan || set.metadata.deletionTimestamp !== undefined) continue;
    const adopted = context.store.update(adopt(pod, set));
    if (adopted.ok) claimed.push(adopted.value);
  }
  return claimed;
}

function newPod(set: ReplicaSet): Pod {
  const template = set.spec.template;
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: '',
      generateName: `${set.metadata.name}-`,
      namespace: set.metadata.namespace ?? '',
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(finalizers ? { finalizers } : {}),
      ownerReferences: [controllerReference(set)],
    },
    spec: template?.spec ?? { containers: [] },
  };
}

/** Creates `count` pods; stops at the first refusal, as slow start does. Returns why, when something failed. */
function createPods(
  set: ReplicaSet,
  count: number,
  context: ControllerContext,
): string | undefined {
  for (let i = 0; i < Math.min(count, BURST_REPLICAS); i++) {
    const created = context.store.create(newPod(set));
    if (!created.ok) {
      const message = created.status.message ?? '';
      context.recordEvent(set, 'Warning', 'FailedCreate', `Error creating: ${message}`);
      return message;
    }
    const { name } = created.value.metadata;
    context.recordEvent(set, 'Normal', 'SuccessfulCreate', `Created pod: ${name}`);
  }
  return undefined;
}

function deletePods(
  set: ReplicaSet,
  pods: readonly Pod[],
  count: number,
  context: ControllerContext,
) {
  const owner = controllerOf(set);
  const siblings = podsOf(context.store, set).filter((pod) => {
    const managing = controllerOf(pod);
    const manager =
      managing && context.store.get('ReplicaSet', set.metadata.namespace, managing.name);
    return manager !== undefined && isPodActive(pod) && controllerOf(manager)?.uid === owner?.uid;
  });
  const related = owner ? siblings : pods;
  for (const pod of rankPodsForDeletion(pods, related).slice(0, Math.min(count, BURST_REPLICAS))) {
    const { name, namespace } = pod.metadata;
    const deleted = context.store.delete('Pod', namespace, name);
    if (deleted.ok) context.recordEvent(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
  }
}

/** Counts of a ReplicaSet (replica_set_utils.go `calculateStatus`). */
function replicaSetStatus(
  set: ReplicaSet,
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
  const omitZero = (name: string, value: number) => (value === 0 ? {} : { [name]: value });
  return {
    replicas: active.length,
    ...omitZero('fullyLabeledReplicas', count(carriesTemplate)),
    ...omitZero('readyReplicas', count(isPodReady)),
    ...omitZero('availableReplicas', count(isAvailable)),
    terminatingReplicas: pods.filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
      .length,
    observedGeneration: set.metadata.generation ?? 1,
    ...(failure === undefined ? {} : { conditions: [failureCondition(set, failure, now)] }),
  };
}

function failureCondition(set: ReplicaSet, message: string, now: Micros) {
  const old = set.status?.conditions?.find(({ type }) => type === 'ReplicaFailure');
  return {
    type: 'ReplicaFailure' as const,
    status: 'True' as const,
    lastTransitionTime: old?.lastTransitionTime ?? formatTimestamp(now),
    reason: 'FailedCreate',
    message,
  };
}

function requeueForAvailability(set: ReplicaSet, pods: readonly Pod[], context: ControllerContext) {
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  const pending = pods
    .map((pod) => availableAt(pod, minReadySeconds) ?? 0)
    .filter((at) => at > context.now);
  if (pending.length > 0) context.requeue(objectKey(set), Math.min(...pending) - context.now);
}

function reconcile(key: string, context: ControllerContext): void {
  const { namespace, name } = splitKey(key);
  const set = context.store.get<ReplicaSet>('ReplicaSet', namespace, name);
  if (!set) return;
  const pods = claimPods(set, context);
  const active = pods.filter(isPodActive);
  const missing = (set.spec.replicas ?? 1) - active.length;
  let failure: string | undefined;
  if (set.metadata.deletionTimestamp === undefined) {
    if (missing > 0) failure = createPods(set, missing, context);
    else if (missing < 0) deletePods(set, active, -missing, context);
  }
  const current = context.store.get<ReplicaSet>('ReplicaSet', namespace, name);
  if (!current) return;
  const owned = podsOf(context.store, current).filter((pod) => isControlledBy(pod, current));
  const status = replicaSetStatus(current, owned, failure, context.now);
  if (!isSameJson(status, current.status)) context.store.updateStatus({ ...current, status });
  requeueForAvailability(current, owned, context);
}

/**
 * Keeps as many pods as a ReplicaSet asks for. Source: pkg/controller/replicaset/replica_set.go.
 *
 * Simplified: reads its own writes at once, so that upstream's "expectations" are not needed; a refused create is
 * tried again when something changes, not with a rate-limited queue.
 */
export const replicaSetController: Controller = {
  name: 'replicaset-controller',
  keysOf({ object, previous }, store) {
    if (object.kind === 'ReplicaSet') return [objectKey(object)];
    if (object.kind !== 'Pod') return [];
    const keys = new Set<string>();
    for (const pod of previous ? [object, previous] : [object]) {
      const owner = controllerOf(pod);
      if (owner?.kind === 'ReplicaSet') keys.add(`${pod.metadata.namespace ?? ''}/${owner.name}`);
    }
    if (keys.size > 0) return [...keys];
    return store
      .list<ReplicaSet>('ReplicaSet', { namespace: object.metadata.namespace ?? '' })
      .filter((set) => matchesLabelSelector(set.spec.selector, object.metadata.labels ?? {}))
      .map(objectKey);
  },
  reconcile,
};
