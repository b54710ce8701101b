import type { TypeTable } from '../schema/field-type.ts';

/** Kinds of coordination.k8s.io/v1, field by field as the OpenAPI document of Kubernetes 1.35 has them. */
export const COORDINATION_FIELDS: TypeTable = {
  Lease: {
    apiVersion: 'string',
    kind: 'string',
    metadata: 'meta.ObjectMeta',
    spec: 'LeaseSpec',
  },
  LeaseSpec: {
    acquireTime: 'micro-time',
    holderIdentity: 'string',
    leaseDurationSeconds: 'int32',
    leaseTransitions: 'int32',
    preferredHolder: 'string',
    renewTime: 'micro-time',
    strategy: 'string',
  },
};
