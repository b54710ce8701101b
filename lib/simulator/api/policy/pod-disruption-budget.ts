import type { Condition } from '../meta/condition.ts';
import type { LabelSelector } from '../meta/label-selector.ts';
import type { KubeObject } from '../meta/object.ts';

/** policy/v1 PodDisruptionBudget: how many of some pods an eviction may take away at a time. */
export interface PodDisruptionBudget extends KubeObject {
  apiVersion: 'policy/v1';
  kind: 'PodDisruptionBudget';
  spec: PodDisruptionBudgetSpec;
  status?: PodDisruptionBudgetStatus;
}

export interface PodDisruptionBudgetSpec {
  /** Absent: no pod. Empty: every pod of the namespace. */
  selector?: LabelSelector;
  /** A count, or a percentage of what the pods' controllers want (`50%`). One of the two. */
  minAvailable?: number | string;
  maxUnavailable?: number | string;
  unhealthyPodEvictionPolicy?: 'IfHealthyBudget' | 'AlwaysAllow';
}

export interface PodDisruptionBudgetStatus {
  observedGeneration?: number;
  /** Pods whose eviction was granted and whose end the controller has not seen, and since when. */
  disruptedPods?: Record<string, string>;
  disruptionsAllowed?: number;
  currentHealthy?: number;
  desiredHealthy?: number;
  expectedPods?: number;
  conditions?: Condition[];
}
