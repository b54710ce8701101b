import type { TypeTable } from '../schema/field-type.ts';

/** The Scale subresource of autoscaling/v1, field by field. */
export const SCALE_FIELDS: TypeTable = {
  Scale: {
    apiVersion: 'string',
    kind: 'string',
    metadata: 'meta.ObjectMeta',
    spec: 'ScaleSpec',
    status: 'ScaleStatus',
  },
  ScaleSpec: {
    replicas: 'int32',
  },
  ScaleStatus: {
    replicas: '!int32',
    selector: 'string',
  },
};
