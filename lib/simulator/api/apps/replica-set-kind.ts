import { fill, setPodSpecDefaults } from '../core/pod-defaults.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../schema/columns.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import { PLAIN_KIND } from '../schema/plain-kind.ts';
import type { ReplicaSet } from './replica-set.ts';
import { COUNT_COLUMNS, templateColumns } from './template-columns.ts';
import { validateCounts } from './validate-counts.ts';
import { validateImmutable, validateWorkload } from './validate-workload.ts';

export const REPLICA_SET: KindDescription<ReplicaSet> = {
  ...PLAIN_KIND,
  kind: 'ReplicaSet',
  group: 'apps',
  plural: 'replicasets',
  singular: 'replicaset',
  shortNames: ['rs'],
  categories: ['all'],
  type: 'apps.ReplicaSet',
  description: 'A ReplicaSet keeps a number of equal pods running. Deployments make them.',
  subresources: ['status', 'scale'],
  columns: [
    NAME_COLUMN,
    ...COUNT_COLUMNS,
    AGE_COLUMN,
    ...templateColumns(({ spec }: ReplicaSet) => spec),
  ],
  fieldLabels: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
  setDefaults(set) {
    fill(set, 'spec', { selector: {} });
    fill(set.spec, 'replicas', 1);
    if (set.spec.template?.spec) setPodSpecDefaults(set.spec.template.spec);
  },
  prepareForCreate(set) {
    set.status = { replicas: 0 };
  },
  validate({ spec }) {
    const { replicas, minReadySeconds } = spec;
    return [
      ...validateCounts({ replicas, minReadySeconds }, 'spec'),
      ...validateWorkload(spec, 'ReplicaSet'),
    ];
  },
  validateUpdate: ({ spec }, previous) => validateImmutable(spec, previous.spec, ['selector']),
  generationOf: ({ spec }) => spec,
};
