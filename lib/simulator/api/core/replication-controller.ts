import type { ReplicaSetStatus } from '../apps/replica-set.ts';
import type { KubeObject } from '../meta/object.ts';
import type { PodTemplateSpec } from './pod.ts';

/** core/v1 ReplicationController: what ReplicaSets replaced. */
export interface ReplicationController extends KubeObject {
  apiVersion: 'v1';
  kind: 'ReplicationController';
  spec: {
    replicas?: number;
    minReadySeconds?: number;
    /** Labels that its pods have; the template's when left out. */
    selector?: Record<string, string>;
    template?: PodTemplateSpec;
  };
  status?: Omit<ReplicaSetStatus, 'terminatingReplicas'>;
}
