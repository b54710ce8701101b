import { fill, setPodSpecDefaults } from '../core/pod-defaults.ts';
import { isSameJson } from '../../base/same-json.ts';
import { formatLabels } from '../meta/label-selector.ts';
import { AGE_COLUMN, column, NAME_COLUMN } from '../schema/columns.ts';
import { invalid, notSupported, required, type FieldProblem } from '../schema/field-problem.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import { PLAIN_KIND } from '../schema/plain-kind.ts';
import {
  TEMPLATE_GENERATION_ANNOTATION,
  type DaemonSet,
  type DaemonSetSpec,
  type DaemonSetStatus,
} from './daemon-set.ts';
import { templateColumns } from './template-columns.ts';
import {
  isZero,
  validateAtMostAll,
  validateCountOrPercent,
  validateCounts,
} from './validate-counts.ts';
import { validateImmutable, validateWorkload } from './validate-workload.ts';

function setDefaults(set: DaemonSet): void {
  fill(set, 'spec', { selector: {}, template: { spec: { containers: [] } } });
  const { spec } = set;
  const strategy = (spec.updateStrategy ??= {});
  strategy.type ||= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    const rolling = (strategy.rollingUpdate ??= {});
    rolling.maxUnavailable ??= 1;
    rolling.maxSurge ??= 0;
  }
  fill(spec, 'revisionHistoryLimit', 10);
  if (spec.template?.spec) setPodSpecDefaults(spec.template.spec);
}

function validateStrategy({ updateStrategy = {} }: DaemonSetSpec): FieldProblem[] {
  const at = 'spec.updateStrategy';
  const { type, rollingUpdate } = updateStrategy;
  if (type === 'OnDelete') return [];
  if (type !== 'RollingUpdate') {
    return [notSupported(at, updateStrategy, ['RollingUpdate', 'OnDelete'])];
  }
  if (!rollingUpdate) return [required(`${at}.rollingUpdate`)];
  const { maxUnavailable, maxSurge } = rollingUpdate;
  const unavailableAt = `${at}.rollingUpdate.maxUnavailable`;
  const surgeAt = `${at}.rollingUpdate.maxSurge`;
  const problems = [
    ...validateCountOrPercent(maxUnavailable, unavailableAt),
    ...validateCountOrPercent(maxSurge, surgeAt),
    ...validateAtMostAll(maxUnavailable, unavailableAt),
    ...validateAtMostAll(maxSurge, surgeAt),
  ];
  if (isZero(maxUnavailable) && isZero(maxSurge)) {
    problems.push(required(unavailableAt, 'cannot be 0 when maxSurge is 0'));
  } else if (!isZero(maxUnavailable) && !isZero(maxSurge)) {
    problems.push(invalid(surgeAt, maxSurge, 'may not be set when maxUnavailable is non-zero'));
  }
  return problems;
}

/** Templates are counted in an annotation, which only the server sets. */
function setTemplateGeneration(set: DaemonSet, generation: number): void {
  const { metadata } = set;
  const annotations = (metadata.annotations ??= {});
  annotations[TEMPLATE_GENERATION_ANNOTATION] = String(generation);
}

export const templateGenerationOf = ({ metadata }: DaemonSet) =>
  Number(metadata.annotations?.[TEMPLATE_GENERATION_ANNOTATION] ?? 0) || 0;

const countColumn = (name: string, description: string, field: keyof DaemonSetStatus) =>
  column(name, description, ({ status }: DaemonSet) => status?.[field] ?? 0, 'integer');

export const DAEMON_SET: KindDescription<DaemonSet> = {
  ...PLAIN_KIND,
  kind: 'DaemonSet',
  group: 'apps',
  plural: 'daemonsets',
  singular: 'daemonset',
  shortNames: ['ds'],
  categories: ['all'],
  type: 'apps.DaemonSet',
  description: 'A DaemonSet keeps one pod on every node that fits.',
  subresources: ['status'],
  columns: [
    NAME_COLUMN,
    countColumn('Desired', 'Nodes that should have a pod.', 'desiredNumberScheduled'),
    countColumn('Current', 'Of those, nodes that have one.', 'currentNumberScheduled'),
    countColumn('Ready', 'Nodes with a ready pod.', 'numberReady'),
    countColumn(
      'Up-to-date',
      'Nodes with a pod of the present template.',
      'updatedNumberScheduled',
    ),
    countColumn('Available', 'Nodes whose pod has been ready long enough.', 'numberAvailable'),
    column('Node Selector', 'Labels of the nodes that fit.', ({ spec }: DaemonSet) =>
      formatLabels(spec.template.spec.nodeSelector),
    ),
    AGE_COLUMN,
    ...templateColumns(({ spec }: DaemonSet) => spec),
  ],
  setDefaults,
  prepareForCreate(set) {
    setTemplateGeneration(set, 1);
    set.status = {
      currentNumberScheduled: 0,
      numberMisscheduled: 0,
      desiredNumberScheduled: 0,
      numberReady: 0,
    };
  },
  prepareForUpdate(set, previous) {
    const isNew = !isSameJson(set.spec.template, previous.spec.template);
    setTemplateGeneration(set, templateGenerationOf(previous) + (isNew ? 1 : 0));
  },
  validate({ spec }) {
    const { minReadySeconds, revisionHistoryLimit } = spec;
    return [
      ...validateWorkload(spec, 'DaemonSet'),
      ...validateCounts({ minReadySeconds }, 'spec'),
      ...validateStrategy(spec),
      ...validateCounts({ revisionHistoryLimit }, 'spec'),
    ];
  },
  validateUpdate: ({ spec }, previous) => validateImmutable(spec, previous.spec, ['selector']),
  generationOf: ({ spec }) => spec,
};
