import type { KubeObject, Status } from '../api/meta/object.ts';
import type { KindDescription } from '../api/schema/kind-description.ts';
import { conflict, statusFailure } from './status.ts';
import type { DeleteOptions } from './store.ts';

/** Folders of etcd that are not called as the resource. */
const FOLDERS: Readonly<Record<string, string>> = {
  services: 'services/specs',
  endpoints: 'services/endpoints',
  nodes: 'minions',
  ingresses: 'ingress',
  replicationcontrollers: 'controllers',
};

function etcdKey({ plural, group, custom }: KindDescription, { metadata }: KubeObject): string {
  const folder = custom ? `${group}/${plural}` : (FOLDERS[plural] ?? plural);
  const parts = [folder, metadata.namespace, metadata.name];
  return `/registry/${parts.filter((part) => part !== undefined).join('/')}`;
}

/** An update of an object that was deleted and made again (storage/errors.go `NewInvalidObjError`). */
export const otherUid = (kind: KindDescription, object: KubeObject, uid: string): string =>
  `StorageError: invalid object, Code: 4, Key: ${etcdKey(kind, object)}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${object.metadata.uid}`;

/** A deletion that meant another state of the object (registry/rest/delete.go `BeforeDelete`). */
export function unmetPrecondition(
  kind: KindDescription,
  { metadata }: KubeObject,
  { uid, resourceVersion }: DeleteOptions,
): Status | undefined {
  // The message names the kind where others name the resource.
  const names = { ...kind, plural: kind.kind };
  if (uid !== undefined && uid !== metadata.uid) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`;
    return conflict(names, metadata.name, why);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`;
    return conflict(names, metadata.name, why);
  }
  return undefined;
}

/** A version is the answer to a create, never part of it (storage `ErrResourceVersionSetOnCreate`). */
export const VERSION_ON_CREATE = statusFailure(
  500,
  '',
  'resourceVersion should not be set on objects to be created',
);
