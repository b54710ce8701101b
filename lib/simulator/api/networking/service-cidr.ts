import type { Condition } from '../meta/condition.ts';
import type { KubeObject } from '../meta/object.ts';

/** networking.k8s.io/v1 ServiceCIDR: a range that Services get addresses of, one prefix or one of each family. */
export interface ServiceCIDR extends KubeObject {
  apiVersion: 'networking.k8s.io/v1';
  kind: 'ServiceCIDR';
  spec: { cidrs?: string[] };
  status?: { conditions?: Condition[] };
}

/** networking.k8s.io/v1 IPAddress: that an address of a Service range is taken, and who has it. Its name is the address. */
export interface IPAddress extends KubeObject {
  apiVersion: 'networking.k8s.io/v1';
  kind: 'IPAddress';
  spec: {
    parentRef?: { group?: string; resource: string; namespace?: string; name: string };
  };
}

/** Labels of an IPAddress that the API server made for a Service. */
export const IP_FAMILY_LABEL = 'ipaddress.kubernetes.io/ip-family';
export const MANAGED_BY_LABEL = 'ipaddress.kubernetes.io/managed-by';
