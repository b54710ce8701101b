import type { TypeTable } from '../schema/field-type.ts';

/** Types of meta/v1, field by field as the OpenAPI document of Kubernetes 1.35 has them. */
export const META_FIELDS: TypeTable = {
  ObjectMeta: {
    annotations: 'map[string]string',
    creationTimestamp: 'time',
    deletionGracePeriodSeconds: 'int64',
    deletionTimestamp: 'time',
    finalizers: '[]string merge set',
    generateName: 'string',
    generation: 'int64',
    labels: 'map[string]string',
    managedFields: '[]ManagedFieldsEntry',
    name: 'string',
    namespace: 'string',
    ownerReferences: '[]OwnerReference merge=uid',
    resourceVersion: 'string',
    selfLink: 'string',
    uid: 'string',
  },
  ManagedFieldsEntry: {
    apiVersion: 'string',
    fieldsType: 'string',
    fieldsV1: 'object',
    manager: 'string',
    operation: 'string',
    subresource: 'string',
    time: 'time',
  },
  OwnerReference: {
    apiVersion: '!string',
    blockOwnerDeletion: 'boolean',
    controller: 'boolean',
    kind: '!string',
    name: '!string',
    uid: '!string',
  },
  LabelSelector: {
    matchExpressions: '[]LabelSelectorRequirement',
    matchLabels: 'map[string]string',
  },
  LabelSelectorRequirement: {
    key: '!string',
    operator: '!string',
    values: '[]string',
  },
  Condition: {
    lastTransitionTime: '!time',
    message: '!string',
    observedGeneration: 'int64',
    reason: '!string',
    status: '!string',
    type: '!string',
  },
};
