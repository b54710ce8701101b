import type { KubeObject } from '../meta/object.ts';
import type { ServiceProtocol } from './container.ts';
import type { ObjectReference } from './event.ts';

/** core/v1 Endpoints, deprecated since 1.33: EndpointSlices carry the same and more. */
export interface Endpoints extends KubeObject {
  apiVersion: 'v1';
  kind: 'Endpoints';
  subsets?: EndpointSubset[];
}

export interface EndpointSubset {
  addresses?: EndpointAddress[];
  notReadyAddresses?: EndpointAddress[];
  ports?: { name?: string; port: number; protocol?: ServiceProtocol; appProtocol?: string }[];
}

export interface EndpointAddress {
  ip: string;
  hostname?: string;
  nodeName?: string;
  targetRef?: ObjectReference;
}
