import { copyPlain } from '../../base/copy.ts';
import { validateSegment } from '../networking/validate-reference.ts';
import { AGE_COLUMN, column, NAME_COLUMN } from '../schema/columns.ts';
import {
  forbidden,
  invalid,
  notSupported,
  required,
  type FieldProblem,
} from '../schema/field-problem.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import { PLAIN_KIND } from '../schema/plain-kind.ts';
import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricTarget,
  ScalingRules,
} from './horizontal-pod-autoscaler.ts';

type Source = Exclude<keyof MetricSpec, 'type'>;

/** Names of metric sources by their type, in the order of messages. */
const SOURCES: Readonly<Record<string, Source>> = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
};

function validateTarget(target: MetricTarget | undefined, field: string): FieldProblem[] {
  const { type, averageUtilization, averageValue, value } = target ?? {};
  const problems = type ? [] : [required(`${field}.type`, 'must specify a metric target type')];
  if (!['Utilization', 'Value', 'AverageValue'].includes(type ?? '')) {
    const detail = 'must be either Utilization, Value, or AverageValue';
    problems.push(invalid(`${field}.type`, type ?? '', detail));
  }
  if (averageUtilization !== undefined && averageUtilization < 1) {
    const detail = 'must be greater than 0';
    problems.push(invalid(`${field}.averageUtilization`, averageUtilization, detail));
  }
  for (const [name, quantity] of [
    ['value', value],
    ['averageValue', averageValue],
  ] as const) {
    if (quantity?.startsWith('-') || quantity === '0') {
      problems.push(invalid(`${field}.${name}`, quantity, 'must be positive'));
    }
  }
  return problems;
}

/** Resources are measured by value or by share, one of them. */
function validateResource(target: MetricTarget | undefined, field: string): FieldProblem[] {
  const { averageUtilization, averageValue } = target ?? {};
  if (averageUtilization === undefined && averageValue === undefined) {
    const detail = 'must set either a target raw value or a target utilization';
    return [required(`${field}.averageUtilization`, detail)];
  }
  if (averageUtilization === undefined || averageValue === undefined) return [];
  const detail = 'may not set both a target raw value and a target utilization';
  return [forbidden(`${field}.averageValue`, detail)];
}

/** pkg/apis/autoscaling/validation `validateMetricSpec`. */
function validateMetric(metric: MetricSpec, field: string): FieldProblem[] {
  const { type } = metric;
  const problems = type ? [] : [required(`${field}.type`, 'must specify a metric source type')];
  const source = SOURCES[type];
  if (!source) problems.push(notSupported(`${field}.type`, type ?? '', Object.keys(SOURCES)));
  for (const other of Object.values(SOURCES)) {
    if (other === source || !metric[other]) continue;
    const detail = 'must populate the given metric source only';
    problems.push(forbidden(`${field}.${other}`, detail));
  }
  if (!source) return problems;
  const given = metric[source];
  if (!given) {
    const detail = 'must populate information for the given metric source';
    return [...problems, required(`${field}.${source}`, detail)];
  }
  const at = `${field}.${source}.target`;
  const isResource = source === 'resource' || source === 'containerResource';
  return [
    ...problems,
    ...validateTarget(given.target, at),
    ...(isResource ? validateResource(given.target, at) : []),
  ];
}

/** Simplified: scaling rules are checked for their fields alone. */
function validateAutoscaler({ spec }: HorizontalPodAutoscaler): FieldProblem[] {
  const { minReplicas = 1, maxReplicas = 0, scaleTargetRef, metrics = [] } = spec;
  const problems: FieldProblem[] = [];
  const refuse = (field: string, value: number, detail: string) =>
    problems.push(invalid(`spec.${field}`, value, detail));
  if (minReplicas < 1) refuse('minReplicas', minReplicas, 'must be greater than or equal to 1');
  if (maxReplicas < 1) refuse('maxReplicas', maxReplicas, 'must be greater than 0');
  if (maxReplicas < minReplicas) {
    refuse('maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`');
  }
  return [
    ...problems,
    ...validateSegment(scaleTargetRef?.kind, 'spec.scaleTargetRef.kind'),
    ...validateSegment(scaleTargetRef?.name, 'spec.scaleTargetRef.name'),
    ...metrics.flatMap((metric, index) => validateMetric(metric, `spec.metrics[${index}]`)),
  ];
}

