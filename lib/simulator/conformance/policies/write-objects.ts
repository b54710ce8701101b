import { findGroupVersionKind } from '../../api/kinds.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { handleRequest } from '../../apiserver/rest.ts';
import type { RestRequest } from '../../apiserver/rest-types.ts';
import type { Cluster } from '../../cluster.ts';

/** An object as tables hold them: whatever JSON somebody would send. */
export type Manifest = Partial<KubeObject> & Readonly<Record<string, unknown>>;

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Asks the API server, as any client does. */
export function request(
  cluster: Cluster,
  method: RestRequest['method'],
  path: string,
  body?: unknown,
  contentType = 'application/json',
): Answer {
  const answer = handleRequest(
    {
      method,
      path,
      headers: { 'content-type': contentType, 'user-agent': 'conformance' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    },
    cluster.apiServer,
  );
  return {
    status: answer.status,
    body: 'body' in answer && answer.type === 'json' ? JSON.parse(answer.body) : undefined,
  };
}

const messageOf = ({ status, body }: Answer) =>
  (body as { message?: string } | undefined)?.message ?? `status ${status}`;

/** The path of a kind's objects in a namespace; undefined when the server has no such kind. */
function collectionPath(cluster: Cluster, { apiVersion = '', kind = '', metadata }: Manifest) {
  const found = findGroupVersionKind(apiVersion, kind, cluster.store.kinds);
  if (!found) return undefined;
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const namespace = found.isNamespaced ? `/namespaces/${metadata?.namespace ?? 'default'}` : '';
  return `${root}${namespace}/${found.plural}`;
}

/**
 * What `kubectl apply` does: creates the object, or replaces what is there. The server's words when it refuses, which it may
 * do without anything being stored.
 */
export function applyObject(cluster: Cluster, manifest: Manifest): string | undefined {
  const path = collectionPath(cluster, manifest);
  if (path === undefined) {
    return `no matches for kind "${manifest.kind ?? ''}" in version "${manifest.apiVersion ?? ''}"`;
  }
  const own = `${path}/${manifest.metadata?.name ?? ''}`;
  const present = request(cluster, 'GET', own);
  const answer =
    present.status === 200
      ? request(cluster, 'PUT', own, withVersion(manifest, present.body as KubeObject))
      : request(cluster, 'POST', path, manifest);
  return answer.status < 300 ? undefined : messageOf(answer);
}

const withVersion = (manifest: Manifest, { metadata: { resourceVersion } }: KubeObject) => ({
  ...manifest,
  metadata: { ...manifest.metadata, resourceVersion },
});

/** `kubectl delete`. */
export function deleteObject(cluster: Cluster, manifest: Manifest): string | undefined {
  const path = collectionPath(cluster, manifest);
  const answer = request(cluster, 'DELETE', `${path ?? ''}/${manifest.metadata?.name ?? ''}`);
  return answer.status < 300 ? undefined : messageOf(answer);
}

/** `kubectl label`: a null takes a label away. */
export function labelObject(
  cluster: Cluster,
  manifest: Manifest,
  labels: Readonly<Record<string, string | null>>,
): string | undefined {
  const path = `${collectionPath(cluster, manifest) ?? ''}/${manifest.metadata?.name ?? ''}`;
  const body = { metadata: { labels } };
  const answer = request(cluster, 'PATCH', path, body, 'application/merge-patch+json');
  return answer.status < 300 ? undefined : messageOf(answer);
}
