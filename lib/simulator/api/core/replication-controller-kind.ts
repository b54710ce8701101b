import { COUNT_COLUMNS, templateColumns } from '../apps/template-columns.ts';
import { validateCounts } from '../apps/validate-counts.ts';
import { validateEndlessTemplate, validateTemplateLabels } from '../apps/validate-workload.ts';
import { formatLabels } from '../meta/label-selector.ts';
import { AGE_COLUMN, NAME_COLUMN, wideColumn } from '../schema/columns.ts';
import { required, type FieldProblem } from '../schema/field-problem.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import { PLAIN_KIND } from '../schema/plain-kind.ts';
import { fill, setPodSpecDefaults } from './pod-defaults.ts';
import type { ReplicationController } from './replication-controller.ts';
import { validateLabelMap } from './validate-service.ts';

/** `SetDefaults_ReplicationController`: selector and labels are the template's. */
function setDefaults(controller: ReplicationController): void {
  fill(controller, 'spec', {});
  const { spec, metadata } = controller;
  const labels = spec.template?.metadata?.labels;
  if (labels && Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
  if (labels && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
  fill(spec, 'replicas', 1);
  if (spec.template?.spec) setPodSpecDefaults(spec.template.spec);
}

function validate({ spec }: ReplicationController): FieldProblem[] {
  const { replicas, minReadySeconds, selector = {}, template } = spec;
  return [
    ...validateCounts({ minReadySeconds }, 'spec'),
    ...(Object.keys(selector).length === 0 ? [required('spec.selector')] : []),
    ...validateLabelMap(selector, 'spec.selector'),
    ...validateCounts({ replicas }, 'spec'),
    ...validateTemplateLabels({ matchLabels: selector }, template),
    ...validateEndlessTemplate(template, 'ReplicationController'),
  ];
}

export const REPLICATION_CONTROLLER: KindDescription<ReplicationController> = {
  ...PLAIN_KIND,
  kind: 'ReplicationController',
  group: '',
  plural: 'replicationcontrollers',
  singular: 'replicationcontroller',
  shortNames: ['rc'],
  categories: ['all'],
  type: 'core.ReplicationController',
  description:
    'A ReplicationController keeps a number of equal pods running. ReplicaSets replaced it.',
  subresources: ['status', 'scale'],
  columns: [
    NAME_COLUMN,
    ...COUNT_COLUMNS,
    AGE_COLUMN,
    ...templateColumns(({ spec: { template } }: ReplicationController) =>
      template ? { template } : {},
    ).slice(0, 2),
    wideColumn('Selector', 'Labels of its pods.', ({ spec }: ReplicationController) =>
      formatLabels(spec.selector),
    ),
  ],
  fieldLabels: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
  setDefaults,
  prepareForCreate(controller) {
    controller.status = { replicas: 0 };
  },
  validate,
  generationOf: ({ spec }) => spec,
};
