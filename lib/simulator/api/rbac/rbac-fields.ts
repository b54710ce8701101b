import type { TypeTable } from '../schema/field-type.ts';

/** Kinds of rbac.authorization.k8s.io/v1, field by field as the OpenAPI document of Kubernetes 1.35 has them. */
export const RBAC_FIELDS: TypeTable = {
  ClusterRole: {
    aggregationRule: 'AggregationRule',
    apiVersion: 'string',
    kind: 'string',
    metadata: 'meta.ObjectMeta',
    rules: '[]PolicyRule',
  },
  AggregationRule: {
    clusterRoleSelectors: '[]meta.LabelSelector',
  },
  PolicyRule: {
    apiGroups: '[]string',
    nonResourceURLs: '[]string',
    resourceNames: '[]string',
    resources: '[]string',
    verbs: '![]string',
  },
  ClusterRoleBinding: {
    apiVersion: 'string',
    kind: 'string',
    metadata: 'meta.ObjectMeta',
    roleRef: '!RoleRef',
    subjects: '[]Subject',
  },
  RoleRef: {
    apiGroup: 'string',
    kind: '!string',
    name: '!string',
  },
  Subject: {
    apiGroup: 'string',
    kind: '!string',
    name: '!string',
    namespace: 'string',
  },
  Role: {
    apiVersion: 'string',
    kind: 'string',
    metadata: 'meta.ObjectMeta',
    rules: '[]PolicyRule',
  },
  RoleBinding: {
    apiVersion: 'string',
    kind: 'string',
    metadata: 'meta.ObjectMeta',
    roleRef: '!RoleRef',
    subjects: '[]Subject',
  },
};
