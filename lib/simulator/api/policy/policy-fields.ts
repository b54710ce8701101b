import type { TypeTable } from '../schema/field-type.ts';

/** Kinds of policy/v1, field by field as the OpenAPI document of Kubernetes 1.35 has them. */
export const POLICY_FIELDS: TypeTable = {
  PodDisruptionBudget: {
    apiVersion: 'string',
    kind: 'string',
    metadata: 'meta.ObjectMeta',
    spec: 'PodDisruptionBudgetSpec',
    status: 'PodDisruptionBudgetStatus',
  },
  PodDisruptionBudgetSpec: {
    maxUnavailable: 'int-or-string',
    minAvailable: 'int-or-string',
    selector: 'meta.LabelSelector replace',
    unhealthyPodEvictionPolicy: 'string',
  },
  PodDisruptionBudgetStatus: {
    conditions: '[]meta.Condition merge=type',
    currentHealthy: 'int32',
    desiredHealthy: 'int32',
    disruptedPods: 'map[string]time',
    disruptionsAllowed: 'int32',
    expectedPods: 'int32',
    observedGeneration: 'int64',
  },
};
