import type { Lease } from '../api/coordination/lease.ts';
import type { Node, NodeCondition, Taint } from '../api/core/node.ts';
import { SECOND, type Micros } from '../base/clock.ts';

/** kube-controller-manager's `--node-monitor-grace-period`: 50 s since 1.32. */
export const GRACE_PERIOD: Micros = 50 * SECOND;

/** What a silent kubelet leaves unknown. */
const OF_KUBELET: readonly string[] = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

/** The conditions of a node that nobody has heard of for too long (`tryUpdateNodeHealth`). */
export function silentConditions({ status }: Node, time: string): NodeCondition[] {
  return (status?.conditions ?? []).map((condition) => {
    if (!OF_KUBELET.includes(condition.type) || condition.status === 'Unknown') return condition;
    return {
      ...condition,
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
      lastTransitionTime: time,
    };
  });
}

/** Since when a kubelet has been silent: the last renewal of its Lease. Undefined while it renews it. */
export const silentSince = (lease: Lease | undefined): string | undefined => lease?.spec?.renewTime;

const CONDITION_TAINTS: readonly (readonly [
  type: string,
  status: NodeCondition['status'],
  key: string,
])[] = [
  ['Ready', 'False', 'node.kubernetes.io/not-ready'],
  ['Ready', 'Unknown', 'node.kubernetes.io/unreachable'],
  ['MemoryPressure', 'True', 'node.kubernetes.io/memory-pressure'],
  ['DiskPressure', 'True', 'node.kubernetes.io/disk-pressure'],
  ['NetworkUnavailable', 'True', 'node.kubernetes.io/network-unavailable'],
  ['PIDPressure', 'True', 'node.kubernetes.io/pid-pressure'],
];

const CORDON = 'node.kubernetes.io/unschedulable';
const OWN_KEYS: readonly string[] = [CORDON, ...CONDITION_TAINTS.map(([, , key]) => key)];

/** A node that is not ready repels pods, and after a while those that are there. */
function wantedTaints({ spec, status }: Node): Pick<Taint, 'key' | 'effect'>[] {
  const taints: Pick<Taint, 'key' | 'effect'>[] = [];
  for (const [type, value, key] of CONDITION_TAINTS) {
    const holds = status?.conditions?.some((one) => one.type === type && one.status === value);
    if (!holds) continue;
    taints.push({ key, effect: 'NoSchedule' });
    if (type === 'Ready') taints.push({ key, effect: 'NoExecute' });
  }
  if (spec.unschedulable) taints.push({ key: CORDON, effect: 'NoSchedule' });
  return taints;
}

/**
 * The taints of a node as its conditions and `unschedulable` ask; those of others stay. Undefined when they are there.
 * Source: node_lifecycle_controller.go `doNoScheduleTaintingPass`, `processTaintBaseEviction`.
 */
export function taintsByHealth(node: Node, time: string): Taint[] | undefined {
  const wanted = wantedTaints(node);
  const has = (
    list: readonly Pick<Taint, 'key' | 'effect'>[],
    taint: Pick<Taint, 'key' | 'effect'>,
  ) => list.some(({ key, effect }) => key === taint.key && effect === taint.effect);
  const present = node.spec.taints ?? [];
  const isStale = (taint: Taint) =>
    OWN_KEYS.includes(taint.key) && taint.effect !== 'PreferNoSchedule' && !has(wanted, taint);
  const missing = wanted.filter((taint) => !has(present, taint));
  if (missing.length === 0 && !present.some(isStale)) return undefined;
  return [
    ...present.filter((taint) => !isStale(taint)),
    ...missing.map((taint) => ({ ...taint, timeAdded: time })),
  ];
}
