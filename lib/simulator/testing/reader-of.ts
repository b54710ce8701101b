import type { KubeObject } from '../api/meta/object.ts';

/** What `readPolicyWorld` reads, of a list of objects. */
export const readerOf = (objects: readonly KubeObject[]) => ({
  list: <T extends KubeObject = KubeObject>(kind: string): readonly T[] =>
    objects.filter((object) => object.kind === kind) as T[],
});
