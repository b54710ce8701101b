import type { Kinds } from '../api/kinds.ts';
import type { ApiResult, KubeObject, ManagedFieldsEntry } from '../api/meta/object.ts';

/** A committed change. `previous` is absent for an addition, `object` is the last state for a deletion. */
export interface StoreChange {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
  readonly previous?: KubeObject;
  readonly resourceVersion: number;
}

/** Everything that etcd would hold. Plain data. */
export interface StoreState {
  resourceVersion: number;
  /** `kind` → `namespace/name` (or `name`) → object. Kinds by their keys, `kindKey` of `api/kinds.ts`: `Pod`. */
  readonly objects: Record<string, Record<string, KubeObject>>;
  /** The newest changes, oldest first, for watches; a watch from before them gets 410 Gone. */
  readonly history: StoreChange[];
}

export interface ListOptions {
  readonly namespace?: string;
  /** As text: `app=web,tier in (a,b)`. */
  readonly labelSelector?: string;
  /** `metadata.name=x,spec.nodeName=y`. */
  readonly fieldSelector?: string;
}

/**
 * Objects with versions. Reads give frozen objects: copy (`structuredClone`) to change. Writes run defaulting,
 * validation and admission of the kind, so that a controller cannot write what kubectl could not.
 */
export interface Store {
  /** What can be stored: the built-in kinds and those of the CustomResourceDefinitions in this store. */
  readonly kinds: Kinds;
  get<T extends KubeObject = KubeObject>(
    kind: string,
    namespace: string | undefined,
    name: string,
  ): T | undefined;
  /** In the order of `namespace/name`, as etcd keeps them. */
  list<T extends KubeObject = KubeObject>(kind: string, options?: ListOptions): readonly T[];
  /** Objects whose owner references name this uid, of all kinds and namespaces. */
  ownedBy(uid: string): readonly KubeObject[];
  create<T extends KubeObject>(object: T, by?: WrittenBy): ApiResult<T>;
  /** Replaces spec and metadata; status of the old object is kept. A stale resourceVersion is a conflict (409). */
  update<T extends KubeObject>(object: T, by?: WrittenBy): ApiResult<T>;
  /** Replaces the status, and takes annotations along; all else stays as it is. */
  updateStatus<T extends KubeObject>(object: T, by?: WrittenBy): ApiResult<T>;
  /** Sets deletionTimestamp when finalizers or a grace period (pods) ask for it, else removes. */
  delete(
    kind: string,
    namespace: string | undefined,
    name: string,
    options?: DeleteOptions,
  ): ApiResult<KubeObject>;
  /** Called after each commit, in order. */
  subscribe(listener: (change: StoreChange) => void): () => void;
  /** Changes after a version, oldest first; undefined when the store has forgotten some of them (410 Gone). */
  changesSince(resourceVersion: number): readonly StoreChange[] | undefined;
  /** A copy to try a write on; the real one never hears of it. */
  dryRun(): Store;
  readonly resourceVersion: number;
  /** The oldest version that `changesSince` can start from. */
  readonly oldestVersion: number;
}

/** Who writes, for `metadata.managedFields`. Components of the cluster leave it out (`managed-fields/default-owners.ts`). */
export type WrittenBy =
  | { readonly writer: { readonly manager: string; readonly subresource?: string } }
  /** Server-side apply has found out who owns what. */
  | { readonly entries: readonly ManagedFieldsEntry[] };

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  /** Preconditions. */
  readonly uid?: string;
  readonly resourceVersion?: string;
}
