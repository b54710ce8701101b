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

/** Which objects have what value of one label. */
class LabelIndex {
  private readonly keysOf = new Map<string, Set<string>>();
  private readonly valueOf = new Map<string, string>();

  constructor(
    private readonly label: string,
    private readonly byKey: Readonly<Record<string, KubeObject>>,
  ) {
    for (const key of Object.keys(byKey)) this.note(key);
  }

  note(key: string): void {
    const before = this.valueOf.get(key);
    const now = this.byKey[key]?.metadata.labels?.[this.label];
    if (before === now) return;
    if (before !== undefined) this.forget(key, before);
    if (now === undefined) return;
    this.valueOf.set(key, now);
    const keys = this.keysOf.get(now);
    if (keys) keys.add(key);
    else this.keysOf.set(now, new Set([key]));
  }

  private forget(key: string, value: string): void {
    this.valueOf.delete(key);
    const keys = this.keysOf.get(value);
    keys?.delete(key);
    if (keys?.size === 0) this.keysOf.delete(value);
  }

  objectsWith(value: string): readonly KubeObject[] {
    return [...(this.keysOf.get(value) ?? [])].sort().map((key) => this.byKey[key]!);
  }
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

  private readonly index: LabelIndex | undefined;

  /** @param label one that lists of this kind are often asked for by */
  constructor(
    private readonly byKey: Readonly<Record<string, KubeObject>>,
    readonly label?: string,
  ) {
    this.index = label === undefined ? undefined : new LabelIndex(label, byKey);
    this.keys = Object.keys(byKey).sort();
    this.objects = this.keys.map((key) => byKey[key]!);
  }

  /** The object with this key was made, replaced or taken away. */
  note(key: string): void {
    this.changed.add(key);
    this.index?.note(key);
  }

  /** Those whose `label` has this value, of all namespaces. */
  labelled(value: string): readonly KubeObject[] {
    return this.index?.objectsWith(value) ?? [];
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
