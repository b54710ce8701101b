import type { Pod } from '../../api/core/pod.ts';
import type { ClusterOptions } from '../../cluster-options.ts';

/** The host name inside a pod: `spec.hostname`, else the pod's name cut to 63 characters; the node's on its network. */
export function podHostname(pod: Pod, node: string): string {
  if (pod.spec.hostNetwork) return node;
  return pod.spec.hostname ?? pod.metadata.name.slice(0, 63).replace(/[-.]+$/, '');
}

/** The pod's name below its subdomain; undefined when it has none (kubelet `generatePodHostNameAndDomain`). */
const qualifiedName = (
  { metadata, spec }: Pod,
  hostname: string,
  { clusterDomain }: ClusterOptions,
) =>
  spec.subdomain
    ? `${hostname}.${spec.subdomain}.${metadata.namespace ?? ''}.svc.${clusterDomain}`
    : undefined;

/** What `hostname` prints in the pod: with `setHostnameAsFQDN` the whole name, as far as Linux takes it (64 characters). */
export function kernelHostname(pod: Pod, node: string, options: ClusterOptions): string {
  const hostname = podHostname(pod, node);
  const whole = pod.spec.setHostnameAsFQDN ? qualifiedName(pod, hostname, options) : undefined;
  return whole !== undefined && whole.length <= 64 ? whole : hostname;
}

/** Why the pod cannot have the host name that it asks for. */
export function hostnameProblem(
  pod: Pod,
  node: string,
  options: ClusterOptions,
): string | undefined {
  if (!pod.spec.setHostnameAsFQDN || pod.spec.hostNetwork) return undefined;
  const whole = qualifiedName(pod, podHostname(pod, node), options);
  return whole === undefined || whole.length <= 64
    ? undefined
    : `failed to construct FQDN from Pod hostname and cluster domain, FQDN ${whole} is too long (64 characters is the max, ${whole.length} characters requested)`;
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
  const whole = qualifiedName(pod, hostname, options);
  const names = whole === undefined ? hostname : `${whole}\t${hostname}`;
  const own = addresses.map((address) => `${address}\t${names}\n`).join('');
  return `${HOSTS_HEADER}${LOCAL_HOSTS}${own}${hostAliases(pod)}`;
}
