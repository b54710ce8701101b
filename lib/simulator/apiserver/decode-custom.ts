import { pruneUnknown } from '../api/apiextensions/fit-to-schema.ts';
import type { CustomKind } from '../api/schema/kind-description.ts';
import { decodeObject, type DecodedObject } from './decode-object.ts';

/** Reads a body as a custom resource: its metadata as the API's own, the rest as its schema says. */
export function decodeCustom(
  body: Readonly<Record<string, unknown>>,
  { schema }: CustomKind,
): DecodedObject {
  const { metadata, ...rest } = body;
  // Any type of the tables that has metadata reads it with the right paths.
  const read = decodeObject({ metadata: metadata ?? {} }, 'core.ConfigMap');
  const { object, dropped } = pruneUnknown(rest, schema);
  const unknown = dropped.map((path) => `unknown field ${JSON.stringify(path)}`);
  return {
    ...read,
    value: { ...object, metadata: (read.value as { metadata?: unknown }).metadata },
    strict: [...unknown, ...read.strict],
  };
}
