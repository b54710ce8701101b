import { copyPlain } from '../../base/copy.ts';
import type { KubeObject } from './object.ts';

/** A copy of an object that may be changed. Its managers are shared with the original: they are replaced, never changed. */
export function copyObject<T extends KubeObject>(object: T): T {
  const { managedFields, ...metadata } = object.metadata;
  const copy = copyPlain({ ...object, metadata });
  if (managedFields) copy.metadata = { ...copy.metadata, managedFields };
  return copy;
}
