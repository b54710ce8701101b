import { REVISION_HASH_LABEL, type ControllerRevision } from '../api/apps/controller-revision.ts';
import type { DaemonSet } from '../api/apps/daemon-set.ts';
import type { StatefulSet } from '../api/apps/stateful-set.ts';
import type { PodTemplateSpec } from '../api/core/pod.ts';
import { isSameJson } from '../base/same-json.ts';
import type { ControllerContext } from './controller.ts';
import { controllerReference, isControlledBy } from './ownership.ts';
import { podTemplateHash } from './pod-template-hash.ts';

type Owner = StatefulSet | DaemonSet;

/** What a revision keeps: a patch that brings the template back (`getPatch`). */
interface TemplatePatch {
  readonly spec: { readonly template: PodTemplateSpec & { readonly $patch: 'replace' } };
}

const HASH_LABEL = 'controller.kubernetes.io/hash';

/** The revisions that an object has had, oldest first. */
export function revisionsOf(
  owner: Owner,
  { store }: ControllerContext,
): readonly ControllerRevision[] {
  return store
    .list<ControllerRevision>('ControllerRevision', { namespace: owner.metadata.namespace ?? '' })
    .filter((revision) => isControlledBy(revision, owner))
    .toSorted((a, b) => a.revision - b.revision);
}

/** The template of a revision. */
export function templateOf(revision: ControllerRevision): PodTemplateSpec {
  const { $patch, ...template } = (revision.data as TemplatePatch).spec.template;
  void $patch;
  return template;
}

/** The value of the pods' label: a StatefulSet says the whole name, a DaemonSet the hash alone. */
export const revisionLabel = (owner: Owner, revision: ControllerRevision) =>
  owner.kind === 'StatefulSet'
    ? revision.metadata.name
    : (revision.metadata.labels?.[REVISION_HASH_LABEL] ?? '');

function createRevision(
  owner: Owner,
  data: TemplatePatch,
  revision: number,
  { store }: ControllerContext,
): ControllerRevision | undefined {
  const { template } = owner.spec;
  // 0 and absent give the same letters.
  const hash = podTemplateHash(template, owner.status?.collisionCount || undefined);
  const label = owner.kind === 'StatefulSet' ? HASH_LABEL : REVISION_HASH_LABEL;
  const { name, namespace = '', annotations } = owner.metadata;
  const created = store.create<ControllerRevision>({
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: { ...template.metadata?.labels, [label]: hash },
      ...(annotations ? { annotations } : {}),
      ownerReferences: [controllerReference(owner)],
    },
    data,
    revision,
  });
  return created.ok ? created.value : undefined;
}

/**
 * The revision of the present template: one that exists, moved to the end when it is an older one, or a new one.
 * Undefined when the API refused. Source: pkg/controller/history/controller_history.go.
 */
export function ensureRevision(
  owner: Owner,
  context: ControllerContext,
): ControllerRevision | undefined {
  const revisions = revisionsOf(owner, context);
  const data: TemplatePatch = { spec: { template: { ...owner.spec.template, $patch: 'replace' } } };
  const latest = revisions.at(-1);
  const known = revisions.findLast((revision) => isSameJson(revision.data, data));
  if (known && known === latest) return known;
  const revision = (latest?.revision ?? 0) + 1;
  if (!known) return createRevision(owner, data, revision, context);
  const moved = context.store.update({ ...known, revision });
  return moved.ok ? moved.value : undefined;
}

/** Deletes revisions that no pod has, oldest first, beyond the limit (`truncateHistory`, `cleanupHistory`). */
export function forgetRevisions(
  owner: Owner,
  live: ReadonlySet<string>,
  context: ControllerContext,
): void {
  const unused = revisionsOf(owner, context).filter(
    (revision) => !live.has(revisionLabel(owner, revision)),
  );
  const excess = unused.length - (owner.spec.revisionHistoryLimit ?? 10);
  for (const { kind, metadata } of unused.slice(0, Math.max(0, excess))) {
    context.store.delete(kind, metadata.namespace, metadata.name);
  }
}
