import { MILLISECOND } from '../base/clock.ts';
import { findGroupVersionKind } from '../api/kinds.ts';
import type { KubeObject } from '../api/meta/object.ts';
import { decodeKind } from '../apiserver/decode-kind.ts';
import { readYaml } from '../apiserver/read-yaml.ts';
import type { Cluster } from '../cluster.ts';
import { canonicalJson } from '../snapshot.ts';

/** Until the names of a new custom kind are accepted, and some. */
const ESTABLISHED_AFTER = 10 * MILLISECOND;

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** What somebody applied before the learner came: each document is POSTed as `kubectl apply` does it the first time. */
export function createManifests(
  cluster: Cluster,
  yaml: string,
  namespace: string,
): string | undefined {
  const read = readYaml(yaml);
  if (!read.ok) return read.message;
  for (const document of read.documents) {
    const problem = createDocument(cluster, document, namespace);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function createDocument(
  cluster: Cluster,
  document: unknown,
  namespace: string,
): string | undefined {
  if (document === null || document === undefined) return undefined;
  const object = document as Partial<KubeObject>;
  const kind = findGroupVersionKind(
    object.apiVersion ?? '',
    object.kind ?? '',
    cluster.store.kinds,
  );
  if (!kind)
    return `no matches for kind "${object.kind ?? ''}" in version "${object.apiVersion ?? ''}"`;
  const metadata = {
    ...object.metadata,
    ...(kind.isNamespaced ? { namespace: object.metadata?.namespace ?? namespace } : {}),
  };
  const applied = { ...object, metadata: { annotations: {}, ...metadata } };
  const annotations = { ...metadata.annotations, [LAST_APPLIED]: `${canonicalJson(applied)}\n` };
  const sent = { ...object, metadata: { ...metadata, annotations } };
  const decoded = decodeKind(kind, sent, 'Strict');
  const made = decoded.ok
    ? cluster.store.create(decoded.value.object, {
        writer: { manager: 'kubectl-client-side-apply' },
      })
    : decoded;
  // The kind must be served before an object of it follows.
  if (made.ok && kind.kind === 'CustomResourceDefinition') cluster.advance(ESTABLISHED_AFTER);
  return made.ok ? undefined : made.status.message;
}
