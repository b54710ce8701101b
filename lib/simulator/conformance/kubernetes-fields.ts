import { startCluster } from '../bootstrap.ts';
import { DEFAULT_CLUSTER } from '../cluster-options.ts';
import { handleRequest } from '../apiserver/rest.ts';
import { Tally, type Suite } from './suite.ts';

/** `string`, `integer:int32`, a definition's name, `[array, T]`, `[map, T]`; null for a type that is not told. */
type TypeText = string | null | readonly [string, TypeText];

interface OfficialField {
  readonly type: TypeText;
  readonly patchStrategy?: string;
  readonly mergeKey?: string;
  readonly listType?: string;
  readonly listMapKeys?: readonly string[];
}

interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

interface Official {
  readonly fields?: Readonly<Record<string, TypeText | OfficialField>>;
  readonly required?: readonly string[];
  readonly gvk?: readonly GroupVersionKind[];
  /** Of a definition without fields: its type and format. */
  readonly type?: readonly [type: string | null, format: string | null];
}

/** What we read of a schema of the OpenAPI v3 document. */
interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly 'x-kubernetes-group-version-kind'?: readonly GroupVersionKind[];
  readonly 'x-kubernetes-patch-strategy'?: string;
  readonly 'x-kubernetes-patch-merge-key'?: string;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
}

type Named<T> = Readonly<Record<string, T>>;

/** The definitions of every document that the API server has, asked for as kubectl asks. */
function ourDefinitions(): Named<Schema> {
  const { apiServer } = startCluster(DEFAULT_CLUSTER, 'kubernetes-fields', 0);
  const ask = (path: string): unknown => {
    const answer = handleRequest({ method: 'GET', path }, apiServer);
    return 'body' in answer ? JSON.parse(answer.body) : {};
  };
  const index = ask('/openapi/v3') as { paths: Named<{ serverRelativeURL: string }> };
  const documents = Object.values(index.paths).map(
    ({ serverRelativeURL }) =>
      ask(serverRelativeURL) as { components?: { schemas?: Named<Schema> } },
  );
  return Object.assign(
    {},
    ...documents.map(({ components }) => components?.schemas),
  ) as Named<Schema>;
}

const nameOf = ($ref: string) => $ref.slice($ref.lastIndexOf('/') + 1);

/** The type of a schema in the table's notation. */
function typeOf(schema: Schema): TypeText {
  const reference = schema.$ref ?? schema.allOf?.[0]?.$ref;
  if (reference !== undefined) return nameOf(reference);
  if (schema.items) return ['array', typeOf(schema.items)];
  if (schema.additionalProperties) return ['map', typeOf(schema.additionalProperties)];
  const type = schema.type ?? null;
  return type !== null && schema.format !== undefined ? `${type}:${schema.format}` : type;
}

const ourField = (schema: Schema): OfficialField => ({
  type: typeOf(schema),
  ...(schema['x-kubernetes-patch-strategy'] && {
    patchStrategy: schema['x-kubernetes-patch-strategy'],
  }),
  ...(schema['x-kubernetes-patch-merge-key'] && {
    mergeKey: schema['x-kubernetes-patch-merge-key'],
  }),
  ...(schema['x-kubernetes-list-type'] && { listType: schema['x-kubernetes-list-type'] }),
  ...(schema['x-kubernetes-list-map-keys'] && {
    listMapKeys: schema['x-kubernetes-list-map-keys'],
  }),
});

const NO_FIELD = 'no such field';

/** One field in words, the same ones for both sides. */
function fieldText(
  given: TypeText | OfficialField | undefined,
  isRequired: boolean | undefined,
): string {
  if (given === undefined) return NO_FIELD;
  const field =
    given === null || typeof given === 'string' || Array.isArray(given)
      ? { type: given as TypeText }
      : (given as OfficialField);
  const { type, patchStrategy, mergeKey, listType, listMapKeys } = field;
  return [
    [type].flat(3).join(' of '),
    isRequired ? 'required' : '',
    patchStrategy === undefined ? '' : `patch ${patchStrategy.split(',').sort().join(',')}`,
    mergeKey === undefined ? '' : `by ${mergeKey}`,
    listType === undefined ? '' : `list ${listType}`,
    listMapKeys === undefined ? '' : `keys ${[...listMapKeys].sort().join(',')}`,
  ]
    .filter((text) => text !== '')
    .join('; ');
}

const gvkText = (kinds: readonly GroupVersionKind[] | undefined) =>
  (kinds ?? []).map(({ group, version, kind }) => `${group}/${version} ${kind}`).join(', ');

/** A definition apart from its fields: the kind it is, or the scalar it stands for. */
function officialText({ gvk, type }: Official): string {
  if (!type) return `fields ${gvkText(gvk)}`.trim();
  return `scalar ${type.filter((text) => text !== null).join(':')}`;
}

function ourText(schema: Schema | undefined): string {
  if (!schema) return 'no such definition';
  const kinds = schema['x-kubernetes-group-version-kind'];
  if (Object.keys(schema.properties ?? {}).length > 0) return `fields ${gvkText(kinds)}`.trim();
  // Where the newer document names the types that are accepted, the older one, which the table is of, says `string`.
  const types = schema.oneOf?.map(({ type }) => type) ?? [schema.type];
  const type = types.includes('string') ? 'string' : schema.type;
  return `scalar ${[type, schema.format].filter((text) => text !== undefined).join(':')}`;
}

/** Definitions that a table's type names. */
function named(given: TypeText | OfficialField): string[] {
  if (given === null) return [];
  if (typeof given === 'string') return [given];
  return Array.isArray(given)
    ? named((given as readonly [string, TypeText])[1])
    : named((given as OfficialField).type);
}

/** The kinds that both sides have, and all that they are made of. */
function supported(definitions: Named<Official>, ours: Named<Schema>): Set<string> {
  const isServed = (name: string) => ours[name]?.['x-kubernetes-group-version-kind'] !== undefined;
  const found = new Set(
    Object.keys(definitions).filter((name) => definitions[name]?.gvk && isServed(name)),
  );
  for (const name of found) {
    for (const field of Object.values(definitions[name]?.fields ?? {})) {
      for (const inner of named(field)) if (definitions[inner]) found.add(inner);
    }
  }
  return found;
}

/** Compares one definition and each of its fields. */
function compareDefinition(
  name: string,
  { fields = {}, required, ...official }: Official,
  our: Schema | undefined,
  tally: Tally,
): void {
  const about = (probe: string) => ({ case: name, probe });
  tally.compare(about('definition'), officialText(official), ourText(our));
  for (const field of new Set([...Object.keys(fields), ...Object.keys(our?.properties ?? {})])) {
    const schema = our?.properties?.[field];
    tally.compare(
      about(field),
      fieldText(fields[field], required?.includes(field)),
      fieldText(schema && ourField(schema), our?.required?.includes(field)),
    );
  }
}

/** Whether our kinds have the official fields, types and merge keys, no more and no less. */
export const kubernetesFields: Suite = {
  name: 'kubernetes_fields',
  unit: 'field or definition',
  run(file) {
    const { definitions } = file as { definitions: Named<Official> };
    const ours = ourDefinitions();
    const judged = supported(definitions, ours);
    const tally = new Tally();
    for (const [name, official] of Object.entries(definitions)) {
      if (judged.has(name)) compareDefinition(name, official, ours[name], tally);
      else if (official.gvk) {
        tally.skip({ case: name, probe: gvkText(official.gvk) }, 'a kind that is not served');
      }
    }
    return tally.result();
  },
};
