import type { Deployment, DeploymentCondition, DeploymentStatus } from '../api/apps/deployment.ts';
import type { ReplicaSet } from '../api/apps/replica-set.ts';
import { formatTimestamp, parseTimestamp, SECOND, type Micros } from '../base/clock.ts';
import { fenceposts, replicasOf, specReplicas, sum } from './deployment-rollout.ts';
import { omitZeros } from './omit-zeros.ts';

type Conditions = readonly DeploymentCondition[];

export const conditionOf = (
  conditions: Conditions | undefined,
  type: DeploymentCondition['type'],
) => conditions?.find((condition) => condition.type === type);

const without = (conditions: Conditions, type: DeploymentCondition['type']) =>
  conditions.filter((condition) => condition.type !== type);

/** `SetDeploymentCondition`: nothing when status and reason are the same; the transition time moves with the status. */
export function withCondition(
  conditions: Conditions,
  wanted: Pick<DeploymentCondition, 'type' | 'status'> & { reason: string; message: string },
  now: Micros,
): Conditions {
  const current = conditionOf(conditions, wanted.type);
  if (current?.status === wanted.status && current.reason === wanted.reason) return conditions;
  const time = formatTimestamp(now);
  const { type, status, reason, message } = wanted;
  const lastTransitionTime =
    current?.status === status ? (current.lastTransitionTime ?? time) : time;
  return [
    ...without(conditions, type),
    { type, status, lastUpdateTime: time, lastTransitionTime, reason, message },
  ];
}

function withAvailability(deployment: Deployment, available: number, now: Micros): Conditions {
  const isAvailable = available >= replicasOf(deployment) - fenceposts(deployment).unavailable;
  return withCondition(
    deployment.status?.conditions ?? [],
    {
      type: 'Available',
      status: isAvailable ? 'True' : 'False',
      reason: isAvailable ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
      message: isAvailable
        ? 'Deployment has minimum availability.'
        : 'Deployment does not have minimum availability.',
    },
    now,
  );
}

/** Counts and the Available condition (sync.go `calculateStatus`). */
export function countedStatus(
  deployment: Deployment,
  old: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
  now: Micros,
): DeploymentStatus {
  const all = newSet ? [...old, newSet] : old;
  const total = (
    field: 'replicas' | 'readyReplicas' | 'availableReplicas' | 'terminatingReplicas',
  ) => sum(all.map(({ status }) => status?.[field] ?? 0));
  const available = total('availableReplicas');
  const { collisionCount } = deployment.status ?? {};
  return {
    observedGeneration: deployment.metadata.generation ?? 1,
    ...omitZeros({
      replicas: total('replicas'),
      updatedReplicas: newSet?.status?.replicas ?? 0,
      readyReplicas: total('readyReplicas'),
      availableReplicas: available,
      unavailableReplicas: Math.max(0, specReplicas(all) - available),
    }),
    terminatingReplicas: total('terminatingReplicas'),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions: [...withAvailability(deployment, available, now)],
  };
}

/** All wanted pods are updated and available and no old one is left (`DeploymentComplete`). */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const wanted = replicasOf(deployment);
  return (
    (status.updatedReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 1)
  );
}

function hasProgressed(old: DeploymentStatus, fresh: DeploymentStatus): boolean {
  const grew = (field: 'updatedReplicas' | 'readyReplicas' | 'availableReplicas') =>
    (fresh[field] ?? 0) > (old[field] ?? 0);
  const oldPods = (status: DeploymentStatus) =>
    (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    grew('updatedReplicas') ||
    oldPods(fresh) < oldPods(old) ||
    grew('readyReplicas') ||
    grew('availableReplicas')
  );
}

/** When the rollout counts as stuck, if nothing happens until then; undefined when there is no deadline. */
export function progressDeadline(
  deployment: Deployment,
  status: DeploymentStatus,
): Micros | undefined {
  const condition = conditionOf(status.conditions, 'Progressing');
  const seconds = deployment.spec.progressDeadlineSeconds;
  if (!condition || seconds === undefined || condition.reason === 'NewReplicaSetAvailable') {
    return undefined;
  }
  return (parseTimestamp(condition.lastUpdateTime ?? '') ?? 0) + seconds * SECOND;
}

function withProgress(
  deployment: Deployment,
  status: DeploymentStatus,
  newSet: ReplicaSet | undefined,
  now: Micros,
): Conditions {
  const conditions = status.conditions ?? [];
  const subject = newSet
    ? `ReplicaSet "${newSet.metadata.name}"`
    : `Deployment "${deployment.metadata.name}"`;
  const progressing = (value: 'True' | 'False', reason: string, ending: string) =>
    ({ type: 'Progressing', status: value, reason, message: `${subject} ${ending}` }) as const;
  if (isComplete(deployment, status)) {
    const done = progressing('True', 'NewReplicaSetAvailable', 'has successfully progressed.');
    return withCondition(conditions, done, now);
  }
  if (hasProgressed(deployment.status ?? {}, status)) {
    const moving = progressing('True', 'ReplicaSetUpdated', 'is progressing.');
    const current = conditionOf(conditions, 'Progressing');
    const fresh = withCondition(without(conditions, 'Progressing'), moving, now);
    // The same reason again, with a new update time: this is what moves the deadline.
    return fresh.map((condition) =>
      condition.type === 'Progressing' && current?.status === 'True' && current.lastTransitionTime
        ? { ...condition, lastTransitionTime: current.lastTransitionTime }
        : condition,
    );
  }
  if ((progressDeadline(deployment, status) ?? Infinity) < now) {
    const stuck = progressing('False', 'ProgressDeadlineExceeded', 'has timed out progressing.');
    return withCondition(conditions, stuck, now);
  }
  return conditions;
}

function withFailure(conditions: Conditions, sets: readonly ReplicaSet[], now: Micros): Conditions {
  const failure = sets
    .flatMap(({ status }) => status?.conditions ?? [])
    .find(({ type }) => type === 'ReplicaFailure');
  if (!failure) return without(conditions, 'ReplicaFailure');
  const { status, reason = '', message = '' } = failure;
  return withCondition(conditions, { type: 'ReplicaFailure', status, reason, message }, now);
}

/** The whole status during a rollout (progress.go `syncRolloutStatus`). */
export function rolloutStatus(
  deployment: Deployment,
  old: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
  now: Micros,
): DeploymentStatus {
  const status = countedStatus(deployment, old, newSet, now);
  const current = conditionOf(deployment.status?.conditions, 'Progressing');
  const isResync =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) &&
    current?.reason === 'NewReplicaSetAvailable';
  const hasDeadline = deployment.spec.progressDeadlineSeconds !== undefined;
  const conditions = !hasDeadline
    ? without(status.conditions ?? [], 'Progressing')
    : isResync
      ? (status.conditions ?? [])
      : withProgress(deployment, status, newSet, now);
  const sets = newSet ? [newSet, ...old] : old;
  return { ...status, conditions: [...withFailure(conditions, sets, now)] };
}
