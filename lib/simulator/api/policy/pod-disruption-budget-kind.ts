import { validateAtMostAll, validateCountOrPercent } from '../apps/validate-counts.ts';
import { validateLabelSelector } from '../apps/validate-workload.ts';
import { AGE_COLUMN, column, NAME_COLUMN } from '../schema/columns.ts';
import { invalid, notSupported, type FieldProblem } from '../schema/field-problem.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import { PLAIN_KIND } from '../schema/plain-kind.ts';
import type { PodDisruptionBudget } from './pod-disruption-budget.ts';

/** pkg/apis/policy/validation `ValidatePodDisruptionBudgetSpec`. */
function validateBudget({ spec }: PodDisruptionBudget): FieldProblem[] {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy: policy } = spec;
  const problems: FieldProblem[] = [];
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    // Go prints the internal type here.
    const value = {
      MinAvailable: minAvailable,
      Selector: selector ?? null,
      MaxUnavailable: maxUnavailable,
      UnhealthyPodEvictionPolicy: policy ?? null,
    };
    const detail = 'minAvailable and maxUnavailable cannot be both set';
    problems.push(invalid('spec', value, detail));
  }
  for (const field of ['minAvailable', 'maxUnavailable'] as const) {
    const value = spec[field];
    problems.push(...validateCountOrPercent(value, `spec.${field}`));
    problems.push(...validateAtMostAll(value, `spec.${field}`));
  }
  const policies = ['AlwaysAllow', 'IfHealthyBudget'];
  if (policy !== undefined && !policies.includes(policy)) {
    problems.push(notSupported('spec.unhealthyPodEvictionPolicy', policy, policies));
  }
  return [...problems, ...(selector ? validateLabelSelector(selector, 'spec.selector') : [])];
}

const countColumn = (name: string, description: string, field: 'minAvailable' | 'maxUnavailable') =>
  column(name, description, ({ spec }: PodDisruptionBudget) => String(spec[field] ?? 'N/A'));

export const POD_DISRUPTION_BUDGET: KindDescription<PodDisruptionBudget> = {
  ...PLAIN_KIND,
  kind: 'PodDisruptionBudget',
  group: 'policy',
  plural: 'poddisruptionbudgets',
  singular: 'poddisruptionbudget',
  shortNames: ['pdb'],
  type: 'policy.PodDisruptionBudget',
  description: 'A PodDisruptionBudget says how many pods an eviction may take away at a time.',
  subresources: ['status'],
  columns: [
    NAME_COLUMN,
    countColumn('Min Available', 'Pods that must stay.', 'minAvailable'),
    countColumn('Max Unavailable', 'Pods that may be missing.', 'maxUnavailable'),
    column(
      'Allowed Disruptions',
      'Evictions that would be granted now.',
      ({ status }: PodDisruptionBudget) => status?.disruptionsAllowed ?? 0,
      'integer',
    ),
    AGE_COLUMN,
  ],
  setDefaults(budget) {
    budget.spec ??= {};
  },
  prepareForCreate(budget) {
    budget.status = {
      currentHealthy: 0,
      desiredHealthy: 0,
      disruptionsAllowed: 0,
      expectedPods: 0,
    };
  },
  validate: validateBudget,
  generationOf: ({ spec }) => spec,
};
