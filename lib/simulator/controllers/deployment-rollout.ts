import type { Deployment } from '../api/apps/deployment.ts';
import type { ReplicaSet } from '../api/apps/replica-set.ts';
import { parseTimestamp } from '../base/clock.ts';

/** Annotations of a ReplicaSet that tell a scaled Deployment from a rolled-out one. */
export const DESIRED_REPLICAS_ANNOTATION = 'deployment.kubernetes.io/desired-replicas';
export const MAX_REPLICAS_ANNOTATION = 'deployment.kubernetes.io/max-replicas';

export const replicasOf = (object: Deployment | ReplicaSet) => object.spec.replicas ?? 1;
export const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
export const specReplicas = (sets: readonly ReplicaSet[]) => sum(sets.map(replicasOf));
const availableReplicas = (sets: readonly ReplicaSet[]) =>
  sum(sets.map(({ status }) => status?.availableReplicas ?? 0));

const createdAt = ({ metadata }: ReplicaSet) =>
  parseTimestamp(metadata.creationTimestamp ?? '') ?? 0;

/** Oldest first; names break ties. */
export const byAge = (a: ReplicaSet, b: ReplicaSet) =>
  createdAt(a) - createdAt(b) || (a.metadata.name < b.metadata.name ? -1 : 1);

function scaled(value: number | string | undefined, total: number, round: (n: number) => number) {
  if (value === undefined) return round(total * 0.25);
  return typeof value === 'number' ? value : round((total * Number(value.replace('%', ''))) / 100);
}

/**
 * How many pods a rolling update may add above and miss below the wanted number: percentages are rounded up for the
 * surge and down for the unavailable; both 0 would stand still, so one may then be missing.
 * Source: pkg/controller/deployment/util/deployment_util.go, `ResolveFenceposts`.
 */
export function fenceposts(deployment: Deployment): { surge: number; unavailable: number } {
  const { strategy } = deployment.spec;
  const replicas = replicasOf(deployment);
  if (strategy?.type === 'Recreate' || replicas === 0) return { surge: 0, unavailable: 0 };
  const surge = scaled(strategy?.rollingUpdate?.maxSurge, replicas, Math.ceil);
  const unavailable = scaled(strategy?.rollingUpdate?.maxUnavailable, replicas, Math.floor);
  if (surge === 0 && unavailable === 0) return { surge, unavailable: 1 };
  return { surge, unavailable: Math.min(unavailable, replicas) };
}

/** The size that the new ReplicaSet may have now (`NewRSNewReplicas`). */
export function newSetReplicas(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  current: number,
): number {
  const wanted = replicasOf(deployment);
  if (deployment.spec.strategy?.type === 'Recreate') return wanted;
  const room = wanted + fenceposts(deployment).surge - specReplicas(all);
  return room <= 0 ? current : current + Math.min(room, wanted - current);
}

export interface Scaling {
  readonly name: string;
  readonly replicas: number;
}

/**
 * How far the old ReplicaSets of a rolling update may shrink now: unhealthy pods first, oldest set first, never below
 * the available number that the strategy promises. Source: pkg/controller/deployment/rolling.go.
 */
export function shrinkOldSets(
  deployment: Deployment,
  old: readonly ReplicaSet[],
  newSet: ReplicaSet,
): readonly Scaling[] {
  const active = old.filter((set) => replicasOf(set) > 0).toSorted(byAge);
  const minAvailable = replicasOf(deployment) - fenceposts(deployment).unavailable;
  const newUnavailable = replicasOf(newSet) - (newSet.status?.availableReplicas ?? 0);
  const mostDown = specReplicas([...old, newSet]) - minAvailable - newUnavailable;
  if (active.length === 0 || mostDown <= 0) return [];

  const sizes = new Map(active.map((set) => [set.metadata.name, replicasOf(set)]));
  let cleanedUp = 0;
  for (const set of active) {
    const unhealthy = replicasOf(set) - (set.status?.availableReplicas ?? 0);
    const down = Math.min(mostDown - cleanedUp, Math.max(0, unhealthy));
    sizes.set(set.metadata.name, replicasOf(set) - down);
    cleanedUp += down;
  }
  let spare = availableReplicas([...active, newSet]) - minAvailable;
  for (const set of active) {
    const size = sizes.get(set.metadata.name) ?? 0;
    const down = Math.max(0, Math.min(size, spare));
    sizes.set(set.metadata.name, size - down);
    spare -= down;
  }
  return active
    .map(({ metadata }) => ({ name: metadata.name, replicas: sizes.get(metadata.name) ?? 0 }))
    .filter(({ replicas }, index) => replicas !== replicasOf(active[index] ?? newSet));
}

function fraction(deployment: Deployment, set: ReplicaSet): number {
  const size = replicasOf(set);
  if (replicasOf(deployment) === 0) return -size;
  const most = replicasOf(deployment) + fenceposts(deployment).surge;
  const annotated = Number(set.metadata.annotations?.[MAX_REPLICAS_ANNOTATION]);
  const before = annotated > 0 ? annotated : (deployment.status?.replicas ?? 0);
  return before > 0 ? Math.round((size * most) / before) - size : 0;
}

/**
 * Spreads a change of size over the ReplicaSets of a rollout that is under way, in proportion to their sizes; what
 * rounding leaves goes to the largest. Source: pkg/controller/deployment/sync.go, `scale`.
 */
export function scaleInProportion(
  deployment: Deployment,
  active: readonly ReplicaSet[],
): readonly Scaling[] {
  const wanted = replicasOf(deployment);
  const allowed = wanted > 0 ? wanted + fenceposts(deployment).surge : 0;
  const toAdd = allowed - specReplicas(active);
  const newerFirst = toAdd > 0 ? -1 : 1;
  const ordered = active.toSorted(
    (a, b) => replicasOf(b) - replicasOf(a) || newerFirst * byAge(a, b),
  );
  let added = 0;
  const sizes = ordered.map((set) => {
    const room = toAdd - added;
    const share = fraction(deployment, set);
    const part = room === 0 ? 0 : toAdd > 0 ? Math.min(share, room) : Math.max(share, room);
    added += part;
    return { name: set.metadata.name, replicas: replicasOf(set) + part };
  });
  return sizes.map(({ name, replicas }, index) => ({
    name,
    replicas: index === 0 ? Math.max(0, replicas + toAdd - added) : replicas,
  }));
}
