import type { ConfigMap } from '../../api/core/config-map.ts';
import type { Container } from '../../api/core/container.ts';
import type { Pod } from '../../api/core/pod.ts';
import type { Volume, VolumeMount } from '../../api/core/volume.ts';
import type { Store } from '../../apiserver/store.ts';
import type { ClusterOptions } from '../../cluster-options.ts';

/** The host name inside a pod: `spec.hostname`, else the pod's name cut to 63 characters; the node's on its network. */
export function podHostname(pod: Pod, node: string): string {
  if (pod.spec.hostNetwork) return node;
  return pod.spec.hostname ?? pod.metadata.name.slice(0, 63).replace(/[-.]+$/, '');
}

const HOSTS_HEADER = '# Kubernetes-managed hosts file.\n';
const HOST_NETWORK_HEADER = '# Kubernetes-managed hosts file (host network).\n';
const LOCAL_HOSTS = [
  '127.0.0.1\tlocalhost',
  '::1\tlocalhost ip6-localhost ip6-loopback',
  'fe00::0\tip6-localnet',
  'fe00::0\tip6-mcastprefix',
  'fe00::1\tip6-allnodes',
  'fe00::2\tip6-allrouters',
]
  .map((entry) => `${entry}\n`)
  .join('');

function hostAliases(pod: Pod): string {
  const aliases = pod.spec.hostAliases ?? [];
  if (aliases.length === 0) return '';
  const lines = aliases.map(({ ip, hostnames = [] }) => `${[ip, ...hostnames].join('\t')}\n`);
  return `\n# Entries added by HostAliases.\n${lines.join('')}`;
}

/** /etc/hosts of a pod's containers. Source: pkg/kubelet/kubelet_pods.go, `managedHostsFileContent`. */
export function podHosts(
  pod: Pod,
  addresses: readonly string[],
  hostname: string,
  hostHosts: string,
  options: ClusterOptions,
): string {
  if (pod.spec.hostNetwork) return `${HOST_NETWORK_HEADER}${hostHosts}${hostAliases(pod)}`;
  const { subdomain } = pod.spec;
  const domain = `${subdomain ?? ''}.${pod.metadata.namespace ?? ''}.svc.${options.clusterDomain}`;
  const names = subdomain ? `${hostname}.${domain}\t${hostname}` : hostname;
  const own = addresses.map((address) => `${address}\t${names}\n`).join('');
  return `${HOSTS_HEADER}${LOCAL_HOSTS}${own}${hostAliases(pod)}`;
}

interface MountedMap {
  readonly mount: VolumeMount;
  readonly source: NonNullable<Volume['configMap']>;
}

function mountedMaps(pod: Pod, container: Container): readonly MountedMap[] {
  return (container.volumeMounts ?? []).flatMap((mount) => {
    const source = pod.spec.volumes?.find(({ name }) => name === mount.name)?.configMap;
    return source ? [{ mount, source }] : [];
  });
}

/** Where a mount puts one file of its volume; undefined when `subPath` picks another. */
function mountedPath({ mountPath, subPath }: VolumeMount, path: string): string | undefined {
  if (subPath === undefined) return `${mountPath.replace(/\/$/, '')}/${path}`;
  return subPath === path ? mountPath : undefined;
}

function filesOf({ mount, source }: MountedMap, data: Readonly<Record<string, string>>) {
  const items = source.items ?? Object.keys(data).map((key) => ({ key, path: key }));
  const entries = items.flatMap(({ key, path }) => {
    const content = data[key];
    const place = mountedPath(mount, path);
    return content === undefined || place === undefined ? [] : [[place, content] as const];
  });
  return Object.fromEntries(entries);
}

/**
 * Files that a container's ConfigMap volumes put into it, by path. `missing` names the first ConfigMap that does not
 * exist. Simplified: Secrets, projected volumes and the downward API put no files; changes arrive at once.
 */
export function configMapFiles(
  pod: Pod,
  container: Container,
  store: Store,
): { readonly files: Record<string, string>; readonly missing?: { volume: string; name: string } } {
  const files: Record<string, string> = {};
  for (const mounted of mountedMaps(pod, container)) {
    const { name = '', optional } = mounted.source;
    const map = store.get<ConfigMap>('ConfigMap', pod.metadata.namespace, name);
    if (!map && !optional) return { files, missing: { volume: mounted.mount.name, name } };
    Object.assign(files, filesOf(mounted, map?.data ?? {}));
  }
  return { files };
}
