import { scaledCount } from '../api/apps/validate-counts.ts';
import { isPodReady, type Pod } from '../api/core/pod.ts';
import type { Condition } from '../api/meta/condition.ts';
import { formatLabelSelector, matchesLabelSelector } from '../api/meta/label-selector.ts';
import type { KubeObject } from '../api/meta/object.ts';
import { groupResource } from '../api/schema/kind-description.ts';
import type {
  PodDisruptionBudget,
  PodDisruptionBudgetStatus,
} from '../api/policy/pod-disruption-budget.ts';
import type { Store } from '../apiserver/store.ts';
import { kindKeyOf } from '../api/kinds.ts';
import { formatTimestamp, parseTimestamp, SECOND, type Micros } from '../base/clock.ts';
import { isSameJson } from '../base/same-json.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { controllerOf, objectKey, splitKey } from './ownership.ts';

/** How long a granted eviction counts against the budget while the pod does not go (`DeletionTimeout`). */
const DELETION_TIMEOUT = 120 * SECOND;

type Scaled = KubeObject & { readonly spec?: { readonly replicas?: number } };

/** Who decides how many pods of this kind there are: a Deployment for the pods of its ReplicaSets. */
function scaledOwner(
  object: KubeObject,
  store: Store,
): Scaled | { readonly problem: string } | undefined {
  const reference = controllerOf(object);
  if (!reference) return undefined;
  const key = kindKeyOf(reference);
  const kind = store.kinds.byKey.get(key);
  const owner = kind && store.get<Scaled>(key, object.metadata.namespace, reference.name);
  if (!kind || owner?.metadata.uid !== reference.uid) {
    return { problem: `found no controllers for pod "${object.metadata.name}"` };
  }
  if (!kind.subresources.includes('scale')) {
    return { problem: `${groupResource(kind)} does not implement the scale subresource` };
  }
  const above = owner && kind.kind === 'ReplicaSet' ? scaledOwner(owner, store) : undefined;
  return above && !('problem' in above) ? above : owner;
}

interface Counts {
  readonly expected: number;
  readonly desired: number;
  readonly hasUnmanaged: boolean;
}

/** The pods that the controllers of all these pods want together (`getExpectedScale`). */
function expectedScale(pods: readonly Pod[], store: Store) {
  const replicas = new Map<string, number>();
  let hasUnmanaged = false;
  for (const pod of pods) {
    const owner = scaledOwner(pod, store);
    if (!owner) hasUnmanaged = true;
    else if ('problem' in owner) return owner;
    else replicas.set(owner.metadata.uid ?? '', owner.spec?.replicas ?? 1);
  }
  const expected = [...replicas.values()].reduce((sum, count) => sum + count, 0);
  return { expected, hasUnmanaged };
}

/** `getExpectedPodCount`: a count needs no controllers, a share of the pods does. */
function countPods(
  { spec: { minAvailable, maxUnavailable } }: PodDisruptionBudget,
  pods: readonly Pod[],
  store: Store,
): Counts | { readonly problem: string } {
  if (maxUnavailable === undefined && typeof minAvailable !== 'string') {
    const desired = minAvailable ?? 0;
    const expected = minAvailable === undefined ? 0 : pods.length;
    return { expected, desired, hasUnmanaged: false };
  }
  const scale = expectedScale(pods, store);
  if ('problem' in scale) return scale;
  const { expected } = scale;
  const share = scaledCount(maxUnavailable ?? minAvailable ?? 0, expected, Math.ceil);
  return {
    ...scale,
    desired: maxUnavailable === undefined ? share : Math.max(0, expected - share),
  };
}

/** Evictions that were granted and whose pods are still there, and when the first of them is given up. */
function disruptedPods({ status }: PodDisruptionBudget, pods: readonly Pod[], now: Micros) {
  const still: Record<string, string> = {};
  let recheckAt: Micros | undefined;
  for (const { metadata } of pods) {
    const since = status?.disruptedPods?.[metadata.name];
    const until = (parseTimestamp(since ?? '') ?? 0) + DELETION_TIMEOUT;
    if (since === undefined || metadata.deletionTimestamp !== undefined || until < now) continue;
    still[metadata.name] = since;
    recheckAt = Math.min(until, recheckAt ?? until);
  }
  return { still, recheckAt };
}

/** The condition that tells in one word whether an eviction would be granted. */
function allowedCondition(
  { status: previous, metadata }: PodDisruptionBudget,
  { disruptionsAllowed = 0 }: PodDisruptionBudgetStatus,
  now: Micros,
  problem?: string,
): Condition {
  const status = disruptionsAllowed > 0 ? 'True' : 'False';
  const before = previous?.conditions?.find(({ type }) => type === 'DisruptionAllowed');
  return {
    type: 'DisruptionAllowed',
    status,
    observedGeneration: metadata.generation ?? 0,
    lastTransitionTime:
      before?.status === status ? before.lastTransitionTime : formatTimestamp(now),
    reason:
      problem !== undefined
        ? 'SyncFailed'
        : status === 'True'
          ? 'SufficientPods'
          : 'InsufficientPods',
    message: problem ?? '',
  };
}

