import type { JsonSchema } from '../../api/apiextensions/custom-resource-definition.ts';
import type { Field, FieldType, ScalarType } from '../../api/schema/field-type.ts';
import type { KindDescription } from '../../api/schema/kind-description.ts';
import { fieldsOf } from '../../api/schema/type-tables.ts';

/** What server-side apply needs to know of a value: where its parts can belong to different managers. */
export type MergeType =
  /** A scalar, or a struct, map or list that changes hands as a whole. */
  | { readonly form: 'leaf'; readonly scalar?: 'string' | 'numeric' | 'boolean' }
  | {
      readonly form: 'struct';
      fieldOf(name: string): MergeType | undefined;
      /** Whether Go writes the field even when nothing is in it: nobody owns that it is there. */
      isAlwaysThere(name: string): boolean;
    }
  | { readonly form: 'map'; readonly value: MergeType }
  | {
      readonly form: 'list';
      readonly item: MergeType;
      /** The fields that tell items apart. */
      readonly keys: readonly string[];
    }
  | { readonly form: 'set' }
  /** Free form: maps have parts, lists do not. */
  | { readonly form: 'deduced' };

/** Structs with `x-kubernetes-map-type: atomic`. */
const ATOMIC_STRUCTS: ReadonlySet<string> = new Set(
  (
    'LabelSelector LocalObjectReference ConfigMapKeySelector SecretKeySelector ObjectFieldSelector ' +
    'ResourceFieldSelector NodeSelector NodeSelectorTerm SecretReference TypedLocalObjectReference ObjectReference ' +
    'OwnerReference EndpointAddress EndpointPort ScopeSelector ScopedResourceSelectorRequirement FileKeySelector ' +
    'CrossVersionObjectReference RoleRef Subject ServiceBackendPort TopologySelectorTerm ClusterTrustBundleReference'
  ).split(' '),
);

/** Maps with `x-kubernetes-map-type: atomic`. */
const ATOMIC_MAPS: ReadonlySet<string> = new Set([
  'core.ServiceSpec.selector',
  'core.PodSpec.nodeSelector',
  'core.ReplicationControllerSpec.selector',
]);

/** Structs that are values in Go, not pointers, though no field of them is required. */
const VALUE_STRUCTS: ReadonlySet<string> = new Set(
  (
    'metadata spec status strategy updateStrategy template jobTemplate loadBalancer source involvedObject ' +
    'daemonEndpoints kubeletEndpoint nodeInfo resources names conversion'
  ).split(' '),
);

const LEAF: MergeType = { form: 'leaf' };
const DEDUCED: MergeType = { form: 'deduced' };
const SET: MergeType = { form: 'set' };
const STRING: MergeType = { form: 'leaf', scalar: 'string' };
const NUMERIC: MergeType = { form: 'leaf', scalar: 'numeric' };
const BOOLEAN: MergeType = { form: 'leaf', scalar: 'boolean' };

const structs = new Map<string, MergeType>();

function structType(ref: string): MergeType {
  const name = ref.split('.')[1] ?? '';
  if (ATOMIC_STRUCTS.has(name)) return LEAF;
  const known = structs.get(ref);
  if (known) return known;
  const made = new Map<string, MergeType | undefined>();
  const type: MergeType = {
    form: 'struct',
    fieldOf(field) {
      if (!made.has(field)) {
        const found = fieldsOf(ref).get(field);
        made.set(field, found && typeOfField(found, `${ref}.${field}`));
      }
      return made.get(field);
    },
    isAlwaysThere: (field) =>
      VALUE_STRUCTS.has(field) || fieldsOf(ref).get(field)?.isRequired === true,
  };
  structs.set(ref, type);
  return type;
}

function typeOfField(field: Field, path: string): MergeType {
  const { type, keys, listType } = field;
  if (type.form !== 'list') return ATOMIC_MAPS.has(path) ? LEAF : typeOf(type);
  if (listType === 'set') return SET;
  return listType === 'map' ? { form: 'list', item: typeOf(type.item), keys } : LEAF;
}

function typeOf(type: FieldType): MergeType {
  switch (type.form) {
    case 'struct':
      return structType(type.ref);
    case 'map':
      return { form: 'map', value: typeOf(type.value) };
    case 'list':
      return LEAF;
    case 'scalar':
      return typeOfScalar(type.scalar);
  }
}

