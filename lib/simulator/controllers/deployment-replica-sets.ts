import { matchesLabelSelector } from '../api/meta/label-selector.ts';
import {
  POD_TEMPLATE_HASH_LABEL,
  REVISION_ANNOTATION,
  type Deployment,
} from '../api/apps/deployment.ts';
import type { ReplicaSet } from '../api/apps/replica-set.ts';
import type { PodTemplateSpec } from '../api/core/pod.ts';
import { isSameJson } from '../base/same-json.ts';
import type { ControllerContext } from './controller.ts';
import {
  byAge,
  DESIRED_REPLICAS_ANNOTATION,
  fenceposts,
  MAX_REPLICAS_ANNOTATION,
  newSetReplicas,
  replicasOf,
} from './deployment-rollout.ts';
import { adopt, controllerOf, controllerReference, isControlledBy, release } from './ownership.ts';
import { podTemplateHash } from './pod-template-hash.ts';

/** Annotations of a Deployment that its ReplicaSets do not get. */
const OWN_ANNOTATIONS: readonly string[] = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  REVISION_ANNOTATION,
  'deployment.kubernetes.io/revision-history',
  DESIRED_REPLICAS_ANNOTATION,
  MAX_REPLICAS_ANNOTATION,
];

/** The ReplicaSets of a Deployment, oldest first; takes matching orphans, lets go of what no longer matches. */
export function claimReplicaSets(
  deployment: Deployment,
  { store }: ControllerContext,
): readonly ReplicaSet[] {
  const isGoing = deployment.metadata.deletionTimestamp !== undefined;
  const namespace = deployment.metadata.namespace ?? '';
  const claimed: ReplicaSet[] = [];
  for (const set of store.list<ReplicaSet>('ReplicaSet', { namespace })) {
    const matches = matchesLabelSelector(deployment.spec.selector, set.metadata.labels ?? {});
    if (isControlledBy(set, deployment)) {
      if (matches) claimed.push(set);
      else if (!isGoing) store.update(release(set, deployment));
    } else if (matches && !isGoing && controllerOf(set) === undefined) {
      const adopted = store.update(adopt(set, deployment));
      if (adopted.ok) claimed.push(adopted.value);
    }
  }
  return claimed.toSorted(byAge);
}

function withoutHash(template: PodTemplateSpec | undefined): unknown {
  const { [POD_TEMPLATE_HASH_LABEL]: hash, ...labels } = template?.metadata?.labels ?? {};
  void hash;
  return { ...template, metadata: { ...template?.metadata, labels } };
}

/** The ReplicaSet whose template is the Deployment's (`FindNewReplicaSet`: the oldest, when there are more). */
export function findNewSet(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
): ReplicaSet | undefined {
  const wanted = withoutHash(deployment.spec.template);
  return sets.find((set) => isSameJson(withoutHash(set.spec.template), wanted));
}

export const revisionOf = ({ metadata }: ReplicaSet | Deployment) =>
  Number(metadata.annotations?.[REVISION_ANNOTATION] ?? 0) || 0;

function replicasAnnotations(deployment: Deployment): Record<string, string> {
  const wanted = replicasOf(deployment);
  return {
    [DESIRED_REPLICAS_ANNOTATION]: String(wanted),
    [MAX_REPLICAS_ANNOTATION]: String(wanted + fenceposts(deployment).surge),
  };
}

function inheritedAnnotations({ metadata }: Deployment): Record<string, string> {
  const entries = Object.entries(metadata.annotations ?? {});
  return Object.fromEntries(entries.filter(([key]) => !OWN_ANNOTATIONS.includes(key)));
}

/** `SetNewReplicaSetAnnotations`: inherited ones, the revision, and the history of revisions it had before. */
function newSetAnnotations(
  deployment: Deployment,
  set: ReplicaSet | undefined,
  revision: number,
): Record<string, string> {
  const current = set?.metadata.annotations ?? {};
  const had = set ? revisionOf(set) : 0;
  const history = current['deployment.kubernetes.io/revision-history'];
  const grown = had > 0 && had < revision ? [history, had].filter(Boolean).join(',') : history;
  return {
    ...current,
    ...inheritedAnnotations(deployment),
    [REVISION_ANNOTATION]: String(Math.max(had, revision)),
    ...(grown === undefined ? {} : { 'deployment.kubernetes.io/revision-history': grown }),
    // A set that exists gets its replica counts when it is scaled, as upstream's scaling detection needs.
    ...(set ? {} : replicasAnnotations(deployment)),
  };
}

