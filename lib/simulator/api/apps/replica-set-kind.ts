import { formatLabelSelector } from '../meta/label-selector.ts';
import { fill, setPodSpecDefaults } from '../core/pod-defaults.ts';
import { dnsSubdomainProblems } from '../meta/names.ts';
import { AGE_COLUMN, column, NAME_COLUMN, wideColumn } from '../schema/columns.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import type { ReplicaSet } from './replica-set.ts';
import { containerImages, containerNames } from './template-text.ts';
import { validateSelectorUpdate, validateWorkload } from './validate-workload.ts';

export const REPLICA_SET: KindDescription<ReplicaSet> = {
  kind: 'ReplicaSet',
  group: 'apps',
  version: 'v1',
  plural: 'replicasets',
  singular: 'replicaset',
  shortNames: ['rs'],
  categories: ['all'],
  isNamespaced: true,
  type: 'apps.ReplicaSet',
  description: 'A ReplicaSet keeps a number of equal pods running. Deployments make them.',
  subresources: ['status', 'scale'],
  columns: [
    NAME_COLUMN,
    column('Desired', 'Wanted pods.', ({ spec }: ReplicaSet) => spec.replicas ?? 0, 'integer'),
    column(
      'Current',
      'Pods there are.',
      ({ status }: ReplicaSet) => status?.replicas ?? 0,
      'integer',
    ),
    column(
      'Ready',
      'Ready pods.',
      ({ status }: ReplicaSet) => status?.readyReplicas ?? 0,
      'integer',
    ),
    AGE_COLUMN,
    wideColumn('Containers', 'Names of the containers.', ({ spec }: ReplicaSet) =>
      containerNames(spec.template),
    ),
    wideColumn('Images', 'Images of the containers.', ({ spec }: ReplicaSet) =>
      containerImages(spec.template),
    ),
    wideColumn('Selector', 'Labels of its pods.', ({ spec }: ReplicaSet) =>
      formatLabelSelector(spec.selector),
    ),
  ],
  fieldLabels: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
  nameProblems: dnsSubdomainProblems,
  setDefaults(set) {
    fill(set, 'spec', { selector: {} });
    fill(set.spec, 'replicas', 1);
    if (set.spec.template?.spec) setPodSpecDefaults(set.spec.template.spec);
  },
  prepareForCreate(set) {
    set.status = { replicas: 0 };
  },
  validate: ({ spec }) => validateWorkload(spec, 'replicaset'),
  validateUpdate: ({ spec }, previous) => validateSelectorUpdate(spec, previous.spec),
  generationOf: ({ spec }) => spec,
};
