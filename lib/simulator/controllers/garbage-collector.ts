import { findGroupVersionKind, kindKey, kindKeyOf } from '../api/kinds.ts';
import type { KubeObject, OwnerReference } from '../api/meta/object.ts';
import type { Store } from '../apiserver/store.ts';
import { isSameJson } from '../base/same-json.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { objectKey, release, splitKey } from './ownership.ts';

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';

const keyOf = (object: KubeObject) => `${kindKeyOf(object)}:${objectKey(object)}`;

const has = ({ metadata }: KubeObject, finalizer: string) =>
  metadata.finalizers?.includes(finalizer) ?? false;

/** An owner that is deleted in the foreground: it waits for its dependents. */
const isWaiting = (object: KubeObject) =>
  object.metadata.deletionTimestamp !== undefined && has(object, FOREGROUND);

/** The owner that a reference names: `unknown` where its kind is not served, so that it cannot be looked up. */
function findOwner(
  owner: OwnerReference,
  dependent: KubeObject,
  store: Store,
): KubeObject | 'unknown' | undefined {
  const kind = findGroupVersionKind(owner.apiVersion, owner.kind, store.kinds);
  if (!kind) return 'unknown';
  const namespace = kind.isNamespaced ? dependent.metadata.namespace : undefined;
  const found = store.get(kindKey(kind), namespace, owner.name);
  return found?.metadata.uid === owner.uid ? found : undefined;
}

function withoutFinalizer(object: KubeObject, finalizer: string): KubeObject {
  const finalizers = (object.metadata.finalizers ?? []).filter((each) => each !== finalizer);
  return { ...object, metadata: { ...object.metadata, finalizers } };
}

/** `--cascade=orphan`: dependents lose the reference, then the owner goes (`orphanDependents`). */
function orphanDependents(owner: KubeObject, { store }: ControllerContext): void {
  for (const dependent of store.ownedBy(owner.metadata.uid ?? '')) {
    store.update(release(dependent, owner));
  }
  const { namespace, name } = owner.metadata;
  const current = store.get(kindKeyOf(owner), namespace, name);
  if (current) store.update(withoutFinalizer(current, ORPHAN));
}

/** `--cascade=foreground`: who blocks the owner's deletion goes first (`processDeletingDependentsItem`). */
function deleteDependentsFirst(owner: KubeObject, context: ControllerContext): void {
  const { uid = '' } = owner.metadata;
  const blocking = context.store
    .ownedBy(uid)
    .filter(({ metadata }) =>
      metadata.ownerReferences?.some((each) => each.uid === uid && each.blockOwnerDeletion),
    );
  for (const dependent of blocking) collect(dependent, context);
  if (blocking.length === 0) context.store.update(withoutFinalizer(owner, FOREGROUND));
}

function withOwners(object: KubeObject, owners: readonly OwnerReference[]): KubeObject {
  return { ...object, metadata: { ...object.metadata, ownerReferences: [...owners] } };
}

/** Deletes an object without an owner that stays (`attemptToDeleteItem`). */
function collect(dependent: KubeObject, { store }: ControllerContext): void {
  const owners = dependent.metadata.ownerReferences ?? [];
  if (owners.length === 0 || dependent.metadata.deletionTimestamp !== undefined) return;
  const found = owners.map((owner) => findOwner(owner, dependent, store));
  const solid = owners.filter((_, index) => {
    const owner = found[index];
    return owner !== undefined && (owner === 'unknown' || !isWaiting(owner));
  });
  const { namespace, name, uid = '' } = dependent.metadata;
  if (solid.length > 0) {
    if (solid.length < owners.length) store.update(withOwners(dependent, solid));
    return;
  }
  const isAwaited = found.some((owner) => owner !== undefined);
  const isForeground = (isAwaited && store.ownedBy(uid).length > 0) || has(dependent, FOREGROUND);
  store.delete(kindKeyOf(dependent), namespace, name, {
    propagationPolicy: has(dependent, ORPHAN)
      ? 'Orphan'
      : isForeground
        ? 'Foreground'
        : 'Background',
    uid,
  });
}

/** Owners that may have waited for this object alone. */
const waitingOwners = (object: KubeObject | undefined, store: Store): string[] =>
  (object?.metadata.ownerReferences ?? []).flatMap((reference) => {
    const owner = findOwner(reference, object!, store);
    return owner !== undefined && owner !== 'unknown' && isWaiting(owner) ? [keyOf(owner)] : [];
  });

/** Deletes what lost its owners. Source: pkg/controller/garbagecollector. */
export const garbageCollector: Controller = {
  name: 'garbage-collector-controller',
  hears: 'all-kinds',
  keysOf({ type, object, previous }, store) {
    const { ownerReferences = [], deletionTimestamp, uid = '' } = object.metadata;
    if (type === 'DELETED') {
      return [...store.ownedBy(uid).map(keyOf), ...waitingOwners(object, store)];
    }
    if (deletionTimestamp !== undefined) {
      return has(object, ORPHAN) || has(object, FOREGROUND) ? [keyOf(object)] : [];
    }
    if (type === 'ADDED') return ownerReferences.length > 0 ? [keyOf(object)] : [];
    const before = previous?.metadata.ownerReferences ?? [];
    if (before === ownerReferences || isSameJson(before, ownerReferences)) return [];
    return [keyOf(object), ...waitingOwners(previous, store)];
  },
  reconcile(key, context) {
    const colon = key.indexOf(':');
    const { namespace, name } = splitKey(key.slice(colon + 1));
    const object = context.store.get(key.slice(0, colon), namespace, name);
    if (!object) return;
    if (object.metadata.deletionTimestamp === undefined) collect(object, context);
    else if (has(object, ORPHAN)) orphanDependents(object, context);
    else if (has(object, FOREGROUND)) deleteDependentsFirst(object, context);
  },
};
