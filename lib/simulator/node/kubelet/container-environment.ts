import type { ConfigMap } from '../../api/core/config-map.ts';
import type { Container, EnvVar } from '../../api/core/container.ts';
import type { Pod } from '../../api/core/pod.ts';
import type { Service } from '../../api/core/service.ts';
import type { Store } from '../../apiserver/store.ts';

export type ContainerEnvironment =
  | { readonly ok: true; readonly variables: Record<string, string> }
  | { readonly ok: false; readonly message: string };

/** `$(NAME)` is replaced when NAME is known; `$$` is one `$` (third_party/forked/golang/expansion). */
export function expandVariables(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^()]+)\)/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (variables[name] ?? whole),
  );
}

/** Variables of the API server's Service, as the kubelet gives them to every pod (pkg/kubelet/envvars). */
function apiServerVariables(store: Store): Record<string, string> {
  const service = store.get<Service>('Service', 'default', 'kubernetes');
  const address = service?.spec.clusterIP;
  const port = service?.spec.ports?.[0]?.port;
  if (address === undefined || port === undefined) return {};
  const base = `KUBERNETES_PORT_${port}_TCP`;
  return {
    KUBERNETES_SERVICE_HOST: address,
    KUBERNETES_SERVICE_PORT: String(port),
    KUBERNETES_SERVICE_PORT_HTTPS: String(port),
    KUBERNETES_PORT: `tcp://${address}:${port}`,
    [base]: `tcp://${address}:${port}`,
    [`${base}_PROTO`]: 'tcp',
    [`${base}_PORT`]: String(port),
    [`${base}_ADDR`]: address,
  };
}

/** The value at a downward API path; undefined for paths that do not exist. */
function fieldOf(pod: Pod, path: string, addresses: readonly string[], hostIp: string) {
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed) return pod.metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2] ?? ''] ?? '';
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name;
    case 'metadata.namespace':
      return pod.metadata.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata.uid ?? '';
    case 'spec.nodeName':
      return pod.spec.nodeName ?? '';
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? 'default';
    case 'status.podIP':
      return addresses[0] ?? '';
    case 'status.podIPs':
      return addresses.join(',');
    case 'status.hostIP':
    case 'status.hostIPs':
      return hostIp;
    default:
      return undefined;
  }
}

interface Surroundings {
  readonly pod: Pod;
  readonly store: Store;
  readonly addresses: readonly string[];
  readonly hostIp: string;
}

type Value = { readonly value?: string } | { readonly problem: string };

function valueOf(variable: EnvVar, known: Record<string, string>, around: Surroundings): Value {
  const { pod, store, addresses, hostIp } = around;
  const { fieldRef, configMapKeyRef } = variable.valueFrom ?? {};
  if (fieldRef) {
    const value = fieldOf(pod, fieldRef.fieldPath, addresses, hostIp);
    return value === undefined
      ? { problem: `unsupported fieldPath: ${fieldRef.fieldPath}` }
      : { value };
  }
  if (configMapKeyRef) {
    const { name = '', key, optional } = configMapKeyRef;
    const map = store.get<ConfigMap>('ConfigMap', pod.metadata.namespace, name);
    const value = map?.data?.[key];
    if (value !== undefined) return { value };
    if (optional) return {};
    return {
      problem: map
        ? `couldn't find key ${key} in ConfigMap ${pod.metadata.namespace ?? ''}/${name}`
        : `configmap "${name}" not found`,
    };
  }
  return { value: expandVariables(variable.value ?? '', known) };
}

/**
 * The environment of a container: the API server's address, `envFrom`, then `env` in order.
 * Source: pkg/kubelet/kubelet_pods.go, `makeEnvironmentVariables`. The failure is the text of
 * CreateContainerConfigError.
 *
 * Simplified: `enableServiceLinks` adds no variables for other Services; Secrets and resource fields give nothing.
 */
export function containerEnvironment(
  container: Container,
  imageEnvironment: Readonly<Record<string, string>>,
  hostname: string,
  around: Surroundings,
): ContainerEnvironment {
  const { pod, store } = around;
  const variables: Record<string, string> = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOSTNAME: hostname,
    ...imageEnvironment,
    ...apiServerVariables(store),
  };
  for (const { prefix = '', configMapRef } of container.envFrom ?? []) {
    if (!configMapRef) continue;
    const { name = '', optional } = configMapRef;
    const map = store.get<ConfigMap>('ConfigMap', pod.metadata.namespace, name);
    if (!map && !optional) return { ok: false, message: `configmap "${name}" not found` };
    for (const [key, value] of Object.entries(map?.data ?? {})) variables[prefix + key] = value;
  }
  for (const variable of container.env ?? []) {
    const found = valueOf(variable, variables, around);
    if ('problem' in found) return { ok: false, message: found.problem };
    if (found.value !== undefined) variables[variable.name] = found.value;
  }
  return { ok: true, variables };
}
