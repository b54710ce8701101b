import { findGroupVersionKind, kindKey, kindKeyOf } from '../api/kinds.ts';
import type { KubeObject, OwnerReference } from '../api/meta/object.ts';
import type { Store } from '../apiserver/store.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { objectKey, splitKey } from './ownership.ts';

/** Events and namespaces have no owners. */
const ownedKinds = ({ kinds }: Store) =>
  [...kinds.byKey.keys()].filter((key) => key !== 'Event' && key !== 'Namespace');

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';

function ownerExists(owner: OwnerReference, dependent: KubeObject, store: Store): boolean {
  const kind = findGroupVersionKind(owner.apiVersion, owner.kind, store.kinds);
  // An owner of a kind that is not served cannot be looked up: upstream waits for it, and so keeps the dependent.
  if (!kind) return true;
  const namespace = kind.isNamespaced ? dependent.metadata.namespace : undefined;
  return store.get(kindKey(kind), namespace, owner.name)?.metadata.uid === owner.uid;
}

const dependentsOf = (owner: KubeObject, store: Store) =>
  ownedKinds(store).flatMap((kind) =>
    store
      .list(
        kind,
        owner.metadata.namespace === undefined ? {} : { namespace: owner.metadata.namespace },
      )
      .filter(({ metadata }) =>
        metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid),
      ),
  );

const keyOf = (object: KubeObject) => `${kindKeyOf(object)}:${objectKey(object)}`;

function withOwners(object: KubeObject, owners: readonly OwnerReference[]): KubeObject {
  const { ownerReferences, ...metadata } = object.metadata;
  void ownerReferences;
  return {
    ...object,
    metadata: owners.length > 0 ? { ...metadata, ownerReferences: [...owners] } : metadata,
  };
}

function withoutFinalizer(object: KubeObject, finalizer: string): KubeObject {
  const finalizers = (object.metadata.finalizers ?? []).filter((each) => each !== finalizer);
  return { ...object, metadata: { ...object.metadata, finalizers } };
}

/** `--cascade=orphan`: dependents lose the reference; `foreground`: they go first. */
function finishDeletion(owner: KubeObject, { store }: ControllerContext): void {
  const finalizers = owner.metadata.finalizers ?? [];
  const dependents = dependentsOf(owner, store);
  if (finalizers.includes(ORPHAN)) {
    for (const dependent of dependents) {
      const left = dependent.metadata.ownerReferences ?? [];
      store.update(
        withOwners(
          dependent,
          left.filter(({ uid }) => uid !== owner.metadata.uid),
        ),
      );
    }
    store.update(withoutFinalizer(owner, ORPHAN));
  } else if (finalizers.includes(FOREGROUND)) {
    const going = dependents.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    for (const each of going) {
      store.delete(kindKeyOf(each), each.metadata.namespace, each.metadata.name);
    }
    if (dependentsOf(owner, store).length === 0) store.update(withoutFinalizer(owner, FOREGROUND));
  }
}

function collect(dependent: KubeObject, { store }: ControllerContext): void {
  const owners = dependent.metadata.ownerReferences ?? [];
  if (owners.length === 0 || dependent.metadata.deletionTimestamp !== undefined) return;
  const left = owners.filter((owner) => ownerExists(owner, dependent, store));
  const { namespace, name } = dependent.metadata;
  if (left.length === 0) {
    store.delete(kindKeyOf(dependent), namespace, name, { propagationPolicy: 'Background' });
  } else if (left.length < owners.length) {
    store.update(withOwners(dependent, left));
  }
}

/** What the end of an object may concern: what it owned, and an owner that waits for it. */
function keysAfterDeletion(object: KubeObject, store: Store): string[] {
  const waiting = (object.metadata.ownerReferences ?? []).flatMap(
    ({ apiVersion, kind: named, name }) => {
      const kind = findGroupVersionKind(apiVersion, named, store.kinds);
      const owner = kind && store.get(kindKey(kind), object.metadata.namespace, name);
      return owner?.metadata.finalizers?.includes(FOREGROUND) ? [keyOf(owner)] : [];
    },
  );
  return [...dependentsOf(object, store).map(keyOf), ...waiting];
}

/** Deletes what lost its owners. Source: pkg/controller/garbagecollector. */
export const garbageCollector: Controller = {
  name: 'garbage-collector-controller',
  hears: 'all-kinds',
  keysOf({ type, object }, store) {
    const { finalizers = [], ownerReferences = [], deletionTimestamp } = object.metadata;
    if (type === 'DELETED') return keysAfterDeletion(object, store);
    if (deletionTimestamp !== undefined) {
      return finalizers.includes(ORPHAN) || finalizers.includes(FOREGROUND) ? [keyOf(object)] : [];
    }
    return type === 'ADDED' && ownerReferences.length > 0 ? [keyOf(object)] : [];
  },
  reconcile(key, context) {
    const colon = key.indexOf(':');
    const { namespace, name } = splitKey(key.slice(colon + 1));
    const object = context.store.get(key.slice(0, colon), namespace, name);
    if (!object) return;
    if (object.metadata.deletionTimestamp !== undefined) finishDeletion(object, context);
    else collect(object, context);
  },
};
