import { sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Kinds } from '../api/kinds.ts';
import { describeField, describeType } from '../api/schema/field-descriptions.ts';
import type { Field, FieldType, ScalarType } from '../api/schema/field-type.ts';
import { fieldsOf, openApiName } from '../api/schema/type-tables.ts';
import type { KindDescription } from '../api/schema/kind-description.ts';
import { customName, customSchema } from './openapi-custom.ts';

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

/** Names of types that may be anything (`any:JSON`). */
function anyNames(type: FieldType): string[] {
  switch (type.form) {
    case 'scalar':
      return type.ref === undefined ? [] : [openApiName(type.ref)];
    case 'struct':
      return [];
    case 'list':
      return anyNames(type.item);
    case 'map':
      return anyNames(type.value);
  }
}

const STRATEGIC = 'application/strategic-merge-patch+json';

const PATCH_TYPES = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  STRATEGIC,
];

const QUERY_PARAMETERS = ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map((name) => ({
  name,
  in: 'query',
  schema: { type: name === 'force' ? 'boolean' : 'string', uniqueItems: true },
}));

const nameOf = (kind: KindDescription) => (kind.custom ? customName(kind) : openApiName(kind.type));

/** One path per kind with the operations that kubectl looks for: it wants `fieldValidation` on PATCH. */
function pathItem(kind: KindDescription): Schema {
  const extension = {
    'x-kubernetes-group-version-kind': {
      group: kind.group,
      version: kind.version,
      kind: kind.kind,
    },
  };
  const types = PATCH_TYPES.filter((type) => !kind.custom || type !== STRATEGIC);
  const reference = { $ref: `#/components/schemas/${nameOf(kind)}` };
  return {
    patch: {
      parameters: QUERY_PARAMETERS,
      requestBody: { content: Object.fromEntries(types.map((type) => [type, { schema: {} }])) },
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

const SCALE = 'autoscaling.Scale';
const SCALE_KIND = { group: 'autoscaling', kind: 'Scale', version: 'v1' };
const KIND_EXTENSION = 'x-kubernetes-group-version-kind';

/** Schemas of the kinds and of all that they are made of. */
function schemasOf(kinds: readonly KindDescription[]): Record<string, unknown> {
  const roots = kinds.map((kind) => (kind.custom ? 'meta.ObjectMeta' : kind.type));
  const scales = kinds.some(({ subresources }) => subresources.includes('scale'));
  const types = new Set(
    [...roots, ...(scales ? [SCALE] : [])].flatMap((root) => [...reachableTypes(root)]),
  );
  const schemas: Record<string, unknown> = {
    ...Object.fromEntries([...types].sort().map((ref) => [openApiName(ref), schemaOfStruct(ref)])),
    ...NAMED_SCALARS,
  };
  for (const ref of types) {
    for (const { type } of fieldsOf(ref).values()) {
      for (const name of anyNames(type)) schemas[name] = {};
    }
  }
  if (scales) {
    schemas[openApiName(SCALE)] = { ...schemaOfStruct(SCALE), [KIND_EXTENSION]: [SCALE_KIND] };
  }
  for (const each of kinds) {
    const { group, version, kind, custom } = each;
    const schema = custom ? customSchema(each) : schemas[nameOf(each)];
    schemas[nameOf(each)] = {
      ...(schema as Schema),
      description: each.description,
      [KIND_EXTENSION]: [{ group, kind, version }],
    };
  }
  return schemas;
}

function makeDocument(path: string, kinds: readonly KindDescription[]): string {
  const paths = kinds.map((kind) => {
    const scope = kind.isNamespaced ? 'namespaces/{namespace}/' : '';
    return [`/${path}/${scope}${kind.plural}/{name}`, pathItem(kind)] as const;
  });
  return JSON.stringify({
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.35.0' },
    paths: Object.fromEntries(paths),
    components: { schemas: schemasOf(kinds) },
  });
}

interface Document {
  readonly text: string;
  /** Clients keep documents by it. */
  readonly hash: string;
}

interface Made extends Document {
  readonly kinds: readonly KindDescription[];
}

/** Documents by the last of their kinds: descriptions never change. */
const made = new WeakMap<KindDescription, Made>();

function documentOf(path: string, served: Kinds): Document | undefined {
  const kinds = served.list.filter((kind) => groupPath(kind) === path);
  const newest = kinds.at(-1);
  if (!newest) return undefined;
  const known = made.get(newest);
  if (known?.kinds.length === kinds.length && known.kinds.every((kind, i) => kind === kinds[i])) {
    return known;
  }
  const text = makeDocument(path, kinds);
  const hash = bytesToHex(sha512(utf8ToBytes(text))).toUpperCase();
  const document = { kinds, text, hash };
  made.set(newest, document);
  return document;
}

/** The OpenAPI v3 document of one group as JSON text; undefined for a group that is not served. */
export const openApiDocument = (path: string, served: Kinds): string | undefined =>
  documentOf(path, served)?.text;

/** What `/openapi/v3` answers: where the documents are. */
export function openApiIndex(served: Kinds): unknown {
  const paths = [...new Set(served.list.map(groupPath))].sort();
  return {
    paths: Object.fromEntries(
      paths.map((path) => [
        path,
        { serverRelativeURL: `/openapi/v3/${path}?hash=${documentOf(path, served)?.hash}` },
      ]),
    ),
  };
}
