import { hasEnded, isPodReady, type Pod } from '../api/core/pod.ts';
import { parseTimestamp, SECOND, type Micros } from '../base/clock.ts';

/** Not succeeded, not failed, not on its way out (controller_utils.go `IsPodActive`). */
export function isPodActive(pod: Pod): boolean {
  return !hasEnded(pod) && !isTerminating(pod);
}

/** When the pod's Ready condition became what it is, in microseconds; 0 when it never was. */
export function readySince(pod: Pod): Micros {
  const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status !== 'True') return 0;
  return parseTimestamp(ready.lastTransitionTime ?? '') ?? 0;
}

/** When a ready pod counts as available; undefined while it is not ready (podutil `IsPodAvailable`). */
export function availableAt(pod: Pod, minReadySeconds: number): Micros | undefined {
  if (!isPodReady(pod)) return undefined;
  return minReadySeconds === 0 ? 0 : readySince(pod) + minReadySeconds * SECOND;
}

/** On its way out. */
export const isTerminating = ({ metadata }: Pod) => metadata.deletionTimestamp !== undefined;

const createdAt = ({ metadata }: Pod) => metadata.creationTimestamp ?? '';

/** Oldest first; names break ties. Times of the API are texts that sort as they stand. */
export const byPodAge = (a: Pod, b: Pod) => {
  if (createdAt(a) !== createdAt(b)) return createdAt(a) < createdAt(b) ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
};
