import type { TypeTable } from '../schema/field-type.ts';

/** Kinds of apps/v1, field by field as the OpenAPI document of Kubernetes 1.35 has them. */
export const APPS_FIELDS: TypeTable = {
  Deployment: {
    apiVersion: 'string',
    kind: 'string',
    metadata: 'meta.ObjectMeta',
    spec: 'DeploymentSpec',
    status: 'DeploymentStatus',
  },
  DeploymentSpec: {
    minReadySeconds: 'int32',
    paused: 'boolean',
    progressDeadlineSeconds: 'int32',
    replicas: 'int32',
    revisionHistoryLimit: 'int32',
    selector: '!meta.LabelSelector',
    strategy: 'DeploymentStrategy retainKeys',
    template: '!core.PodTemplateSpec',
  },
  DeploymentStrategy: {
    rollingUpdate: 'RollingUpdateDeployment',
    type: 'string',
  },
  RollingUpdateDeployment: {
    maxSurge: 'int-or-string',
    maxUnavailable: 'int-or-string',
  },
  DeploymentStatus: {
    availableReplicas: 'int32',
    collisionCount: 'int32',
    conditions: '[]DeploymentCondition merge=type',
    observedGeneration: 'int64',
    readyReplicas: 'int32',
    replicas: 'int32',
    terminatingReplicas: 'int32',
    unavailableReplicas: 'int32',
    updatedReplicas: 'int32',
  },
  DeploymentCondition: {
    lastTransitionTime: 'time',
    lastUpdateTime: 'time',
    message: 'string',
    reason: 'string',
    status: '!string',
    type: '!string',
  },
  ReplicaSet: {
    apiVersion: 'string',
    kind: 'string',
    metadata: 'meta.ObjectMeta',
    spec: 'ReplicaSetSpec',
    status: 'ReplicaSetStatus',
  },
  ReplicaSetSpec: {
    minReadySeconds: 'int32',
    replicas: 'int32',
    selector: '!meta.LabelSelector',
    template: 'core.PodTemplateSpec',
  },
  ReplicaSetStatus: {
    availableReplicas: 'int32',
    conditions: '[]ReplicaSetCondition merge=type',
    fullyLabeledReplicas: 'int32',
    observedGeneration: 'int64',
    readyReplicas: 'int32',
    replicas: '!int32',
    terminatingReplicas: 'int32',
  },
  ReplicaSetCondition: {
    lastTransitionTime: 'time',
    message: 'string',
    reason: 'string',
    status: '!string',
    type: '!string',
  },
};
