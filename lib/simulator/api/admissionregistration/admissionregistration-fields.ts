import type { TypeTable } from '../schema/field-type.ts';

/** Types of admissionregistration.k8s.io/v1. */
export const ADMISSIONREGISTRATION_FIELDS: TypeTable = {
  MatchCondition: { expression: '!string', name: '!string' },
  MutatingWebhook: {
    admissionReviewVersions: '![]string',
    clientConfig: '!WebhookClientConfig',
    failurePolicy: 'string',
    matchConditions: '[]MatchCondition merge=name',
    matchPolicy: 'string',
    name: '!string',
    namespaceSelector: 'meta.LabelSelector',
    objectSelector: 'meta.LabelSelector',
    reinvocationPolicy: 'string',
    rules: '[]RuleWithOperations',
    sideEffects: '!string',
    timeoutSeconds: 'int32',
  },
  MutatingWebhookConfiguration: {
    apiVersion: 'string',
    kind: 'string',
    metadata: 'meta.ObjectMeta',
    webhooks: '[]MutatingWebhook merge=name',
  },
  RuleWithOperations: {
    apiGroups: '[]string',
    apiVersions: '[]string',
    operations: '[]string',
    resources: '[]string',
    scope: 'string',
  },
  ServiceReference: { name: '!string', namespace: '!string', path: 'string', port: 'int32' },
  WebhookClientConfig: { caBundle: 'bytes', service: 'ServiceReference', url: 'string' },
};
