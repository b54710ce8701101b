import type { Json, KubeObject } from '../meta/object.ts';

/** autoscaling/v2 HorizontalPodAutoscaler. Kept and shown; nobody scales by it. */
export interface HorizontalPodAutoscaler extends KubeObject {
  apiVersion: 'autoscaling/v2';
  kind: 'HorizontalPodAutoscaler';
  spec: {
    scaleTargetRef: { apiVersion?: string; kind: string; name: string };
    minReplicas?: number;
    maxReplicas: number;
    metrics?: MetricSpec[];
    behavior?: { scaleUp?: ScalingRules; scaleDown?: ScalingRules };
  };
  status?: {
    currentReplicas?: number;
    desiredReplicas: number;
    currentMetrics?: MetricStatus[] | null;
    conditions?: Json[];
  };
}

/** The one that `type` names is filled: `Resource` fills `resource`. */
export interface MetricSpec {
  type: string;
  resource?: { name: string; target: MetricTarget };
  containerResource?: { name: string; container: string; target: MetricTarget };
  pods?: { metric: MetricIdentifier; target: MetricTarget };
  object?: { metric: MetricIdentifier; target: MetricTarget };
  external?: { metric: MetricIdentifier; target: MetricTarget };
}

interface MetricIdentifier {
  name: string;
}

export interface MetricTarget {
  type: string;
  value?: string;
  averageValue?: string;
  averageUtilization?: number;
}

/** As MetricSpec, with what was measured. */
export interface MetricStatus {
  type: string;
  resource?: { current: Partial<MetricTarget> };
  containerResource?: { current: Partial<MetricTarget> };
  pods?: { current: Partial<MetricTarget> };
  object?: { current: Partial<MetricTarget> };
  external?: { current: Partial<MetricTarget> };
}

export interface ScalingRules {
  stabilizationWindowSeconds?: number;
  selectPolicy?: string;
  policies?: { type: string; value: number; periodSeconds: number }[];
}