/** Keeps revision and annotations of the new ReplicaSet in step with the Deployment. */
export function syncNewSet(
  deployment: Deployment,
  set: ReplicaSet,
  revision: number,
  { store }: ControllerContext,
): ReplicaSet {
  const annotations = newSetAnnotations(deployment, set, revision);
  const minReadySeconds = deployment.spec.minReadySeconds ?? 0;
  const isSame =
    isSameJson(annotations, set.metadata.annotations ?? {}) &&
    minReadySeconds === (set.spec.minReadySeconds ?? 0);
  if (isSame) return set;
  const { minReadySeconds: before, ...others } = set.spec;
  void before;
  const spec = { ...others, ...(minReadySeconds > 0 ? { minReadySeconds } : {}) };
  const updated = store.update({ ...set, metadata: { ...set.metadata, annotations }, spec });
  return updated.ok ? updated.value : set;
}

/**
 * Creates the ReplicaSet of the current template. Undefined when its name was taken by another: then the next look has
 * another name. The text says why the API refused.
 */
export function createNewSet(
  deployment: Deployment,
  old: readonly ReplicaSet[],
  revision: number,
  context: ControllerContext,
): ReplicaSet | string | undefined {
  const { template, selector, minReadySeconds } = deployment.spec;
  const { name, namespace = '' } = deployment.metadata;
  const hash = podTemplateHash(template, deployment.status?.collisionCount);
  const labels = { ...template.metadata?.labels, [POD_TEMPLATE_HASH_LABEL]: hash };
  const replicas = newSetReplicas(deployment, old, 0);
  const created = context.store.create<ReplicaSet>({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      annotations: newSetAnnotations(deployment, undefined, revision),
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas,
      ...(minReadySeconds ? { minReadySeconds } : {}),
      selector: {
        ...selector,
        matchLabels: { ...selector.matchLabels, [POD_TEMPLATE_HASH_LABEL]: hash },
      },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  });
  if (!created.ok) {
    if (created.status.reason !== 'AlreadyExists') {
      return `Failed to create new replica set "${name}-${hash}": ${created.status.message ?? ''}`;
    }
    countCollision(deployment, context);
    return undefined;
  }
  if (replicas > 0) recordScaling(deployment, created.value, 0, replicas, context);
  return created.value;
}

/** Another ReplicaSet has the name: the next hash must differ (KEP of `status.collisionCount`). */
function countCollision(deployment: Deployment, { store }: ControllerContext): void {
  const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
  store.updateStatus({ ...deployment, status: { ...deployment.status, collisionCount } });
}

function recordScaling(
  deployment: Deployment,
  set: ReplicaSet,
  from: number,
  to: number,
  context: ControllerContext,
): void {
  const message = `Scaled ${from < to ? 'up' : 'down'} replica set ${set.metadata.name} from ${from} to ${to}`;
  context.recordEvent(deployment, 'Normal', 'ScalingReplicaSet', message);
}

/** Writes a size to a ReplicaSet, with an event when it changed. True when it did. */
export function scaleSet(
  deployment: Deployment,
  set: ReplicaSet,
  replicas: number,
  context: ControllerContext,
): boolean {
  const annotations = { ...set.metadata.annotations, ...replicasAnnotations(deployment) };
  const before = replicasOf(set);
  if (before === replicas && isSameJson(annotations, set.metadata.annotations)) return false;
  const updated = context.store.update({
    ...set,
    metadata: { ...set.metadata, annotations },
    spec: { ...set.spec, replicas },
  });
  if (!updated.ok || before === replicas) return false;
  recordScaling(deployment, set, before, replicas, context);
  return true;
}
