import { dnsLabelProblems } from '../meta/names.ts';
import { AGE_COLUMN, column, NAME_COLUMN } from '../schema/columns.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import type { Namespace } from './namespace.ts';

export const NAMESPACE: KindDescription<Namespace> = {
  kind: 'Namespace',
  group: '',
  version: 'v1',
  plural: 'namespaces',
  singular: 'namespace',
  shortNames: ['ns'],
  categories: [],
  isNamespaced: false,
  type: 'core.Namespace',
  description: 'A Namespace is a scope for names; most objects live in one.',
  subresources: ['status'],
  columns: [
    NAME_COLUMN,
    column('Status', 'Active, or on its way out.', (ns: Namespace) => ns.status?.phase ?? ''),
    AGE_COLUMN,
  ],
  fieldLabels: { 'status.phase': (namespace) => namespace.status?.phase ?? '' },
  nameProblems: dnsLabelProblems,
  setDefaults(namespace) {
    // kube-apiserver's NamespaceDefaultLabelName: policies can select a namespace by its name.
    namespace.metadata.labels = {
      ...namespace.metadata.labels,
      'kubernetes.io/metadata.name': namespace.metadata.name,
    };
  },
  prepareForCreate(namespace) {
    namespace.status = { phase: 'Active' };
    namespace.spec = {
      finalizers: [...new Set([...(namespace.spec?.finalizers ?? []), 'kubernetes'])],
    };
  },
  validate: () => [],
  validateUpdate: () => [],
};
