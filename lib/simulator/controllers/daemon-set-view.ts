import { REVISION_HASH_LABEL } from '../api/apps/controller-revision.ts';
import type { DaemonSet } from '../api/apps/daemon-set.ts';
import type { Pod } from '../api/core/pod.ts';
import type { Place } from './daemon-set-pods.ts';

/** What one reconcile of a DaemonSet looks at. */
export interface DaemonView {
  readonly set: DaemonSet;
  /** The value of the revision label of pods of the present template. */
  readonly hash: string;
  /** Node name → its pods, oldest first. */
  readonly podsOn: ReadonlyMap<string, readonly Pod[]>;
  /** What the set wants on each node. */
  readonly places: ReadonlyMap<string, Place>;
  readonly isAvailable: (pod: Pod) => boolean;
}

export const isUpdated = ({ hash }: DaemonView, { metadata }: Pod) =>
  metadata.labels?.[REVISION_HASH_LABEL] === hash;

export const allowsSurge = ({ spec }: DaemonSet) =>
  Number.parseInt(String(spec.updateStrategy?.rollingUpdate?.maxSurge ?? 0), 10) > 0;

/** The nodes that should have a pod. */
export const wantedNodes = ({ places }: DaemonView): readonly string[] =>
  [...places].filter(([, { shouldRun }]) => shouldRun).map(([name]) => name);
