import { copyPlain } from '../../base/copy.ts';
import type { JsonSchema } from './custom-resource-definition.ts';

type Plain = Record<string, unknown>;

const TYPE_AND_METADATA = ['apiVersion', 'kind', 'metadata'];

const isPlain = (value: unknown): value is Plain =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** The schema of one key of an object, and whether the object may have the key at all. */
function schemaOf(schema: JsonSchema | undefined, key: string): JsonSchema | true | undefined {
  const { properties = {}, additionalProperties } = schema ?? {};
  if (Object.hasOwn(properties, key)) return properties[key];
  return additionalProperties === false ? undefined : additionalProperties;
}

function prune(
  value: unknown,
  schema: JsonSchema | undefined,
  path: string,
  dropped: string[],
  place: 'root' | 'inside',
): unknown {
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) =>
      prune(item, schema?.items, `${path}[${index}]`, dropped, 'inside'),
    );
  }
  if (!isPlain(value)) return value;
  const result: Plain = {};
  const keepsAll = schema?.['x-kubernetes-preserve-unknown-fields'] === true;
  const isObject = place === 'root' || schema?.['x-kubernetes-embedded-resource'] === true;
  for (const [key, inner] of Object.entries(value)) {
    const at = path === '' ? key : `${path}.${key}`;
    const of = schemaOf(schema, key);
    if (key === '__proto__') continue;
    if (isObject && TYPE_AND_METADATA.includes(key)) result[key] = inner;
    else if (typeof of === 'object') result[key] = prune(inner, of, at, dropped, 'inside');
    else if (of === true || keepsAll) result[key] = inner;
    else dropped.push(at);
  }
  return result;
}

/** Leaves out what the schema does not know (apiextensions `pruning.Prune`), and names it: `spec.foo`, `spec.list[0].bar`. */
export function pruneUnknown(
  object: Readonly<Record<string, unknown>>,
  schema: JsonSchema,
): { readonly object: Record<string, unknown>; readonly dropped: readonly string[] } {
  const dropped: string[] = [];
  return { object: prune(object, schema, '', dropped, 'root') as Plain, dropped };
}

const isUnwantedNull = (value: unknown, schema: JsonSchema | undefined) =>
  value === null && schema !== undefined && !schema.nullable;

/** Puts the schema's defaults where nothing is, in place; a null that may not be one counts as nothing (`defaulting.Default`). */
export function fillDefaults(value: unknown, schema: JsonSchema | undefined): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const fallback = schema?.items?.default;
      if (isUnwantedNull(item, schema?.items) && fallback !== undefined) {
        value[index] = copyPlain(fallback);
      }
      fillDefaults(value[index], schema?.items);
    }
  }
  if (!isPlain(value) || !schema) return;
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    const isMissing = !Object.hasOwn(value, key) || isUnwantedNull(value[key], property);
    if (isMissing && property.default !== undefined) value[key] = copyPlain(property.default);
    else if (isMissing) delete value[key];
  }
  for (const key of Object.keys(value)) {
    const of = schemaOf(schema, key);
    if (typeof of === 'object') fillDefaults(value[key], of);
  }
}