function typeOfScalar(scalar: ScalarType): MergeType {
  switch (scalar) {
    case 'string':
    case 'bytes':
    case 'time':
    case 'micro-time':
      return STRING;
    case 'int32':
    case 'int64':
    case 'number':
      return NUMERIC;
    case 'boolean':
      return BOOLEAN;
    case 'quantity':
    case 'int-or-string':
      return LEAF;
    case 'any':
    case 'object':
      return DEDUCED;
  }
}

function typeOfSchema(schema: JsonSchema | boolean | undefined): MergeType {
  if (typeof schema !== 'object') return DEDUCED;
  if (schema['x-kubernetes-int-or-string']) return LEAF;
  switch (schema.type) {
    case 'object':
      return typeOfObject(schema);
    case 'array': {
      const { items } = schema;
      const kind = schema['x-kubernetes-list-type'];
      if (kind === 'set') return SET;
      if (kind !== 'map') return LEAF;
      const keys = schema['x-kubernetes-list-map-keys'] ?? [];
      return { form: 'list', item: typeOfSchema(items), keys };
    }
    case 'string':
      return STRING;
    case 'integer':
    case 'number':
      return NUMERIC;
    case 'boolean':
      return BOOLEAN;
    case undefined:
    default:
      return DEDUCED;
  }
}

function typeOfObject(schema: JsonSchema): MergeType {
  const { properties, additionalProperties } = schema;
  if (schema['x-kubernetes-map-type'] === 'atomic') return LEAF;
  if (!properties) {
    return additionalProperties === undefined || additionalProperties === false
      ? DEDUCED
      : { form: 'map', value: typeOfSchema(additionalProperties) };
  }
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true;
  return {
    form: 'struct',
    fieldOf: (name) =>
      Object.hasOwn(properties, name)
        ? typeOfSchema(properties[name])
        : isOpen
          ? DEDUCED
          : undefined,
    isAlwaysThere: () => false,
  };
}

const METADATA = structType('meta.ObjectMeta');

/** The type of a whole object of a kind. */
export function mergeTypeOf(kind: KindDescription): MergeType {
  if (!kind.custom) return structType(kind.type);
  const type = typeOfSchema({ type: 'object', ...kind.custom.schema });
  if (type.form !== 'struct') return type;
  return {
    form: 'struct',
    fieldOf: (name) =>
      name === 'metadata'
        ? METADATA
        : name === 'apiVersion' || name === 'kind'
          ? STRING
          : type.fieldOf(name),
    isAlwaysThere: (name) => name === 'metadata',
  };
}

type Plain = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Plain =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** The values that fields of a key have when they are not said (`+default` of ContainerPort, ServicePort). */
const KEY_DEFAULTS: Readonly<Record<string, string>> = { protocol: 'TCP' };

/** How an item of a list is written in a path: `k:{"name":"web"}`. Undefined when it lacks a key. */
export function itemElement(item: unknown, keys: readonly string[]): string | undefined {
  if (!isObject(item)) return undefined;
  const identity: Record<string, unknown> = {};
  for (const key of keys.toSorted()) {
    const value = item[key] ?? KEY_DEFAULTS[key];
    if (value !== undefined) identity[key] = value;
  }
  return Object.keys(identity).length > 0 ? `k:${JSON.stringify(identity)}` : undefined;
}

/** The parts of a value that can have owners of their own: path elements, values, types. Undefined: it has no parts. */
export function partsOf(
  value: unknown,
  type: MergeType,
): readonly (readonly [element: string, value: unknown, type: MergeType])[] | undefined {
  switch (type.form) {
    case 'leaf':
      return undefined;
    case 'struct':
      if (!isObject(value)) return undefined;
      return Object.entries(value).map(([name, inner]) => [
        `f:${name}`,
        inner,
        type.fieldOf(name) ?? DEDUCED,
      ]);
    case 'map':
      if (!isObject(value)) return undefined;
      return Object.entries(value).map(([name, inner]) => [`f:${name}`, inner, type.value]);
    case 'deduced':
      if (!isObject(value)) return undefined;
      return Object.entries(value).map(([name, inner]) => [`f:${name}`, inner, DEDUCED]);
    case 'set':
      if (!Array.isArray(value)) return undefined;
      return value.map((item) => [`v:${JSON.stringify(item)}`, item, LEAF]);
    case 'list':
      if (!Array.isArray(value)) return undefined;
      return value.map((item: unknown, index) => [
        itemElement(item, type.keys) ?? `i:${index}`,
        item,
        type.item,
      ]);
  }
}
