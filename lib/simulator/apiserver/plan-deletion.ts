import { copyObject } from '../api/meta/copy-object.ts';
import { formatTimestamp, SECOND, type Micros } from '../base/clock.ts';
import type { Namespace } from '../api/core/namespace.ts';
import { hasEnded, type Pod } from '../api/core/pod.ts';
import type { CustomResourceDefinition } from '../api/apiextensions/custom-resource-definition.ts';
import type { KubeObject } from '../api/meta/object.ts';
import type { DeleteOptions } from './store.ts';

export type DeletionPlan =
  | { readonly type: 'nothing' }
  | { readonly type: 'mark'; readonly object: KubeObject }
  | { readonly type: 'remove'; readonly object: KubeObject };

const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';

/** Seconds that a pod still has: none before it is bound or after it ended (pod strategy `CheckGracefulDelete`). */
function podGrace(pod: Pod, asked: number | undefined): number {
  const grace = asked ?? pod.spec.terminationGracePeriodSeconds ?? 30;
  return !pod.spec.nodeName || hasEnded(pod) ? 0 : Math.max(0, grace);
}

function finalizersFor(object: KubeObject, policy: DeleteOptions['propagationPolicy']): string[] {
  const others = (object.metadata.finalizers ?? []).filter(
    (name) => policy === undefined || (name !== FOREGROUND && name !== ORPHAN),
  );
  if (policy === 'Foreground') return [...others, FOREGROUND];
  if (policy === 'Orphan') return [...others, ORPHAN];
  return others;
}

function markNamespace(object: KubeObject): void {
  if (object.kind !== 'Namespace') return;
  const namespace = object as Namespace;
  namespace.status = { ...namespace.status, phase: 'Terminating' };
}

const CLEANUP = 'customresourcecleanup.apiextensions.k8s.io';

const isDefinition = (object: KubeObject): object is CustomResourceDefinition =>
  object.kind === 'CustomResourceDefinition';

/** A definition goes after its objects (apiextensions registry/customresourcedefinition `Delete`). */
function markDefinition(definition: CustomResourceDefinition, lastTransitionTime: string): void {
  const status = (definition.status ??= {});
  status.conditions = [
    ...(status.conditions ?? []).filter(({ type }) => type !== 'Terminating'),
    {
      type: 'Terminating',
      status: 'True',
      lastTransitionTime,
      reason: 'InstanceDeletionPending',
      message:
        'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
    },
  ];
}

/**
 * What a DELETE does to an object (registry/generic/registry `Store.Delete`): pods get a grace period, finalizers and a
 * namespace's own hold the object back, everything else goes at once.
 */
export function planDeletion(
  previous: KubeObject,
  options: DeleteOptions,
  now: Micros,
): DeletionPlan {
  const object = copyObject(previous);
  const { metadata } = object;
  const finalizers = finalizersFor(previous, options.propagationPolicy);
  if (isDefinition(object) && !finalizers.includes(CLEANUP)) finalizers.push(CLEANUP);
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
  const grace = object.kind === 'Pod' ? podGrace(object as Pod, options.gracePeriodSeconds) : 0;
  const pending = metadata.deletionGracePeriodSeconds;
  const isMarked = metadata.deletionTimestamp !== undefined;
  const isHeld =
    finalizers.length > 0 ||
    (object.kind === 'Namespace' && ((object as Namespace).spec?.finalizers ?? []).length > 0);
  if (!isHeld && grace === 0) return { type: 'remove', object };
  // A second delete may shorten the time that is left, never lengthen it.
  if (isMarked && (pending === undefined || grace >= pending)) return { type: 'nothing' };
  metadata.deletionTimestamp = formatTimestamp(now + grace * SECOND);
  metadata.deletionGracePeriodSeconds = grace;
  if (metadata.generation !== undefined && !isMarked) metadata.generation += 1;
  markNamespace(object);
  if (isDefinition(object)) markDefinition(object, formatTimestamp(now));
  return { type: 'mark', object };
}

/** Marked for deletion and held by nothing any more: the write that took the last finalizer away removes it. */
export function isGone(object: KubeObject): boolean {
  const { deletionTimestamp, finalizers = [], deletionGracePeriodSeconds = 0 } = object.metadata;
  if (deletionTimestamp === undefined || finalizers.length > 0) return false;
  if (deletionGracePeriodSeconds > 0) return false;
  return object.kind === 'Namespace'
    ? ((object as Namespace).spec?.finalizers ?? []).length === 0
    : true;
}
