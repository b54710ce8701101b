import { dnsSubdomainProblems } from '../meta/names.ts';
import type { KubeObject } from '../meta/object.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import { customColumns } from './custom-columns.ts';
import type {
  CustomResourceDefinition,
  CustomResourceVersion,
  JsonSchema,
} from './custom-resource-definition.ts';
import { findPath, pathText } from './find-path.ts';
import { fillDefaults } from './fit-to-schema.ts';
import { validateValue } from './validate-value.ts';

type CustomObject = KubeObject & { status?: unknown };

/** All but metadata and, where it has a subresource of its own, status: what counts as a change of what is wanted. */
function contentOf(object: CustomObject, hasStatus: boolean): unknown {
  const { metadata: _, apiVersion: __, status, ...rest } = object;
  return hasStatus ? rest : { ...rest, status };
}

/** Metadata is described for all kinds alike; a schema may only narrow names. */
function withoutMetadata(schema: JsonSchema): JsonSchema {
  const { metadata: _, ...properties } = schema.properties ?? {};
  return { ...schema, properties };
}

/** A kind as one version of its definition says. */
export function describeVersion(
  { spec, metadata }: CustomResourceDefinition,
  version: CustomResourceVersion,
): KindDescription<CustomObject> {
  const { group, names, scope } = spec;
  const { subresources, selectableFields = [], deprecated } = version;
  const schema = withoutMetadata(version.schema?.openAPIV3Schema ?? {});
  const hasStatus = subresources?.status !== undefined;
  const labels = selectableFields.map(({ jsonPath }) => jsonPath);
  const setDefaults = (object: CustomObject) => {
    const { metadata, ...rest } = object;
    fillDefaults(rest, schema);
    Object.assign(object, rest, { metadata });
  };
  const warning = `${group}/${version.name} ${names.kind} is deprecated`;
  return {
    kind: names.kind,
    group,
    version: version.name,
    plural: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    isNamespaced: scope === 'Namespaced',
    type: '',
    description: schema.description ?? '',
    subresources: [
      ...(hasStatus ? (['status'] as const) : []),
      ...(subresources?.scale ? (['scale'] as const) : []),
    ],
    columns: customColumns(version.additionalPrinterColumns),
    fieldLabels: Object.fromEntries(
      labels.map((path) => [
        path.slice(1),
        (object: CustomObject) => pathText(findPath(object, path)[0]),
      ]),
    ),
    custom: {
      schema,
      listKind: names.listKind ?? `${names.kind}List`,
      isServed: version.served,
      isStored: version.storage,
      isTerminating: metadata.deletionTimestamp !== undefined,
      ...(subresources?.scale ? { scale: subresources.scale } : {}),
      ...(deprecated ? { warning: version.deprecationWarning ?? warning } : {}),
    },
    nameProblems: dnsSubdomainProblems,
    setDefaults,
    prepareForCreate(object) {
      if (!hasStatus) return;
      delete object.status;
      // Upstream fills defaults again whenever it reads: Gateways begin with conditions that wait for a controller.
      setDefaults(object);
    },
    validate: (object) => validateValue(object, schema, ''),
    validateUpdate: () => [],
    generationOf: (object) => contentOf(object, hasStatus),
  };
}

/** A kind as its CustomResourceDefinition says, once for each version; nothing before it is established. */
export function describeCustomKind(
  definition: CustomResourceDefinition,
): readonly KindDescription[] {
  const isEstablished = definition.status?.conditions?.some(
    ({ type, status }) => type === 'Established' && status === 'True',
  );
  if (!isEstablished) return [];
  return definition.spec.versions.map(
    (version) => describeVersion(definition, version) as KindDescription,
  );
}
