import type { Pod, PodCondition } from '../api/core/pod.ts';
import { formatTimestamp, type Micros } from '../base/clock.ts';

/** A pod that is about to be ended for a reason outside of it, with the condition that says so (KEP-3329). */
export function withDisruption(pod: Pod, reason: string, message: string, now: Micros): Pod {
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'DisruptionTarget');
  const { generation } = pod.metadata;
  const condition: PodCondition = {
    type: 'DisruptionTarget',
    status: 'True',
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    lastProbeTime: null,
    lastTransitionTime: formatTimestamp(now),
    reason,
    message,
  };
  return { ...pod, status: { ...pod.status, conditions: [...others, condition] } };
}
