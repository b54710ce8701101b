import { nextNameSuffix } from '../../base/random.ts';
import type { Container } from '../../api/core/container.ts';
import type { Pod } from '../../api/core/pod.ts';
import type { ServiceAccount } from '../../api/core/service-account.ts';
import { forbiddenStatus } from '../status.ts';
import type { AdmissionPlugin } from './admission-plugin.ts';

const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const MIRROR = 'kubernetes.io/config.mirror';

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

const hasToken = ({ volumeMounts = [] }: Container) =>
  volumeMounts.some(({ mountPath }) => mountPath === TOKEN_PATH);

function mountToken({ spec }: Pod, newName: () => string): void {
  const lacking = [...(spec.initContainers ?? []), ...spec.containers].filter(
    (container) => !hasToken(container),
  );
  if (lacking.length === 0) return;
  const present = spec.volumes?.find(({ name }) => name.startsWith('kube-api-access-'))?.name;
  const name = present ?? newName();
  if (present === undefined) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
  for (const container of lacking) {
    (container.volumeMounts ??= []).push({ name, mountPath: TOKEN_PATH, readOnly: true });
  }
}

/**
 * A pod's service account, and its token inside the pod (plugin/pkg/admission/serviceaccount).
 * Simplified: the `default` account, which upstream waits for a while when the namespace is new, need not be there yet.
 */
export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  admit({ operation, kind, object, store, random }) {
    if (operation !== 'CREATE' || kind.kind !== 'Pod' || kind.custom) return undefined;
    const pod = object as unknown as Pod;
    const { spec, metadata } = pod;
    if (metadata.annotations?.[MIRROR] !== undefined) return undefined;
    const name = (spec.serviceAccountName ||= 'default');
    spec.serviceAccount = name;
    const namespace = metadata.namespace ?? '';
    const account = store.get<ServiceAccount>('ServiceAccount', namespace, name);
    if (!account && name !== 'default') {
      const why = `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`;
      return forbiddenStatus(kind, metadata.name, why);
    }
    const secrets = account?.imagePullSecrets ?? [];
    if (!spec.imagePullSecrets?.length && secrets.length > 0) {
      spec.imagePullSecrets = secrets.map((secret) => ({ ...secret }));
    }
    if (spec.automountServiceAccountToken ?? account?.automountServiceAccountToken ?? true) {
      mountToken(pod, () => `kube-api-access-${nextNameSuffix(random)}`);
    }
    return undefined;
  },
};
