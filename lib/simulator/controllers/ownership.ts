import type { KubeObject, OwnerReference } from '../api/meta/object.ts';

/** The owner that manages an object, if it has one (meta/v1 `GetControllerOf`). */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find(({ controller }) => controller === true);
}

/** Whether `owner` manages `object`; names may be reused, uids are not. */
export function isControlledBy(object: KubeObject, owner: KubeObject): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid;
}

/** The reference that makes `owner` the manager (meta/v1 `NewControllerRef`). */
export function controllerReference(owner: KubeObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** `object` with `owner` added as its manager. */
export function adopt<T extends KubeObject>(object: T, owner: KubeObject): T {
  const ownerReferences = [...(object.metadata.ownerReferences ?? []), controllerReference(owner)];
  return { ...object, metadata: { ...object.metadata, ownerReferences } };
}

/** `object` without its reference to `owner`. */
export function release<T extends KubeObject>(object: T, owner: KubeObject): T {
  const { ownerReferences, ...rest } = object.metadata;
  const left = (ownerReferences ?? []).filter(({ uid }) => uid !== owner.metadata.uid);
  return { ...object, metadata: left.length > 0 ? { ...rest, ownerReferences: left } : rest };
}

/** `namespace/name`, or the name alone for an object of the whole cluster: the keys of most controllers. */
export function objectKey({ metadata }: KubeObject): string {
  return metadata.namespace === undefined
    ? metadata.name
    : `${metadata.namespace}/${metadata.name}`;
}

/** Undoes `objectKey`. */
export function splitKey(key: string): { namespace: string | undefined; name: string } {
  const slash = key.indexOf('/');
  return slash < 0
    ? { namespace: undefined, name: key }
    : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
