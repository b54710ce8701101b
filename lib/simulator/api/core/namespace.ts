import type { Condition } from '../meta/condition.ts';
import type { KubeObject } from '../meta/object.ts';

/** core/v1 Namespace. It goes away when `spec.finalizers` is emptied after a delete. */
export interface Namespace extends KubeObject {
  apiVersion: 'v1';
  kind: 'Namespace';
  spec?: { finalizers?: string[] };
  status?: {
    phase?: 'Active' | 'Terminating';
    conditions?: (Omit<Condition, 'observedGeneration'> & { observedGeneration?: number })[];
  };
}
