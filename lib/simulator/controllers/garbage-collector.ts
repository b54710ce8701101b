import type { KubeObject, OwnerReference } from '../api/meta/object.ts';
import type { Store } from '../apiserver/store.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { objectKey, splitKey } from './ownership.ts';

/**
 * Kinds that have owners in this simulator. Simplified: upstream watches every kind that exists.
 */
const OWNED_KINDS = ['ReplicaSet', 'Pod', 'EndpointSlice'] as const;

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';

function ownerExists(owner: OwnerReference, dependent: KubeObject, store: Store): boolean {
  const found =
    store.get(owner.kind, dependent.metadata.namespace, owner.name) ??
    store.get(owner.kind, undefined, owner.name);
  return found?.metadata.uid === owner.uid;
}

const dependentsOf = (owner: KubeObject, store: Store) =>
  OWNED_KINDS.flatMap((kind) =>
    store
      .list(
        kind,
        owner.metadata.namespace === undefined ? {} : { namespace: owner.metadata.namespace },
      )
      .filter(({ metadata }) =>
        metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid),
      ),
  );

const keyOf = (object: KubeObject) => `${object.kind}:${objectKey(object)}`;

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
    for (const { kind, metadata } of going) store.delete(kind, metadata.namespace, metadata.name);
    if (dependentsOf(owner, store).length === 0) store.update(withoutFinalizer(owner, FOREGROUND));
  }
}

function collect(dependent: KubeObject, { store }: ControllerContext): void {
  const owners = dependent.metadata.ownerReferences ?? [];
  if (owners.length === 0 || dependent.metadata.deletionTimestamp !== undefined) return;
  const left = owners.filter((owner) => ownerExists(owner, dependent, store));
  const { namespace, name } = dependent.metadata;
  if (left.length === 0) {
    store.delete(dependent.kind, namespace, name, { propagationPolicy: 'Background' });
  } else if (left.length < owners.length) {
    store.update(withOwners(dependent, left));
  }
}

/** Deletes what lost its owners. Source: pkg/controller/garbagecollector. */
export const garbageCollector: Controller = {
  name: 'garbage-collector-controller',
  keysOf({ type, object }, store) {
    const keys: string[] = [];
    const hasOwners = (object.metadata.ownerReferences ?? []).length > 0;
    if (type === 'DELETED') {
      keys.push(...dependentsOf(object, store).map(keyOf));
      for (const { kind, name } of object.metadata.ownerReferences ?? []) {
        const owner = store.get(kind, object.metadata.namespace, name);
        if (owner?.metadata.finalizers?.includes(FOREGROUND)) keys.push(keyOf(owner));
      }
    } else if (object.metadata.deletionTimestamp !== undefined) {
      const { finalizers = [] } = object.metadata;
      if (finalizers.includes(ORPHAN) || finalizers.includes(FOREGROUND)) keys.push(keyOf(object));
    } else if (type === 'ADDED' && hasOwners) {
      keys.push(keyOf(object));
    }
    return keys;
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
