import { dnsSubdomainProblems } from '../meta/names.ts';
import { NAME_COLUMN } from '../schema/columns.ts';
import { invalid } from '../schema/field-problem.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import type { CustomResourceDefinition } from './custom-resource-definition.ts';
import { validateDefinition } from './validate-definition.ts';

function noteStoredVersion(definition: CustomResourceDefinition): void {
  const stored = definition.spec.versions.find(({ storage }) => storage)?.name;
  const status = (definition.status ??= {});
  const versions = status.storedVersions ?? [];
  if (stored !== undefined && !versions.includes(stored)) {
    status.storedVersions = [...versions, stored];
  }
}

const isEstablished = ({ status }: CustomResourceDefinition) =>
  status?.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True');

export const CUSTOM_RESOURCE_DEFINITION: KindDescription<CustomResourceDefinition> = {
  kind: 'CustomResourceDefinition',
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  singular: 'customresourcedefinition',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  isNamespaced: false,
  type: 'apiextensions.CustomResourceDefinition',
  description: 'A kind that the API serves besides its own, with the schema of its objects.',
  subresources: ['status'],
  columns: [
    NAME_COLUMN,
    {
      name: 'Created At',
      type: 'date',
      priority: 0,
      description: 'When the object was created.',
      cell: ({ metadata }) => metadata.creationTimestamp ?? '',
    },
  ],
  fieldLabels: {},
  nameProblems: dnsSubdomainProblems,
  setDefaults({ spec }) {
    const { names } = spec;
    names.singular ??= names.kind.toLowerCase();
    names.listKind ??= `${names.kind}List`;
    spec.conversion ??= { strategy: 'None' };
  },
  prepareForCreate(definition) {
    definition.status = { acceptedNames: { plural: '', kind: '' }, conditions: [] };
    noteStoredVersion(definition);
  },
  prepareForUpdate: noteStoredVersion,
  validate: validateDefinition,
  validateUpdate(definition, previous) {
    const now = definition.spec;
    const before = previous.spec;
    const fixed = [
      ['spec.group', now.group, before.group],
      ['spec.names.plural', now.names.plural, before.names.plural],
      ...(isEstablished(previous)
        ? [
            ['spec.scope', now.scope, before.scope],
            ['spec.names.kind', now.names.kind, before.names.kind],
          ]
        : []),
    ] as const;
    const stored = definition.status?.storedVersions ?? [];
    return [
      ...fixed.flatMap(([field = '', value, old]) =>
        value === old ? [] : [invalid(field, value, 'field is immutable')],
      ),
      ...stored.flatMap((version, index) =>
        now.versions.some(({ name }) => name === version)
          ? []
          : [invalid(`status.storedVersions[${index}]`, version, 'must appear in spec.versions')],
      ),
    ];
  },
  generationOf: ({ spec }) => spec,
};
