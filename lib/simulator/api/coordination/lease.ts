import type { KubeObject } from '../meta/object.ts';

/** coordination.k8s.io/v1 Lease: who holds a task, and until when; kubelets show by one that they live. */
export interface Lease extends KubeObject {
  apiVersion: 'coordination.k8s.io/v1';
  kind: 'Lease';
  spec?: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    /** With microseconds: `2026-01-01T00:00:00.000000Z`. */
    acquireTime?: string;
    renewTime?: string;
    leaseTransitions?: number;
    strategy?: string;
    preferredHolder?: string;
  };
}

/** Where every node has its Lease. */
export const NODE_LEASE_NAMESPACE = 'kube-node-lease';
