import type { TypeTable } from '../schema/field-type.ts';

/** Replication controllers and what claim templates of stateful sets are made of, as the OpenAPI document of Kubernetes 1.35 has them. */
export const REPLICATION_CONTROLLER_FIELDS: TypeTable = {
  ReplicationController: {
    apiVersion: 'string',
    kind: 'string',
    metadata: 'meta.ObjectMeta',
    spec: 'ReplicationControllerSpec',
    status: 'ReplicationControllerStatus',
  },
  ReplicationControllerCondition: {
    lastTransitionTime: 'time',
    message: 'string',
    reason: 'string',
    status: '!string',
    type: '!string',
  },
  ReplicationControllerSpec: {
    minReadySeconds: 'int32',
    replicas: 'int32',
    selector: 'map[string]string',
    template: 'PodTemplateSpec',
  },
  ReplicationControllerStatus: {
    availableReplicas: 'int32',
    conditions: '[]ReplicationControllerCondition merge=type',
    fullyLabeledReplicas: 'int32',
    observedGeneration: 'int64',
    readyReplicas: 'int32',
    replicas: '!int32',
  },
  PersistentVolumeClaim: {
    apiVersion: 'string',
    kind: 'string',
    metadata: 'meta.ObjectMeta',
    spec: 'PersistentVolumeClaimSpec',
    status: 'PersistentVolumeClaimStatus',
  },
  PersistentVolumeClaimCondition: {
    lastProbeTime: 'time',
    lastTransitionTime: 'time',
    message: 'string',
    reason: 'string',
    status: '!string',
    type: '!string',
  },
  PersistentVolumeClaimStatus: {
    accessModes: '[]string',
    allocatedResourceStatuses: 'map[string]string',
    allocatedResources: 'map[string]quantity',
    capacity: 'map[string]quantity',
    conditions: '[]PersistentVolumeClaimCondition merge=type',
    currentVolumeAttributesClassName: 'string',
    modifyVolumeStatus: 'ModifyVolumeStatus',
    phase: 'string',
  },
  ModifyVolumeStatus: {
    status: '!string',
    targetVolumeAttributesClassName: 'string',
  },
};
