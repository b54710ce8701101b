import { dnsSubdomainProblems } from '../meta/names.ts';
import type { KubeObject } from '../meta/object.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../schema/columns.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import type {
  CustomResourceDefinition,
  CustomResourceVersion,
} from './custom-resource-definition.ts';

type WithStatus = KubeObject & { status?: unknown };

function withoutStatusAndMetadata({ metadata: _, status: __, ...rest }: WithStatus): unknown {
  return rest;
}

function describeVersion(
  { spec }: CustomResourceDefinition,
  version: CustomResourceVersion,
): KindDescription {
  const { group, names, scope } = spec;
  const hasStatus = version.subresources?.status !== undefined;
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
    description: version.schema?.openAPIV3Schema?.description ?? '',
    subresources: [
      ...(hasStatus ? (['status'] as const) : []),
      ...(version.subresources?.scale ? (['scale'] as const) : []),
    ],
    columns: [NAME_COLUMN, AGE_COLUMN],
    fieldLabels: {},
    custom: {
      schema: version.schema?.openAPIV3Schema ?? {},
      isServed: version.served,
      isStored: version.storage,
    },
    nameProblems: dnsSubdomainProblems,
    setDefaults: () => undefined,
    prepareForCreate(object: WithStatus) {
      if (hasStatus) delete object.status;
    },
    validate: () => [],
    validateUpdate: () => [],
    generationOf: (object) =>
      hasStatus ? withoutStatusAndMetadata(object) : { ...object, metadata: undefined },
  };
}

/** A kind as its CustomResourceDefinition says, once for each version; nothing before its names are accepted. */
export function describeCustomKind(
  definition: CustomResourceDefinition,
): readonly KindDescription[] {
  const isEstablished = definition.status?.conditions?.some(
    ({ type, status }) => type === 'Established' && status === 'True',
  );
  if (!isEstablished) return [];
  return definition.spec.versions.map((version) => describeVersion(definition, version));
}
