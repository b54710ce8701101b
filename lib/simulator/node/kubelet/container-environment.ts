import type { ConfigMap } from '../../api/core/config-map.ts';
import type { Container, EnvVar } from '../../api/core/container.ts';
import type { Secret } from '../../api/core/secret.ts';
import { decodeBase64 } from '../../base/base64.ts';
import { fieldValue, resourceValue, type Surroundings } from './downward-api.ts';
import { serviceVariables } from './service-variables.ts';

export type ContainerEnvironment =
  | { readonly ok: true; readonly variables: Record<string, string> }
  | { readonly ok: false; readonly message: string };

/** `$(NAME)` is replaced when NAME is known; `$$` is one `$` (third_party/forked/golang/expansion). */
export function expandVariables(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^()]+)\)/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (variables[name] ?? whole),
  );
}

type Value = { readonly value?: string } | { readonly problem: string };

interface KeyReference {
  readonly name?: string;
  readonly key: string;
  readonly optional?: boolean;
}

/** The texts of a ConfigMap or a Secret, or undefined when there is none of that name. */
export function textsOf(
  kind: 'ConfigMap' | 'Secret',
  name: string,
  { store, pod }: Pick<Surroundings, 'store' | 'pod'>,
): Readonly<Record<string, string>> | undefined {
  const { namespace } = pod.metadata;
  if (kind === 'ConfigMap') {
    const map = store.get<ConfigMap>('ConfigMap', namespace, name);
    return map && (map.data ?? {});
  }
  const secret = store.get<Secret>('Secret', namespace, name);
  const entries = Object.entries(secret?.data ?? {});
  return secret && Object.fromEntries(entries.map(([key, data]) => [key, decodeBase64(data)]));
}

function valueOfKey(
  kind: 'ConfigMap' | 'Secret',
  { name = '', key, optional }: KeyReference,
  around: Surroundings,
): Value {
  const texts = textsOf(kind, name, around);
  const value = texts?.[key];
  if (value !== undefined) return { value };
  if (optional) return {};
  return {
    problem: texts
      ? `couldn't find key ${key} in ${kind} ${around.pod.metadata.namespace ?? ''}/${name}`
      : `${kind.toLowerCase()} "${name}" not found`,
  };
}

function valueOf(
  variable: EnvVar,
  known: Record<string, string>,
  container: Container,
  around: Surroundings,
): Value {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = variable.valueFrom ?? {};
  if (configMapKeyRef) return valueOfKey('ConfigMap', configMapKeyRef, around);
  if (secretKeyRef) return valueOfKey('Secret', secretKeyRef, around);
  if (resourceFieldRef) {
    const { containerName } = resourceFieldRef;
    const all = [...around.pod.spec.containers, ...(around.pod.spec.initContainers ?? [])];
    const named = containerName ? all.find(({ name }) => name === containerName) : container;
    const value = resourceValue(resourceFieldRef, named, around);
    return value === undefined
      ? { problem: `unsupported container resource : ${resourceFieldRef.resource}` }
      : { value };
  }
  if (!fieldRef) return { value: expandVariables(variable.value ?? '', known) };
  const value = fieldValue(fieldRef.fieldPath, around);
  return value === undefined
    ? { problem: `unsupported fieldPath: ${fieldRef.fieldPath}` }
    : { value };
}

type EnvironmentSource = NonNullable<Container['envFrom']>[number];

/** All keys of a ConfigMap or a Secret as variables, or what is missing. */
function variablesFrom(source: EnvironmentSource, around: Surroundings) {
  const { prefix = '', configMapRef, secretRef } = source;
  const kind = configMapRef ? 'ConfigMap' : 'Secret';
  const { name = '', optional } = configMapRef ?? secretRef ?? { optional: true };
  const texts = textsOf(kind, name, around);
  if (!texts && !optional) return { problem: `${kind.toLowerCase()} "${name}" not found` };
  const entries = Object.entries(texts ?? {}).map(([key, value]) => [prefix + key, value]);
  return { variables: Object.fromEntries(entries) as Record<string, string> };
}

/**
 * The environment of a container: the addresses of Services, `envFrom`, then `env` in order.
 * Source: pkg/kubelet/kubelet_pods.go, `makeEnvironmentVariables`. The failure is the text of
 * CreateContainerConfigError.
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
    ...serviceVariables(around.pod, around.store),
  };
  for (const source of container.envFrom ?? []) {
    const found = variablesFrom(source, around);
    if (found.problem !== undefined) return { ok: false, message: found.problem };
    Object.assign(variables, found.variables);
  }
  for (const variable of container.env ?? []) {
    const found = valueOf(variable, variables, container, around);
    if ('problem' in found) return { ok: false, message: found.problem };
    if (found.value !== undefined) variables[variable.name] = found.value;
  }
  return { ok: true, variables };
}
