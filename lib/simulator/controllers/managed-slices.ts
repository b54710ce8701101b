import {
  MANAGED_BY_LABEL,
  SERVICE_NAME_LABEL,
  type EndpointSlice,
} from '../api/discovery/endpoint-slice.ts';
import type { Store } from '../apiserver/store.ts';

/** The value of MANAGED_BY_LABEL on slices that the endpoint slice controller keeps. */
export const MANAGED_BY = 'endpointslice-controller.k8s.io';

/** The slices of a Service that are the controller's own. */
export const slicesOf = (store: Store, namespace: string, service: string) =>
  store.list<EndpointSlice>('EndpointSlice', {
    namespace,
    labelSelector: `${SERVICE_NAME_LABEL}=${service},${MANAGED_BY_LABEL}=${MANAGED_BY}`,
  });
