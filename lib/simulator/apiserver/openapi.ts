import type { Kinds } from '../api/kinds.ts';
import { describeField, describeType } from '../api/schema/field-descriptions.ts';
import type { Field, FieldType, ScalarType } from '../api/schema/field-type.ts';
import { fieldsOf, openApiName } from '../api/schema/type-tables.ts';
import type { KindDescription } from '../api/schema/kind-description.ts';

type Schema = Readonly<Record<string, unknown>>;

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity';
const INT_OR_STRING = 'io.k8s.apimachinery.pkg.util.intstr.IntOrString';

const oneOf = (...types: readonly string[]): Schema => ({ oneOf: types.map((type) => ({ type })) });

/** Scalars that the real document defines by name. */
const NAMED_SCALARS: Readonly<Record<string, Schema>> = {
  [`${META}.Time`]: { type: 'string', format: 'date-time' },
  [`${META}.MicroTime`]: { type: 'string', format: 'date-time' },
  [`${META}.FieldsV1`]: { type: 'object' },
  [QUANTITY]: oneOf('string', 'number'),
  [INT_OR_STRING]: { format: 'int-or-string', ...oneOf('integer', 'string') },
};

const referTo = (name: string): Schema => ({
  allOf: [{ $ref: `#/components/schemas/${name}` }],
});

const SCALARS: Readonly<Record<ScalarType, Schema>> = {
  string: { type: 'string' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  boolean: { type: 'boolean' },
  bytes: { type: 'string', format: 'byte' },
  quantity: referTo(QUANTITY),
  time: referTo(`${META}.Time`),
  'micro-time': referTo(`${META}.MicroTime`),
  'int-or-string': referTo(INT_OR_STRING),
  number: { type: 'number', format: 'double' },
  any: {},
  object: referTo(`${META}.FieldsV1`),
};

function schemaOfType(type: FieldType): Schema {
  switch (type.form) {
    case 'scalar':
      return type.ref === undefined ? SCALARS[type.scalar] : referTo(openApiName(type.ref));
    case 'struct':
      return { ...referTo(openApiName(type.ref)), default: {} };
    case 'list':
      return { type: 'array', items: schemaOfType(type.item) };
    case 'map':
      return { type: 'object', additionalProperties: schemaOfType(type.value) };
  }
}

function patchExtensions({ merge, retainKeys, replace, keys, listType }: Field): Schema {
  const strategy = [merge && 'merge', retainKeys && 'retainKeys', replace && 'replace'];
  const strategies = strategy.filter(Boolean).join(',');
  return {
    ...(strategies && { 'x-kubernetes-patch-strategy': strategies }),
    ...(merge?.key !== undefined && { 'x-kubernetes-patch-merge-key': merge.key }),
    ...(keys.length > 0 && { 'x-kubernetes-list-map-keys': keys }),
    ...(listType && { 'x-kubernetes-list-type': listType }),
  };
}

function schemaOfStruct(ref: string): Schema {
  const fields = [...fieldsOf(ref).values()];
  const required = fields.filter(({ isRequired }) => isRequired).map(({ name }) => name);
  return {
    type: 'object',
    description: describeType(ref),
    ...(required.length > 0 ? { required } : {}),
    properties: Object.fromEntries(
      fields.map((field) => [
        field.name,
        {
          description: describeField(ref, field.name),
          ...schemaOfType(field.type),
          ...patchExtensions(field),
        },
      ]),
    ),
  };
}

function structsIn(type: FieldType): string[] {
  switch (type.form) {
    case 'scalar':
      return [];
    case 'struct':
      return [type.ref];
    case 'list':
      return structsIn(type.item);
    case 'map':
      return structsIn(type.value);
  }
}

/** The types that a kind is made of, itself first. */
function reachableTypes(root: string): Set<string> {
  const found = new Set([root]);
  for (const ref of found) {
    for (const field of fieldsOf(ref).values()) {
      for (const inner of structsIn(field.type)) found.add(inner);
    }
  }
  return found;
}

const PATCH_TYPES = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];

const QUERY_PARAMETERS = ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map((name) => ({
  name,
  in: 'query',
  schema: { type: name === 'force' ? 'boolean' : 'string', uniqueItems: true },
}));

/** One path per kind with the operations that kubectl looks for: it wants `fieldValidation` on PATCH. */
function pathItem(kind: KindDescription): Schema {
  const extension = {
    'x-kubernetes-group-version-kind': {
      group: kind.group,
      version: kind.version,
      kind: kind.kind,
    },
  };
  const reference = { $ref: `#/components/schemas/${openApiName(kind.type)}` };
  return {
    patch: {
      parameters: QUERY_PARAMETERS,
      requestBody: {
        content: Object.fromEntries(PATCH_TYPES.map((type) => [type, { schema: {} }])),
      },
      responses: {
        '200': { description: 'OK', content: { 'application/json': { schema: reference } } },
      },
      ...extension,
    },
    put: {
      parameters: QUERY_PARAMETERS,
      responses: { '200': { description: 'OK' } },
      ...extension,
    },
  };
}

const groupPath = ({ group, version }: KindDescription) =>
  group === '' ? `api/${version}` : `apis/${group}/${version}`;

/** The OpenAPI v3 document of one group; undefined for a group that is not served. */
export function openApiDocument(path: string, served: Kinds): unknown {
  const kinds = served.list.filter((kind) => groupPath(kind) === path && !kind.custom);
  if (kinds.length === 0) return undefined;
  const types = new Set(kinds.flatMap(({ type }) => [...reachableTypes(type)]));
  const schemas: Record<string, Schema> = {
    ...Object.fromEntries([...types].sort().map((ref) => [openApiName(ref), schemaOfStruct(ref)])),
    ...NAMED_SCALARS,
  };
  for (const kind of kinds) {
    const { group, version } = kind;
    schemas[openApiName(kind.type)] = {
      ...schemas[openApiName(kind.type)],
      'x-kubernetes-group-version-kind': [{ group, kind: kind.kind, version }],
    };
  }
  const paths = kinds.map((kind) => {
    const scope = kind.isNamespaced ? 'namespaces/{namespace}/' : '';
    return [`/${path}/${scope}${kind.plural}/{name}`, pathItem(kind)] as const;
  });
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.35.0' },
    paths: Object.fromEntries(paths),
    components: { schemas },
  };
}

/** What `/openapi/v3` answers: where the documents are. */
export function openApiIndex(served: Kinds): unknown {
  const groups = [...new Set(served.list.map(groupPath))];
  return {
    paths: Object.fromEntries(
      groups.map((path) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=1` }]),
    ),
  };
}