/** What the rules of one direction are where nothing is said (pkg/apis/autoscaling/v2/defaults.go). */
const SCALE_DOWN: ScalingRules = {
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
};
const SCALE_UP: ScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
};

function setAutoscalerDefaults(autoscaler: HorizontalPodAutoscaler): void {
  const { spec } = autoscaler;
  if (!spec) return;
  spec.minReplicas ??= 1;
  if ((spec.metrics ?? []).length === 0) {
    const target = { type: 'Utilization', averageUtilization: 80 };
    spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target } }];
  }
  const { behavior } = spec;
  if (!behavior) return;
  behavior.scaleUp = { ...copyPlain(SCALE_UP), ...behavior.scaleUp };
  behavior.scaleDown = { ...copyPlain(SCALE_DOWN), ...behavior.scaleDown };
}

const percent = (share: number | undefined) => (share === undefined ? undefined : `${share}%`);

type Measured = Partial<MetricTarget>;

/** What was seen and what is aimed at, of one kind of measure. */
function seenAndTarget(isResource: boolean, target: MetricTarget, current: Measured) {
  if (target.averageValue !== undefined) return [current.averageValue, target.averageValue];
  if (!isResource) return [current.value, target.value ?? ''];
  return [percent(current.averageUtilization), percent(target.averageUtilization) ?? '<auto>'];
}

/** `cpu: <unknown>/80%` (printers.go `formatHPAMetrics`). */
function metricText(metric: MetricSpec, current: Measured = {}): string {
  const source = SOURCES[metric.type];
  const given = source && metric[source];
  if (!given) return '<unknown type>';
  const isResource = 'name' in given;
  const [seen = '<unknown>', target] = seenAndTarget(isResource, given.target, current);
  const isMarked = given.target.averageValue !== undefined && /^(object|external)$/.test(source);
  return `${isResource ? `${given.name}: ` : ''}${seen}/${target}${isMarked ? ' (avg)' : ''}`;
}

function targetsText({ spec: { metrics = [] }, status }: HorizontalPodAutoscaler): string {
  if (metrics.length === 0) return '<none>';
  const texts = metrics.map((metric, index) => {
    const source = SOURCES[metric.type];
    return metricText(metric, source && status?.currentMetrics?.[index]?.[source]?.current);
  });
  const rest = texts.length > 2 ? ` + ${texts.length - 2} more...` : '';
  return `${texts.slice(0, 2).join(', ')}${rest}`;
}

export const HORIZONTAL_POD_AUTOSCALER: KindDescription<HorizontalPodAutoscaler> = {
  ...PLAIN_KIND,
  kind: 'HorizontalPodAutoscaler',
  group: 'autoscaling',
  version: 'v2',
  plural: 'horizontalpodautoscalers',
  singular: 'horizontalpodautoscaler',
  shortNames: ['hpa'],
  categories: ['all'],
  type: 'autoscalingv2.HorizontalPodAutoscaler',
  description:
    'A HorizontalPodAutoscaler says by which measure a workload gets more or fewer pods.',
  subresources: ['status'],
  columns: [
    NAME_COLUMN,
    column(
      'Reference',
      'What is scaled.',
      ({ spec: { scaleTargetRef: to } }: HorizontalPodAutoscaler) => `${to.kind}/${to.name}`,
    ),
    column('Targets', 'What was measured, and what is aimed at.', targetsText),
    column('MinPods', 'The fewest pods.', ({ spec }: HorizontalPodAutoscaler) =>
      String(spec.minReplicas ?? '<unset>'),
    ),
    column(
      'MaxPods',
      'The most pods.',
      ({ spec }: HorizontalPodAutoscaler) => spec.maxReplicas,
      'integer',
    ),
    column(
      'Replicas',
      'Pods it has.',
      ({ status }: HorizontalPodAutoscaler) => status?.currentReplicas ?? 0,
      'integer',
    ),
    AGE_COLUMN,
  ],
  setDefaults: setAutoscalerDefaults,
  prepareForCreate(autoscaler) {
    autoscaler.status = { currentMetrics: null, desiredReplicas: 0 };
  },
  validate: validateAutoscaler,
};
