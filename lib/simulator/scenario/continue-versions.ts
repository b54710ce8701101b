import type { KubeObject } from '../api/meta/object.ts';
import type { StoreState } from '../apiserver/store.ts';

/** More versions than a store can use up between two entries of a live sandbox. */
const VERSIONS_PER_ENTRY = 10_000_000;

/**
 * After an act was taken back, versions go on from a number that nobody has seen: `sequence` is the entry that took it
 * back, and objects changed after version `unchangedUntil` get new ones. What clients remember from before is then
 * never mistaken for the present: a stale write conflicts, an old watch is told 410 Gone. That is what is done to an
 * etcd that was restored from a backup (`etcdutl snapshot restore --bump-revision --mark-compacted`, etcd 3.6).
 * Changes `state`: whoever has a Store over it makes another.
 */
export function continueVersions(
  state: StoreState,
  unchangedUntil: number,
  sequence: number,
): void {
  const changed = Object.values(state.objects)
    .flatMap((objects) =>
      Object.entries(objects).map(([key, object]) => ({ objects, key, object })),
    )
    .filter(({ object }) => versionOf(object) > unchangedUntil)
    .sort((a, b) => versionOf(a.object) - versionOf(b.object));
  let version = sequence * VERSIONS_PER_ENTRY;
  for (const { objects, key, object } of changed) {
    version += 1;
    objects[key] = {
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(version) },
    };
  }
  state.resourceVersion = version + 1;
  state.history.length = 0;
}

const versionOf = (object: KubeObject): number => Number(object.metadata.resourceVersion ?? 0);
