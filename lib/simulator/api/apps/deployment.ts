import type { PodTemplateSpec } from '../core/pod.ts';
import type { LabelSelector } from '../meta/label-selector.ts';
import type { KubeObject } from '../meta/object.ts';

/** apps/v1 Deployment. */
export interface Deployment extends KubeObject {
  apiVersion: 'apps/v1';
  kind: 'Deployment';
  spec: DeploymentSpec;
  status?: DeploymentStatus;
}

export interface DeploymentSpec {
  replicas?: number;
  selector: LabelSelector;
  template: PodTemplateSpec;
  strategy?: DeploymentStrategy;
  minReadySeconds?: number;
  revisionHistoryLimit?: number;
  paused?: boolean;
  progressDeadlineSeconds?: number;
}

export interface DeploymentStrategy {
  type?: 'RollingUpdate' | 'Recreate';
  /** Counts, or percentages of the replicas as text (`25%`). */
  rollingUpdate?: { maxUnavailable?: number | string; maxSurge?: number | string };
}

export interface DeploymentStatus {
  observedGeneration?: number;
  replicas?: number;
  updatedReplicas?: number;
  readyReplicas?: number;
  availableReplicas?: number;
  unavailableReplicas?: number;
  terminatingReplicas?: number;
  collisionCount?: number;
  conditions?: DeploymentCondition[];
}

export interface DeploymentCondition {
  type: 'Available' | 'Progressing' | 'ReplicaFailure';
  status: 'True' | 'False' | 'Unknown';
  lastUpdateTime?: string;
  lastTransitionTime?: string;
  reason?: string;
  message?: string;
}

/** Annotation with a ReplicaSet's or Deployment's revision number. */
export const REVISION_ANNOTATION = 'deployment.kubernetes.io/revision';
/** Label that tells the pods of one template from another's. */
export const POD_TEMPLATE_HASH_LABEL = 'pod-template-hash';
