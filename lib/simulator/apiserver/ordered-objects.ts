import type { KubeObject } from '../api/meta/object.ts';

/** First place in `keys` that is not before `key`. */
function placeOf(keys: readonly string[], key: string): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The objects of one kind in the order of their keys (`namespace/name`). A list that was handed out stays as it is, and
 * the same one is given until something changes.
 */
export class OrderedObjects {
  private keys: string[];
  private objects: readonly KubeObject[];
  private readonly changed = new Set<string>();
  private readonly parts = new Map<string, readonly KubeObject[]>();

  constructor(private readonly byKey: Readonly<Record<string, KubeObject>>) {
    this.keys = Object.keys(byKey).sort();
    this.objects = this.keys.map((key) => byKey[key]!);
  }

  /** The object with this key was made, replaced or taken away. */
  note(key: string): void {
    this.changed.add(key);
  }

  all(): readonly KubeObject[] {
    if (this.changed.size > 0) this.catchUp();
    return this.objects;
  }

  /** Those of one namespace: their keys stand together. */
  inNamespace(namespace: string): readonly KubeObject[] {
    const all = this.all();
    const known = this.parts.get(namespace);
    if (known) return known;
    // '0' is what follows '/'.
    const part = all.slice(
      placeOf(this.keys, `${namespace}/`),
      placeOf(this.keys, `${namespace}0`),
    );
    this.parts.set(namespace, part);
    return part;
  }

  private catchUp(): void {
    if (this.changed.size > 32) {
      this.keys = Object.keys(this.byKey).sort();
      this.objects = this.keys.map((key) => this.byKey[key]!);
    } else {
      const objects = [...this.objects];
      for (const key of this.changed) this.apply(key, objects);
      this.objects = objects;
    }
    for (const key of this.changed) this.parts.delete(key.slice(0, Math.max(0, key.indexOf('/'))));
    this.changed.clear();
  }

  private apply(key: string, objects: KubeObject[]): void {
    const at = placeOf(this.keys, key);
    const object = this.byKey[key];
    const isThere = this.keys[at] === key;
    if (object && isThere) objects[at] = object;
    else if (object) {
      objects.splice(at, 0, object);
      this.keys.splice(at, 0, key);
    } else if (isThere) {
      objects.splice(at, 1);
      this.keys.splice(at, 1);
    }
  }
}
