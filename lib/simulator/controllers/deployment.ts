import { REVISION_ANNOTATION, type Deployment } from '../api/apps/deployment.ts';
import type { ReplicaSet } from '../api/apps/replica-set.ts';
import { hasEnded, type Pod } from '../api/core/pod.ts';
import type { KubeObject } from '../api/meta/object.ts';
import { SECOND } from '../base/clock.ts';
import { isSameJson } from '../base/same-json.ts';
import type { Controller, ControllerContext } from './controller.ts';
import {
  claimReplicaSets,
  createNewSet,
  findNewSet,
  revisionOf,
  scaleSet,
  syncNewSet,
} from './deployment-replica-sets.ts';
import {
  DESIRED_REPLICAS_ANNOTATION,
  newSetReplicas,
  replicasOf,
  scaleInProportion,
  shrinkOldSets,
  type Scaling,
} from './deployment-rollout.ts';
import {
  conditionOf,
  countedStatus,
  isComplete,
  progressDeadline,
  rolloutStatus,
  withCondition,
} from './deployment-status.ts';
import { controllerOf, isControlledBy, objectKey, splitKey } from './ownership.ts';

/** What one reconcile works on. Replaced, never changed, when something was written. */
interface Rollout {
  readonly deployment: Deployment;
  readonly old: readonly ReplicaSet[];
  readonly newSet: ReplicaSet | undefined;
}

function readRollout(key: string, context: ControllerContext): Rollout | undefined {
  const { namespace, name } = splitKey(key);
  const deployment = context.store.get<Deployment>('Deployment', namespace, name);
  if (!deployment) return undefined;
  const sets = claimReplicaSets(deployment, context);
  const newSet = findNewSet(deployment, sets);
  return { deployment, newSet, old: sets.filter((set) => set !== newSet) };
}

const nextRevision = ({ old }: Rollout) => Math.max(0, ...old.map(revisionOf)) + 1;

function syncRevision({ deployment, newSet }: Rollout, { store }: ControllerContext): void {
  const revision = newSet && String(revisionOf(newSet));
  const { annotations } = deployment.metadata;
  if (!revision || annotations?.[REVISION_ANNOTATION] === revision) return;
  const metadata = {
    ...deployment.metadata,
    annotations: { ...annotations, [REVISION_ANNOTATION]: revision },
  };
  // Written with the status, as upstream does: a new revision is no new generation.
  store.updateStatus({ ...deployment, metadata });
}

/** Makes the new ReplicaSet when the template has none, and notes progress, as `getNewReplicaSet` does. */
function ensureNewSet(
  key: string,
  rollout: Rollout,
  context: ControllerContext,
): Rollout | undefined {
  const { deployment, newSet, old } = rollout;
  const hasDeadline = deployment.spec.progressDeadlineSeconds !== undefined;
  if (newSet) {
    syncNewSet(deployment, newSet, nextRevision(rollout), context);
    if (hasDeadline && !conditionOf(deployment.status?.conditions, 'Progressing')) {
      const message = `Found new replica set "${newSet.metadata.name}"`;
      noteProgress(deployment, 'True', 'FoundNewReplicaSet', message, context);
    }
    return readRollout(key, context);
  }
  const created = createNewSet(deployment, old, nextRevision(rollout), context);
  if (!created) return undefined;
  if (typeof created === 'string') {
    const reason = 'ReplicaSetCreateError';
    if (hasDeadline) noteProgress(deployment, 'False', reason, created, context);
    context.recordEvent(deployment, 'Warning', reason, created);
    return undefined;
  }
  if (hasDeadline) {
    const message = `Created new replica set "${created.metadata.name}"`;
    noteProgress(deployment, 'True', 'NewReplicaSetCreated', message, context);
  }
  return readRollout(key, context);
}

function noteProgress(
  deployment: Deployment,
  status: 'True' | 'False' | 'Unknown',
  reason: string,
  message: string,
  { store, now }: ControllerContext,
): void {
  const before = deployment.status?.conditions ?? [];
  const conditions = withCondition(before, { type: 'Progressing', status, reason, message }, now);
  if (conditions === before) return;
  store.updateStatus({
    ...deployment,
    status: { ...deployment.status, conditions: [...conditions] },
  });
}

