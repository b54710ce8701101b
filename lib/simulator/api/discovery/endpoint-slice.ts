import type { ServiceProtocol } from '../core/container.ts';
import type { ObjectReference } from '../core/event.ts';
import type { KubeObject } from '../meta/object.ts';

/** discovery.k8s.io/v1 EndpointSlice. No spec: the fields stand at the top. */
export interface EndpointSlice extends KubeObject {
  apiVersion: 'discovery.k8s.io/v1';
  kind: 'EndpointSlice';
  addressType: 'IPv4' | 'IPv6' | 'FQDN';
  endpoints: Endpoint[];
  ports?: EndpointPort[] | null;
}

export interface Endpoint {
  addresses: string[];
  conditions?: EndpointConditions;
  hostname?: string;
  targetRef?: ObjectReference;
  nodeName?: string;
  zone?: string;
  hints?: { forZones?: { name: string }[]; forNodes?: { name: string }[] };
  deprecatedTopology?: Record<string, string>;
}

/** An absent condition means: ready and serving yes, terminating no. */
export interface EndpointConditions {
  ready?: boolean;
  serving?: boolean;
  terminating?: boolean;
}

export interface EndpointPort {
  /** Empty text for an unnamed port. */
  name?: string;
  protocol?: ServiceProtocol;
  /** Absent: all ports. */
  port?: number;
  appProtocol?: string;
}

/** Label that ties a slice to its Service. */
export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';
/** Label that says who writes a slice. */
export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';
