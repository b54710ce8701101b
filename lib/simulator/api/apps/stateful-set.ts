import type { PodTemplateSpec } from '../core/pod.ts';
import type { LabelSelector } from '../meta/label-selector.ts';
import type { KubeObject, ObjectMeta } from '../meta/object.ts';

/** apps/v1 StatefulSet. */
export interface StatefulSet extends KubeObject {
  apiVersion: 'apps/v1';
  kind: 'StatefulSet';
  spec: StatefulSetSpec;
  status?: StatefulSetStatus;
}

export interface StatefulSetSpec {
  replicas?: number;
  selector: LabelSelector;
  template: PodTemplateSpec;
  /** Kept as it is. Simplified: there are no volumes behind it. */
  volumeClaimTemplates?: VolumeClaimTemplate[];
  serviceName?: string;
  podManagementPolicy?: 'OrderedReady' | 'Parallel';
  updateStrategy?: {
    type?: 'RollingUpdate' | 'OnDelete';
    rollingUpdate?: { partition?: number; maxUnavailable?: number | string };
  };
  revisionHistoryLimit?: number;
  minReadySeconds?: number;
  persistentVolumeClaimRetentionPolicy?: { whenDeleted?: string; whenScaled?: string };
  ordinals?: { start?: number };
}

export interface VolumeClaimTemplate {
  apiVersion?: string;
  kind?: string;
  metadata?: Partial<ObjectMeta>;
  spec?: { volumeMode?: string; accessModes?: string[]; [field: string]: unknown };
  status?: { phase?: string };
}

export interface StatefulSetStatus {
  observedGeneration?: number;
  replicas: number;
  readyReplicas?: number;
  availableReplicas?: number;
  currentReplicas?: number;
  updatedReplicas?: number;
  currentRevision?: string;
  updateRevision?: string;
  collisionCount?: number;
}

/** Label of a pod with the ordinal in its name. */
export const POD_INDEX_LABEL = 'apps.kubernetes.io/pod-index';
/** Label of a pod with its own name, so that a Service may select one pod. */
export const POD_NAME_LABEL = 'statefulset.kubernetes.io/pod-name';
