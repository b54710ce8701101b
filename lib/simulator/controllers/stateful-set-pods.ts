import { REVISION_HASH_LABEL, type ControllerRevision } from '../api/apps/controller-revision.ts';
import { withClaims } from '../api/apps/stateful-set-kind.ts';
import { POD_INDEX_LABEL, POD_NAME_LABEL, type StatefulSet } from '../api/apps/stateful-set.ts';
import type { Pod } from '../api/core/pod.ts';
import type { KubeObject } from '../api/meta/object.ts';
import type { ControllerContext } from './controller.ts';
import { podOf } from './pod-control.ts';
import { templateOf } from './revision-history.ts';

export const memberName = ({ metadata }: StatefulSet, ordinal: number) =>
  `${metadata.name}-${ordinal}`;

/** The number at the end of a pod's name when it is of the set of this name, else -1. */
export function ordinalOf(set: string, { metadata: { name } }: KubeObject): number {
  const ending = name.startsWith(`${set}-`) ? name.slice(set.length + 1) : '';
  return /^[0-9]+$/.test(ending) ? Number(ending) : -1;
}

/** The pod of an ordinal: a stable name, also as host name, below the domain of the governing Service. */
function memberOf(
  set: StatefulSet,
  ordinal: number,
  revision: string,
  { store }: ControllerContext,
): Pod {
  const name = memberName(set, ordinal);
  const found = store.get<ControllerRevision>(
    'ControllerRevision',
    set.metadata.namespace,
    revision,
  );
  const template = found ? templateOf(found) : set.spec.template;
  const pod = podOf(set, withClaims({ ...set.spec, template }, name));
  const { serviceName } = set.spec;
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      name,
      labels: {
        ...pod.metadata.labels,
        [POD_NAME_LABEL]: name,
        [POD_INDEX_LABEL]: String(ordinal),
        [REVISION_HASH_LABEL]: revision,
      },
    },
    spec: { ...pod.spec, hostname: name, ...(serviceName ? { subdomain: serviceName } : {}) },
  };
}

/** `create Pod web-0 in StatefulSet web successful` (stateful_pod_control.go `recordPodEvent`). */
function record(
  verb: 'Create' | 'Delete' | 'Update',
  set: StatefulSet,
  pod: string,
  problem: string | undefined,
  { recordEvent }: ControllerContext,
): void {
  const what = `${verb.toLowerCase()} Pod ${pod} in StatefulSet ${set.metadata.name}`;
  if (problem === undefined) {
    recordEvent(set, 'Normal', `Successful${verb}`, `${what} successful`);
  } else recordEvent(set, 'Warning', `Failed${verb}`, `${what} failed error: ${problem}`);
}

/** Creates the pod of an ordinal. False when the API refused. */
export function createMember(
  set: StatefulSet,
  ordinal: number,
  revision: string,
  context: ControllerContext,
): boolean {
  const made = context.store.create(memberOf(set, ordinal, revision, context));
  const problem = made.ok ? undefined : made.status.message;
  record('Create', set, memberName(set, ordinal), problem, context);
  return made.ok;
}

export function deleteMember(set: StatefulSet, pod: Pod, context: ControllerContext): void {
  const { namespace, name } = pod.metadata;
  const gone = context.store.delete('Pod', namespace, name);
  record('Delete', set, name, gone.ok ? undefined : gone.status.message, context);
}

/** An adopted pod gets the labels of its identity. */
export function keepIdentity(set: StatefulSet, pod: Pod, context: ControllerContext): void {
  const { name, labels } = pod.metadata;
  if (labels?.[POD_NAME_LABEL] === name) return;
  const ordinal = String(ordinalOf(set.metadata.name, pod));
  const identity = { ...labels, [POD_NAME_LABEL]: name, [POD_INDEX_LABEL]: ordinal };
  const kept = context.store.update({ ...pod, metadata: { ...pod.metadata, labels: identity } });
  record('Update', set, name, kept.ok ? undefined : kept.status.message, context);
}