function scaleAll(
  rollout: Rollout,
  scalings: readonly Scaling[],
  context: ControllerContext,
): boolean {
  const sets = rollout.newSet ? [...rollout.old, rollout.newSet] : rollout.old;
  const scaledOnes = scalings.filter(({ name, replicas }) => {
    const set = sets.find(({ metadata }) => metadata.name === name);
    return set !== undefined && scaleSet(rollout.deployment, set, replicas, context);
  });
  return scaledOnes.length > 0;
}

/** One step of a rolling update: first grow the new set, else shrink the old ones. */
function rollOn(rollout: Rollout, context: ControllerContext): void {
  const { deployment, old, newSet } = rollout;
  if (!newSet) return;
  const current = replicasOf(newSet);
  const wanted = replicasOf(deployment);
  const size = current > wanted ? wanted : newSetReplicas(deployment, [...old, newSet], current);
  if (current !== wanted && scaleSet(deployment, newSet, size, context)) return;
  scaleAll(rollout, shrinkOldSets(deployment, old, newSet), context);
}

/** Recreate: all old pods go before the first new one comes. True when the old ones are gone. */
function clearOldSets(rollout: Rollout, context: ControllerContext): boolean {
  const running = rollout.old.filter((set) => replicasOf(set) > 0);
  const scalings = running.map(({ metadata }) => ({ name: metadata.name, replicas: 0 }));
  scaleAll(rollout, scalings, context);
  const namespace = rollout.deployment.metadata.namespace ?? '';
  const isLeft = context.store
    .list<Pod>('Pod', { namespace })
    .some((pod) => !hasEnded(pod) && rollout.old.some((set) => isControlledBy(pod, set)));
  return running.length === 0 && !isLeft;
}

/** The one ReplicaSet that a change of size concerns, when no rollout is under way (`FindActiveOrLatest`). */
function activeOrLatest({ old, newSet }: Rollout, active: readonly ReplicaSet[]) {
  if (active.length === 0) return newSet ?? old.at(-1);
  return active.length === 1 ? active[0] : undefined;
}

/** The new ReplicaSet has all the pods that are wanted, available (`IsSaturated`). */
function isSaturated({ deployment, newSet }: Rollout): boolean {
  const wanted = replicasOf(deployment);
  return (
    newSet !== undefined &&
    replicasOf(newSet) === wanted &&
    Number(newSet.metadata.annotations?.[DESIRED_REPLICAS_ANNOTATION]) === wanted &&
    newSet.status?.availableReplicas === wanted
  );
}

/** Somebody changed the size (or paused): sizes only, no new template (sync.go `sync` and `scale`). */
function scaleOnly(rollout: Rollout, context: ControllerContext): void {
  const { deployment, old, newSet } = rollout;
  const active = [...old, ...(newSet ? [newSet] : [])].filter((set) => replicasOf(set) > 0);
  const only = activeOrLatest(rollout, active);
  if (only) {
    scaleSet(deployment, only, replicasOf(deployment), context);
  } else if (isSaturated(rollout)) {
    const olds = active.filter((set) => set !== newSet);
    const none = olds.map(({ metadata }) => ({ name: metadata.name, replicas: 0 }));
    scaleAll(rollout, none, context);
  } else if (deployment.spec.strategy?.type !== 'Recreate') {
    scaleAll(rollout, scaleInProportion(deployment, active), context);
  }
}

/** Deletes finished ReplicaSets beyond the history limit, oldest revision first. */
function cleanUp({ deployment, old }: Rollout, { store }: ControllerContext): void {
  const limit = deployment.spec.revisionHistoryLimit;
  if (limit === undefined || old.length <= limit) return;
  const oldest = old.toSorted((a, b) => revisionOf(a) - revisionOf(b)).slice(0, old.length - limit);
  for (const set of oldest) {
    const isEmpty = (set.status?.replicas ?? 0) === 0 && replicasOf(set) === 0;
    if (isEmpty && set.metadata.deletionTimestamp === undefined) {
      store.delete('ReplicaSet', set.metadata.namespace, set.metadata.name);
    }
  }
}

function isScalingEvent({ deployment, old, newSet }: Rollout): boolean {
  return [...old, ...(newSet ? [newSet] : [])].some((set) => {
    const desired = set.metadata.annotations?.[DESIRED_REPLICAS_ANNOTATION];
    const isActive = replicasOf(set) > 0;
    return isActive && desired !== undefined && Number(desired) !== replicasOf(deployment);
  });
}

