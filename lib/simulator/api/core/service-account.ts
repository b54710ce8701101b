import type { KubeObject } from '../meta/object.ts';
import type { ObjectReference } from './event.ts';

/** core/v1 ServiceAccount. */
export interface ServiceAccount extends KubeObject {
  apiVersion: 'v1';
  kind: 'ServiceAccount';
  secrets?: ObjectReference[];
  imagePullSecrets?: { name?: string }[];
  automountServiceAccountToken?: boolean;
}