function writeStatus(
  budget: PodDisruptionBudget,
  counts: PodDisruptionBudgetStatus,
  { store, now }: ControllerContext,
  problem?: string,
): void {
  const others = (budget.status?.conditions ?? []).filter(
    ({ type }) => type !== 'DisruptionAllowed',
  );
  const status = {
    ...counts,
    conditions: [...others, allowedCondition(budget, counts, now, problem)],
  };
  if (!isSameJson(status, budget.status)) {
    store.updateStatus<PodDisruptionBudget>({ ...budget, status });
  }
}

const UNMANAGED =
  'were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.';

/** Go prints a selector as its fields (`%v` of a *metav1.LabelSelector). */
const selectorText = ({ spec: { selector } }: PodDisruptionBudget) =>
  `&LabelSelector{MatchLabels:map[string]string{${Object.entries(selector?.matchLabels ?? {})
    .map(([key, value]) => `${key}: ${value},`)
    .join('')}},MatchExpressions:[]LabelSelectorRequirement{${(selector?.matchExpressions ?? [])
    .map((requirement) => `${formatLabelSelector({ matchExpressions: [requirement] })},`)
    .join('')}},}`;

/** Source: pkg/controller/disruption/disruption.go `trySync`. */
function sync(budget: PodDisruptionBudget, pods: readonly Pod[], context: ControllerContext): void {
  const { store, now, recordEvent } = context;
  if (pods.length === 0) recordEvent(budget, 'Normal', 'NoPods', 'No matching pods found');
  const counts = countPods(budget, pods, store);
  if ('problem' in counts) {
    const { problem } = counts;
    const message = `Failed to calculate the number of expected pods: ${problem}`;
    recordEvent(budget, 'Warning', 'CalculateExpectedPodCountFailed', message);
    writeStatus(budget, { ...budget.status, disruptionsAllowed: 0 }, context, problem);
    return;
  }
  if (counts.hasUnmanaged) {
    const which = `Pods selected by this PodDisruptionBudget (selector: ${selectorText(budget)})`;
    recordEvent(budget, 'Warning', 'UnmanagedPods', `${which} ${UNMANAGED}`);
  }
  const { expected, desired } = counts;
  const { still, recheckAt } = disruptedPods(budget, pods, now);
  const healthy = pods.filter(
    (pod) =>
      pod.metadata.deletionTimestamp === undefined &&
      still[pod.metadata.name] === undefined &&
      isPodReady(pod),
  ).length;
  const status: PodDisruptionBudgetStatus = {
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
    // A budget that expects nobody grants nothing: its first pods may be on their way.
    disruptionsAllowed: expected <= 0 ? 0 : Math.max(0, healthy - desired),
    observedGeneration: budget.metadata.generation ?? 0,
    ...(Object.keys(still).length > 0 && { disruptedPods: still }),
  };
  writeStatus(budget, status, context);
  if (recheckAt !== undefined) context.requeue(objectKey(budget), recheckAt - now + SECOND);
}

/** What of a pod a budget looks at. */
const seenOf = (object: KubeObject | undefined) => {
  const pod = object as Pod | undefined;
  return pod && [isPodReady(pod), pod.metadata.deletionTimestamp, pod.metadata.labels];
};

/**
 * Counts for every PodDisruptionBudget how many of its pods may go. The name is the one under which the real one writes
 * events. Simplified: a pod keeps its condition DisruptionTarget when the eviction that set it came to nothing.
 */
export const disruptionController: Controller = {
  name: 'controllermanager',
  keysOf({ type, object, previous }, store) {
    if (object.kind === 'PodDisruptionBudget') return type === 'DELETED' ? [] : [objectKey(object)];
    if (object.kind !== 'Pod') return [];
    if (type === 'MODIFIED' && isSameJson(seenOf(object), seenOf(previous))) return [];
    const { namespace = '', labels } = object.metadata;
    return store
      .list<PodDisruptionBudget>('PodDisruptionBudget', { namespace })
      .filter(({ spec: { selector } }) =>
        [labels, previous?.metadata.labels ?? labels].some((each) =>
          matchesLabelSelector(selector, each),
        ),
      )
      .map(objectKey);
  },
  reconcile(key, context) {
    const { namespace = '', name } = splitKey(key);
    const { store } = context;
    const budget = store.get<PodDisruptionBudget>('PodDisruptionBudget', namespace, name);
    if (!budget || budget.metadata.deletionTimestamp !== undefined) return;
    const pods = store
      .list<Pod>('Pod', { namespace })
      .filter(({ metadata }) => matchesLabelSelector(budget.spec.selector, metadata.labels));
    sync(budget, pods, context);
  },
};
