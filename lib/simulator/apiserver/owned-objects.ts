import type { KubeObject } from '../api/meta/object.ts';

/** Which objects name which owners: what garbage collection asks at every deletion. */
export class OwnedObjects {
  private readonly byOwner = new Map<string, Map<string, KubeObject>>();

  constructor(all: Iterable<KubeObject>) {
    for (const object of all) this.replace(undefined, object);
  }

  /** An object was made, replaced, or taken away. */
  replace(previous: KubeObject | undefined, object: KubeObject | undefined): void {
    const before = previous?.metadata.ownerReferences ?? [];
    const after = object?.metadata.ownerReferences ?? [];
    for (const { uid } of before) {
      if (!object || !after.some((owner) => owner.uid === uid)) this.forget(uid, previous!);
    }
    for (const { uid } of after) this.note(uid, object!);
  }

  of(uid: string): readonly KubeObject[] {
    return [...(this.byOwner.get(uid)?.values() ?? [])];
  }

  private note(owner: string, object: KubeObject): void {
    const owned = this.byOwner.get(owner);
    const uid = object.metadata.uid ?? '';
    if (owned) owned.set(uid, object);
    else this.byOwner.set(owner, new Map([[uid, object]]));
  }

  private forget(owner: string, object: KubeObject): void {
    const owned = this.byOwner.get(owner);
    owned?.delete(object.metadata.uid ?? '');
    if (owned?.size === 0) this.byOwner.delete(owner);
  }
}
