import type { KubeObject } from '../api/meta/object.ts';
import { apiVersionOf, type KindDescription } from '../api/schema/kind-description.ts';
import { managersOf } from './managed-fields/default-owners.ts';

/** `kind` and `apiVersion` as the serializer writes them, in the version that was asked for. */
export function withType(kind: KindDescription, object: KubeObject): KubeObject {
  return { ...object, kind: kind.kind, apiVersion: apiVersionOf(kind) };
}

/** An object as a client sees it: with all its managers. */
export const shown = (kind: KindDescription, object: KubeObject): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, managedFields: [...managersOf(object, kind)] },
});