function writeStatus(key: string, mode: 'rollout' | 'counts', context: ControllerContext): void {
  const rollout = readRollout(key, context);
  if (!rollout) return;
  const { deployment, old, newSet } = rollout;
  const compute = mode === 'rollout' ? rolloutStatus : countedStatus;
  const status = compute(deployment, old, newSet, context.now);
  if (!isSameJson(status, deployment.status)) {
    context.store.updateStatus({ ...deployment, status });
  } else if (mode === 'rollout' && !isComplete(deployment, status)) {
    const deadline = progressDeadline(deployment, status);
    const isStuck = conditionOf(status.conditions, 'Progressing')?.status === 'False';
    if (deadline !== undefined && !isStuck) {
      context.requeue(`periodic:${key}`, Math.max(0, deadline - context.now) + SECOND);
    }
  }
  if (isComplete(deployment, status)) cleanUp(rollout, context);
}

function notePause(deployment: Deployment, context: ControllerContext): void {
  if (deployment.spec.progressDeadlineSeconds === undefined) return;
  const reason = conditionOf(deployment.status?.conditions, 'Progressing')?.reason;
  if (reason === 'ProgressDeadlineExceeded') return;
  if (deployment.spec.paused && reason !== 'DeploymentPaused') {
    noteProgress(deployment, 'Unknown', 'DeploymentPaused', 'Deployment is paused', context);
  } else if (!deployment.spec.paused && reason === 'DeploymentPaused') {
    noteProgress(deployment, 'Unknown', 'DeploymentResumed', 'Deployment is resumed', context);
  }
}

function reconcile(queued: string, context: ControllerContext): void {
  const key = queued.replace(/^periodic:/, '');
  const found = readRollout(key, context);
  if (!found) return;
  if (found.deployment.metadata.deletionTimestamp !== undefined) {
    writeStatus(key, 'counts', context);
    return;
  }
  notePause(found.deployment, context);
  const rollout = readRollout(key, context);
  if (!rollout) return;
  if (rollout.deployment.spec.paused || isScalingEvent(rollout)) {
    // A template that had a ReplicaSet before has it again, with a new revision, also while nothing rolls out.
    const synced = rollout.newSet ? ensureNewSet(key, rollout, context) : rollout;
    if (!synced) return;
    syncRevision(synced, context);
    scaleOnly(readRollout(key, context) ?? synced, context);
    writeStatus(key, 'counts', context);
    return;
  }
  const isRecreate = rollout.deployment.spec.strategy?.type === 'Recreate';
  if (!isRecreate || clearOldSets(rollout, context)) {
    const ready = ensureNewSet(key, rollout, context);
    if (ready) {
      syncRevision(ready, context);
      const current = readRollout(key, context);
      if (current) rollOn(current, context);
    }
  }
  writeStatus(key, 'rollout', context);
}

function deploymentOf(set: KubeObject): string | undefined {
  const owner = controllerOf(set);
  return owner?.kind === 'Deployment' ? `${set.metadata.namespace ?? ''}/${owner.name}` : undefined;
}

/**
 * Rolls a Deployment's template out over ReplicaSets. Source: pkg/controller/deployment (sync.go, rolling.go,
 * recreate.go, progress.go), v1.35.
 *
 * Simplified: reads its own writes at once; `rollout undo` is kubectl's patch of the template, as upstream's is.
 */
export const deploymentController: Controller = {
  name: 'deployment-controller',
  keysOf({ type, object, previous }, store) {
    if (object.kind === 'Deployment') return [objectKey(object)];
    if (object.kind === 'ReplicaSet') {
      const sets = previous ? [object, previous] : [object];
      return [...new Set(sets.map(deploymentOf).filter((key) => key !== undefined))];
    }
    if (object.kind !== 'Pod' || type !== 'DELETED') return [];
    const owner = controllerOf(object);
    if (owner?.kind !== 'ReplicaSet') return [];
    const set = store.get<ReplicaSet>('ReplicaSet', object.metadata.namespace, owner.name);
    const key = set && deploymentOf(set);
    return key === undefined ? [] : [key];
  },
  reconcile,
};
