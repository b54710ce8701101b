import type { KubeObject } from '../meta/object.ts';

/** apps/v1 ControllerRevision: a template that a StatefulSet or DaemonSet has had, as a patch of its spec. */
export interface ControllerRevision extends KubeObject {
  apiVersion: 'apps/v1';
  kind: 'ControllerRevision';
  data?: unknown;
  revision: number;
}

/** Label of pods of StatefulSets and DaemonSets that names their revision. */
export const REVISION_HASH_LABEL = 'controller-revision-hash';
