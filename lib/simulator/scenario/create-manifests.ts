import { findGroupVersionKind } from '../api/kinds.ts';
import type { KubeObject } from '../api/meta/object.ts';
import { readYaml } from '../apiserver/read-yaml.ts';
import { handleRequest } from '../apiserver/rest.ts';
import type { Cluster } from '../cluster.ts';
import { canonicalJson } from '../snapshot.ts';

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
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const scope = kind.isNamespaced ? `/namespaces/${metadata.namespace ?? namespace}` : '';
  const response = handleRequest(
    {
      method: 'POST',
      path: `${root}${scope}/${kind.plural}?fieldManager=kubectl-client-side-apply&fieldValidation=Strict`,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ ...object, metadata: { ...metadata, annotations } }),
    },
    cluster.apiServer,
  );
  return 'body' in response && response.status >= 300 ? response.body : undefined;
}
