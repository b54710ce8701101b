import { nextNameSuffix, type RandomState } from '../base/random.ts';
import type { Container } from '../api/core/container.ts';
import type { Namespace } from '../api/core/namespace.ts';
import type { Pod } from '../api/core/pod.ts';
import { admitPodSpec } from '../api/core/pod-defaults.ts';
import type { KubeObject, Status } from '../api/meta/object.ts';
import type { KindDescription } from '../api/schema/kind-description.ts';
import { namespaceTerminating, notFound } from './status.ts';

const NAMESPACES = { group: '', plural: 'namespaces', kind: 'Namespace' };

/** NamespaceLifecycle: content needs a namespace that is there and stays. */
export function admitNamespace(
  kind: KindDescription,
  object: KubeObject,
  namespace: Namespace | undefined,
): Status | undefined {
  if (!kind.isNamespaced) return undefined;
  const name = object.metadata.namespace ?? '';
  if (!namespace) return notFound(NAMESPACES, name);
  return namespace.metadata.deletionTimestamp !== undefined
    ? namespaceTerminating(kind, object.metadata.name, name)
    : undefined;
}

const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The volume with token, certificate and namespace that every pod gets. */
const tokenVolume = (name: string) => ({
  name,
  projected: {
    defaultMode: 0o644,
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [
            { path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } },
          ],
        },
      },
    ],
  },
});

function mountToken(container: Container, volume: string): void {
  const mounts = (container.volumeMounts ??= []);
  if (mounts.some(({ mountPath }) => mountPath === TOKEN_PATH)) return;
  mounts.push({ name: volume, mountPath: TOKEN_PATH, readOnly: true });
}

/**
 * What admission adds to a new pod: service account and its token, priority, tolerations.
 * Simplified: the service account itself need not exist.
 */
export function admitPod(pod: Pod, random: RandomState): void {
  const { spec } = pod;
  spec.serviceAccountName ||= 'default';
  spec.serviceAccount = spec.serviceAccountName;
  if (spec.automountServiceAccountToken !== false) {
    const volume = `kube-api-access-${nextNameSuffix(random)}`;
    spec.volumes = [...(spec.volumes ?? []), tokenVolume(volume)];
    for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
      mountToken(container, volume);
    }
  }
  admitPodSpec(spec);
}
