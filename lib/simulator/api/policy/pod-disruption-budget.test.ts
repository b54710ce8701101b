import { expect, test } from 'vitest';
import { HORIZONTAL_POD_AUTOSCALER } from '../autoscaling/horizontal-pod-autoscaler-kind.ts';
import type { HorizontalPodAutoscaler } from '../autoscaling/horizontal-pod-autoscaler.ts';
import { formatProblem } from '../schema/field-problem.ts';
import { POD_DISRUPTION_BUDGET } from './pod-disruption-budget-kind.ts';
import type { PodDisruptionBudget } from './pod-disruption-budget.ts';

const budget = (spec: PodDisruptionBudget['spec']): PodDisruptionBudget => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'x', namespace: 'default' },
  spec,
});

test.each<[string, PodDisruptionBudget['spec'], string[]]>([
  ['a share', { minAvailable: '50%', selector: {} }, []],
  [
    'more than all',
    { maxUnavailable: '101%' },
    ['spec.maxUnavailable: Invalid value: "101%": must not be greater than 100%'],
  ],
  [
    'a negative count',
    { minAvailable: -1 },
    ['spec.minAvailable: Invalid value: -1: must be greater than or equal to 0'],
  ],
  [
    'both',
    { minAvailable: 1, maxUnavailable: 1 },
    [
      'spec: Invalid value: {"MinAvailable":1,"Selector":null,"MaxUnavailable":1,"UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set',
    ],
  ],
])('a budget of %s', (_, spec, expected) => {
  expect(POD_DISRUPTION_BUDGET.validate(budget(spec)).map(formatProblem)).toEqual(expected);
});

test('a budget shows what it asks for and what it grants', () => {
  const one = { ...budget({ maxUnavailable: 1 }), status: { disruptionsAllowed: 1 } };
  expect(POD_DISRUPTION_BUDGET.columns.slice(0, 4).map((column) => column.cell(one, 0))).toEqual([
    'x',
    'N/A',
    '1',
    1,
  ]);
});

const autoscaler = (more: object): HorizontalPodAutoscaler => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web' },
  spec: { maxReplicas: 5, scaleTargetRef: { kind: 'Deployment', name: 'web' }, ...more },
});

test('an autoscaler aims at 80% of the CPU when nothing is said', () => {
  const one = autoscaler({});
  HORIZONTAL_POD_AUTOSCALER.setDefaults(one);
  HORIZONTAL_POD_AUTOSCALER.prepareForCreate(one);
  const cells = HORIZONTAL_POD_AUTOSCALER.columns.slice(0, 6).map((column) => column.cell(one, 0));
  expect(cells).toEqual(['web', 'Deployment/web', 'cpu: <unknown>/80%', '1', 5, 0]);
});

test.each([
  [
    'fewer than none',
    { minReplicas: 0 },
    ['spec.minReplicas: Invalid value: 0: must be greater than or equal to 1'],
  ],
  [
    'a most below the fewest',
    { minReplicas: 6 },
    ['spec.maxReplicas: Invalid value: 5: must be greater than or equal to `minReplicas`'],
  ],
  [
    'nothing to scale',
    { scaleTargetRef: { kind: 'Deployment', name: '' } },
    ['spec.scaleTargetRef.name: Required value'],
  ],
  [
    'a measure of nothing',
    { metrics: [{ type: 'Resource' }] },
    [
      'spec.metrics[0].resource: Required value: must populate information for the given metric source',
    ],
  ],
  [
    'another measure',
    { metrics: [{ type: 'Mood' }] },
    [
      'spec.metrics[0].type: Unsupported value: "Mood": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"',
    ],
  ],
])('an autoscaler with %s', (_, more, expected) => {
  expect(HORIZONTAL_POD_AUTOSCALER.validate(autoscaler(more)).map(formatProblem)).toEqual(expected);
});
