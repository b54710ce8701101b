import { isPodReady, type Pod } from '../api/core/pod.ts';
import { parseTimestamp } from '../base/clock.ts';
import { readySince } from './pod-condition.ts';

/** How much a pod is worth keeping by phase: Pending before Unknown before Running. */
const phaseRank = (pod: Pod) => {
  switch (pod.status?.phase) {
    case undefined:
    case 'Pending':
      return 0;
    case 'Unknown':
      return 1;
    case 'Running':
    case 'Succeeded':
    case 'Failed':
      return 2;
  }
};

const deletionCost = (pod: Pod) =>
  Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0) || 0;

const restarts = (pod: Pod) =>
  Math.max(0, ...(pod.status?.containerStatuses ?? []).map(({ restartCount }) => restartCount));

const createdAt = (pod: Pod) => parseTimestamp(pod.metadata.creationTimestamp ?? '') ?? 0;

/**
 * Pods in the order in which a ReplicaSet that is too large deletes them: not assigned, pending, not ready, cheap,
 * crowded on one node, ready for a shorter time, restarted more often, younger. `related` are the pods that count for
 * crowding. Names break ties, so that the order is the same every time.
 * Source: pkg/controller/controller_utils.go, `ActivePodsWithRanks`.
 *
 * Simplified: upstream compares ready times and ages by power-of-two buckets (LogarithmicScaleDown) and then by uid.
 */
export function rankPodsForDeletion(pods: readonly Pod[], related: readonly Pod[]): readonly Pod[] {
  const crowd = new Map<string, number>();
  for (const { spec } of related) {
    const node = spec.nodeName ?? '';
    crowd.set(node, (crowd.get(node) ?? 0) + 1);
  }
  const measures: readonly ((pod: Pod) => number)[] = [
    (pod) => (pod.spec.nodeName ? 1 : 0),
    phaseRank,
    (pod) => (isPodReady(pod) ? 1 : 0),
    deletionCost,
    (pod) => -(crowd.get(pod.spec.nodeName ?? '') ?? 0),
    (pod) => -readySince(pod),
    (pod) => -restarts(pod),
    (pod) => -createdAt(pod),
  ];
  return pods.toSorted((a, b) => {
    for (const measure of measures) {
      const difference = measure(a) - measure(b);
      if (difference !== 0) return difference;
    }
    return a.metadata.name < b.metadata.name ? -1 : 1;
  });
}
