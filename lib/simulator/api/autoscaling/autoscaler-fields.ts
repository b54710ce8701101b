import type { TypeTable } from '../schema/field-type.ts';

/** The HorizontalPodAutoscaler of autoscaling/v2, field by field as the OpenAPI document of Kubernetes 1.35 has it. */
export const AUTOSCALER_FIELDS: TypeTable = {
  HorizontalPodAutoscaler: {
    apiVersion: 'string',
    kind: 'string',
    metadata: 'meta.ObjectMeta',
    spec: '!HorizontalPodAutoscalerSpec',
    status: 'HorizontalPodAutoscalerStatus',
  },
  HorizontalPodAutoscalerSpec: {
    behavior: 'HorizontalPodAutoscalerBehavior',
    maxReplicas: '!int32',
    metrics: '[]MetricSpec',
    minReplicas: 'int32',
    scaleTargetRef: '!CrossVersionObjectReference',
  },
  HorizontalPodAutoscalerBehavior: {
    scaleDown: 'HPAScalingRules',
    scaleUp: 'HPAScalingRules',
  },
  HPAScalingRules: {
    policies: '[]HPAScalingPolicy',
    selectPolicy: 'string',
    stabilizationWindowSeconds: 'int32',
    tolerance: 'quantity',
  },
  HPAScalingPolicy: {
    periodSeconds: '!int32',
    type: '!string',
    value: '!int32',
  },
  MetricSpec: {
    containerResource: 'ContainerResourceMetricSource',
    external: 'ExternalMetricSource',
    object: 'ObjectMetricSource',
    pods: 'PodsMetricSource',
    resource: 'ResourceMetricSource',
    type: '!string',
  },
  ContainerResourceMetricSource: {
    container: '!string',
    name: '!string',
    target: '!MetricTarget',
  },
  MetricTarget: {
    averageUtilization: 'int32',
    averageValue: 'quantity',
    type: '!string',
    value: 'quantity',
  },
  ExternalMetricSource: {
    metric: '!MetricIdentifier',
    target: '!MetricTarget',
  },
  MetricIdentifier: {
    name: '!string',
    selector: 'meta.LabelSelector',
  },
  ObjectMetricSource: {
    describedObject: '!CrossVersionObjectReference',
    metric: '!MetricIdentifier',
    target: '!MetricTarget',
  },
  CrossVersionObjectReference: {
    apiVersion: 'string',
    kind: '!string',
    name: '!string',
  },
  PodsMetricSource: {
    metric: '!MetricIdentifier',
    target: '!MetricTarget',
  },
  ResourceMetricSource: {
    name: '!string',
    target: '!MetricTarget',
  },
  HorizontalPodAutoscalerStatus: {
    conditions: '[]HorizontalPodAutoscalerCondition merge=type',
    currentMetrics: '[]MetricStatus',
    currentReplicas: 'int32',
    desiredReplicas: '!int32',
    lastScaleTime: 'time',
    observedGeneration: 'int64',
  },
  HorizontalPodAutoscalerCondition: {
    lastTransitionTime: 'time',
    message: 'string',
    reason: 'string',
    status: '!string',
    type: '!string',
  },
  MetricStatus: {
    containerResource: 'ContainerResourceMetricStatus',
    external: 'ExternalMetricStatus',
    object: 'ObjectMetricStatus',
    pods: 'PodsMetricStatus',
    resource: 'ResourceMetricStatus',
    type: '!string',
  },
  ContainerResourceMetricStatus: {
    container: '!string',
    current: '!MetricValueStatus',
    name: '!string',
  },
  MetricValueStatus: {
    averageUtilization: 'int32',
    averageValue: 'quantity',
    value: 'quantity',
  },
  ExternalMetricStatus: {
    current: '!MetricValueStatus',
    metric: '!MetricIdentifier',
  },
  ObjectMetricStatus: {
    current: '!MetricValueStatus',
    describedObject: '!CrossVersionObjectReference',
    metric: '!MetricIdentifier',
  },
  PodsMetricStatus: {
    current: '!MetricValueStatus',
    metric: '!MetricIdentifier',
  },
  ResourceMetricStatus: {
    current: '!MetricValueStatus',
    name: '!string',
  },
};
