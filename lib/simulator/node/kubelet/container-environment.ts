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

interface Surroundings {
  readonly pod: Pod;
  readonly store: Store;
  readonly addresses: readonly string[];
  readonly hostIps: readonly string[];
}

const FIELDS: Readonly<Record<string, (around: Surroundings) => string | undefined>> = {
  'metadata.name': ({ pod }) => pod.metadata.name,
  'metadata.namespace': ({ pod }) => pod.metadata.namespace,
  'metadata.uid': ({ pod }) => pod.metadata.uid,
  'spec.nodeName': ({ pod }) => pod.spec.nodeName,
  'spec.serviceAccountName': ({ pod }) => pod.spec.serviceAccountName ?? 'default',
  'status.podIP': ({ addresses }) => addresses[0],
  'status.podIPs': ({ addresses }) => addresses.join(','),
  'status.hostIP': ({ hostIps }) => hostIps[0],
  'status.hostIPs': ({ hostIps }) => hostIps.join(','),
};

/** The value at a downward API path; undefined for paths that do not exist. */
function fieldOf(path: string, around: Surroundings): string | undefined {
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed) {
    const map = around.pod.metadata[keyed[1] as 'labels' | 'annotations'];
    return map?.[keyed[2] ?? ''] ?? '';
  }
  const read = Object.hasOwn(FIELDS, path) ? FIELDS[path] : undefined;
  return read && (read(around) ?? '');
}

type Value = { readonly value?: string } | { readonly problem: string };

type ConfigMapKey = NonNullable<NonNullable<EnvVar['valueFrom']>['configMapKeyRef']>;

function configMapValue({ name = '', key, optional }: ConfigMapKey, around: Surroundings): Value {
  const namespace = around.pod.metadata.namespace ?? '';
  const map = around.store.get<ConfigMap>('ConfigMap', namespace, name);
  const value = map?.data?.[key];
  if (value !== undefined) return { value };
  if (optional) return {};
  const missing = map
    ? `couldn't find key ${key} in ConfigMap ${namespace}/${name}`
    : `configmap "${name}" not found`;
  return { problem: missing };
}

function valueOf(variable: EnvVar, known: Record<string, string>, around: Surroundings): Value {
  const { fieldRef, configMapKeyRef } = variable.valueFrom ?? {};
  if (configMapKeyRef) return configMapValue(configMapKeyRef, around);
  if (!fieldRef) return { value: expandVariables(variable.value ?? '', known) };
  const value = fieldOf(fieldRef.fieldPath, around);
  return value === undefined
    ? { problem: `unsupported fieldPath: ${fieldRef.fieldPath}` }
    : { value };
}

type EnvironmentSource = NonNullable<Container['envFrom']>[number];

/** All keys of a ConfigMap as variables, or what is missing. */
function variablesFrom({ prefix = '', configMapRef }: EnvironmentSource, around: Surroundings) {
  if (!configMapRef) return { variables: {} };
  const { name = '', optional } = configMapRef;
  const map = around.store.get<ConfigMap>('ConfigMap', around.pod.metadata.namespace, name);
  if (!map && !optional) return { problem: `configmap "${name}" not found` };
  const entries = Object.entries(map?.data ?? {}).map(([key, value]) => [prefix + key, value]);
  return { variables: Object.fromEntries(entries) as Record<string, string> };
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
  const variables: Record<string, string> = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOSTNAME: hostname,
    ...imageEnvironment,
    ...apiServerVariables(around.store),
  };
  for (const source of container.envFrom ?? []) {
    const found = variablesFrom(source, around);
    if (found.problem !== undefined) return { ok: false, message: found.problem };
    Object.assign(variables, found.variables);
  }
  for (const variable of container.env ?? []) {
    const found = valueOf(variable, variables, around);
    if ('problem' in found) return { ok: false, message: found.problem };
    if (found.value !== undefined) variables[variable.name] = found.value;
  }
  return { ok: true, variables };
}
