import { formatTimestamp, type Micros } from '../base/clock.ts';
import { nextUuid, type RandomState } from '../base/random.ts';
import type { KubeObject } from '../api/meta/object.ts';
import type { KindDescription } from '../api/schema/kind-description.ts';

/** What a new object gets from the server, and what it cannot bring along (registry/rest `BeforeCreate`). */
export function fillNewMetadata(
  kind: KindDescription,
  object: KubeObject,
  random: RandomState,
  now: Micros,
): void {
  const { metadata } = object;
  metadata.uid = nextUuid(random);
  metadata.creationTimestamp = formatTimestamp(now);
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.resourceVersion;
  delete metadata.generation;
  if (kind.generationOf) metadata.generation = 1;
  if (!kind.isNamespaced) delete metadata.namespace;
}

const KEPT = [
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'generateName',
  'resourceVersion',
] as const;

/** What the server alone decides stays as it was (registry/rest `BeforeUpdate`). */
export function keepSystemMetadata(object: KubeObject, previous: KubeObject): void {
  for (const key of KEPT) {
    delete object.metadata[key];
    if (previous.metadata[key] !== undefined) {
      Object.assign(object.metadata, { [key]: previous.metadata[key] });
    }
  }
}
