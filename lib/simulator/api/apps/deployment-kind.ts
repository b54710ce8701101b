import { fill, setPodSpecDefaults } from '../core/pod-defaults.ts';
import { AGE_COLUMN, column, NAME_COLUMN } from '../schema/columns.ts';
import { forbidden, invalid, notSupported, type FieldProblem } from '../schema/field-problem.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import { PLAIN_KIND } from '../schema/plain-kind.ts';
import type { Deployment, DeploymentSpec } from './deployment.ts';
import { templateColumns } from './template-columns.ts';
import {
  isZero,
  validateAtMostAll,
  validateCountOrPercent,
  validateCounts,
} from './validate-counts.ts';
import { validateImmutable, validateWorkload } from './validate-workload.ts';

function validateStrategy({ strategy = {} }: DeploymentSpec): FieldProblem[] {
  const field = 'spec.strategy';
  switch (strategy.type) {
    case 'Recreate':
      return strategy.rollingUpdate
        ? [
            forbidden(
              `${field}.rollingUpdate`,
              "may not be specified when strategy `type` is 'Recreate'",
            ),
          ]
        : [];
    case 'RollingUpdate': {
      const { maxUnavailable, maxSurge } = strategy.rollingUpdate ?? {};
      const problems = [
        ...validateCountOrPercent(maxUnavailable, `${field}.rollingUpdate.maxUnavailable`),
        ...validateCountOrPercent(maxSurge, `${field}.rollingUpdate.maxSurge`),
      ];
      if (isZero(maxUnavailable) && isZero(maxSurge)) {
        problems.push(
          invalid(
            `${field}.rollingUpdate.maxUnavailable`,
            maxUnavailable,
            'may not be 0 when `maxSurge` is 0',
          ),
        );
      }
      return [
        ...problems,
        ...validateAtMostAll(maxUnavailable, `${field}.rollingUpdate.maxUnavailable`),
      ];
    }
    case undefined:
    default:
      return [notSupported(`${field}.type`, strategy.type, ['Recreate', 'RollingUpdate'])];
  }
}

function validateDeployment({ spec }: Deployment): FieldProblem[] {
  const { replicas, minReadySeconds, revisionHistoryLimit, progressDeadlineSeconds } = spec;
  const problems = [
    ...validateCounts({ replicas }, 'spec'),
    ...validateWorkload(spec, 'Deployment'),
    ...validateStrategy(spec),
    ...validateCounts({ minReadySeconds, revisionHistoryLimit, progressDeadlineSeconds }, 'spec'),
  ];
  if ((spec.progressDeadlineSeconds ?? 600) <= (spec.minReadySeconds ?? 0)) {
    problems.push(
      invalid(
        'spec.progressDeadlineSeconds',
        spec.progressDeadlineSeconds,
        'must be greater than minReadySeconds',
      ),
    );
  }
  return problems;
}

function setDeploymentDefaults(deployment: Deployment): void {
  fill(deployment, 'spec', { selector: {}, template: { spec: { containers: [] } } });
  const { spec } = deployment;
  fill(spec, 'replicas', 1);
  fill(spec, 'strategy', {});
  const strategy = spec.strategy ?? {};
  strategy.type ||= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    strategy.rollingUpdate ??= {};
    strategy.rollingUpdate.maxUnavailable ??= '25%';
    strategy.rollingUpdate.maxSurge ??= '25%';
  }
  fill(spec, 'revisionHistoryLimit', 10);
  fill(spec, 'progressDeadlineSeconds', 600);
  if (spec.template?.spec) setPodSpecDefaults(spec.template.spec);
}

export const DEPLOYMENT: KindDescription<Deployment> = {
  ...PLAIN_KIND,
  kind: 'Deployment',
  group: 'apps',
  plural: 'deployments',
  singular: 'deployment',
  shortNames: ['deploy'],
  categories: ['all'],
  type: 'apps.Deployment',
  description: 'A Deployment keeps a number of equal pods running and replaces them step by step.',
  subresources: ['status', 'scale'],
  columns: [
    NAME_COLUMN,
    column('Ready', 'Ready pods of wanted pods.', ({ spec, status }: Deployment) => {
      return `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`;
    }),
    column(
      'Up-to-date',
      'Pods of the present template.',
      ({ status }: Deployment) => status?.updatedReplicas ?? 0,
    ),
    column(
      'Available',
      'Pods that have been ready long enough.',
      ({ status }: Deployment) => status?.availableReplicas ?? 0,
    ),
    AGE_COLUMN,
    ...templateColumns(({ spec }: Deployment) => spec),
  ],
  setDefaults: setDeploymentDefaults,
  prepareForCreate(deployment) {
    deployment.status = {};
  },
  validate: validateDeployment,
  validateUpdate: ({ spec }, previous) => validateImmutable(spec, previous.spec, ['selector']),
  generationOf: ({ spec, metadata }) => ({ spec, annotations: metadata.annotations }),
};
