import type { Pod, PodTemplateSpec } from '../api/core/pod.ts';
import { matchesLabelSelector, type LabelSelector } from '../api/meta/label-selector.ts';
import type { KubeObject } from '../api/meta/object.ts';
import type { Store, StoreChange } from '../apiserver/store.ts';
import type { ControllerContext } from './controller.ts';
import { adopt, controllerOf, controllerReference, isControlledBy, release } from './ownership.ts';
import { availableAt, isPodActive } from './pod-condition.ts';

/** Pods that one reconcile creates or deletes at most (`BurstReplicas`). */
export const BURST_REPLICAS = 500;

/** All pods of a controller's namespace. */
export const podsBeside = (store: Store, { metadata }: KubeObject) =>
  store.list<Pod>('Pod', { namespace: metadata.namespace ?? '' });

/** The pods that a controller owns, whatever their labels say. */
export const ownedPods = (store: Store, owner: KubeObject) =>
  podsBeside(store, owner).filter((pod) => isControlledBy(pod, owner));

/**
 * The pods of a controller: takes orphans that match and lets go of owned pods that do not. `isMember` narrows what
 * may be taken (controller_ref_manager.go `ClaimPods`).
 */
export function claimPods(
  owner: KubeObject,
  selector: LabelSelector | undefined,
  { store }: ControllerContext,
  isMember: (pod: Pod) => boolean = () => true,
): readonly Pod[] {
  const isGoing = owner.metadata.deletionTimestamp !== undefined;
  const claimed: Pod[] = [];
  for (const pod of podsBeside(store, owner)) {
    const matches = matchesLabelSelector(selector, pod.metadata.labels ?? {}) && isMember(pod);
    if (isControlledBy(pod, owner)) {
      if (matches) claimed.push(pod);
      else if (!isGoing) store.update(release(pod, owner));
      continue;
    }
    const isOrphan = controllerOf(pod) === undefined && isPodActive(pod);
    if (!matches || !isOrphan || isGoing) continue;
    const adopted = store.update(adopt(pod, owner));
    if (adopted.ok) claimed.push(adopted.value);
  }
  return claimed;
}

/** A pod of a template, named by the server after its owner (controller_utils.go `GetPodFromTemplate`). */
export function podOf(owner: KubeObject, template: PodTemplateSpec | undefined): Pod {
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: '',
      generateName: `${owner.metadata.name}-`,
      namespace: owner.metadata.namespace ?? '',
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(finalizers ? { finalizers } : {}),
      ownerReferences: [controllerReference(owner)],
    },
    spec: template?.spec ?? { containers: [] },
  };
}

/** Creates a pod and says so in an event of its owner. Returns why not, when the API refused. */
export function createPod(
  owner: KubeObject,
  pod: Pod,
  { store, recordEvent }: ControllerContext,
): string | undefined {
  const created = store.create(pod);
  if (created.ok) {
    const { name } = created.value.metadata;
    recordEvent(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${name}`);
    return undefined;
  }
  const message = created.status.message ?? '';
  const isEnding = created.status.details?.causes?.some(
    ({ reason }) => reason === 'NamespaceTerminating',
  );
  // Any creation would fail until the namespace is gone: nothing is to be done about it, nor said.
  if (isEnding) return undefined;
  recordEvent(owner, 'Warning', 'FailedCreate', `Error creating: ${message}`);
  return message;
}

/** Deletes a pod and says so in an event of its owner. */
export function deletePod(
  owner: KubeObject,
  { metadata: { namespace, name } }: Pod,
  { store, recordEvent }: ControllerContext,
): void {
  const deleted = store.delete('Pod', namespace, name);
  if (deleted.ok) recordEvent(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
}

/** Controllers of one kind that a change of a pod wakes: its owners, or those that may want an orphan. */
export function ownersOfPod(
  { object, previous }: StoreChange,
  kind: string,
  store: Store,
  selectorOf: (owner: KubeObject) => LabelSelector | undefined,
): string[] {
  const { namespace = '', labels } = object.metadata;
  const owners = [object, ...(previous ? [previous] : [])].flatMap(
    (pod) => controllerOf(pod) ?? [],
  );
  if (owners.length > 0) {
    const names = owners.filter((owner) => owner.kind === kind).map(({ name }) => name);
    return [...new Set(names)].map((name) => `${namespace}/${name}`);
  }
  return store
    .list(kind, { namespace })
    .filter((owner) => matchesLabelSelector(selectorOf(owner), labels))
    .map(({ metadata }) => `${namespace}/${metadata.name}`);
}

/** Some pods are ready, and not yet for as long as they must: `key` is looked at again when the first of them is. */
export function lookAgainWhenAvailable(
  pods: readonly Pod[],
  minReadySeconds: number | undefined,
  key: string,
  { now, requeue }: Pick<ControllerContext, 'now' | 'requeue'>,
): void {
  const next = pods
    .map((pod) => availableAt(pod, minReadySeconds ?? 0) ?? 0)
    .filter((at) => at > now);
  if (next.length > 0) requeue(key, Math.min(...next) - now);
}
