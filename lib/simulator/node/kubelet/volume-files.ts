import type { Container } from '../../api/core/container.ts';
import type { ServiceAccount } from '../../api/core/service-account.ts';
import type { KeyPath, Volume, VolumeMount, VolumeProjection } from '../../api/core/volume.ts';
import { issueToken } from '../../apiserver/service-account-token.ts';
import { textsOf } from './container-environment.ts';
import { fieldValue, resourceValue, type Surroundings } from './downward-api.ts';

/** The files of a volume by their path in it, or what is missing for it. */
type Content =
  | { readonly ok: true; readonly files: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly message: string };

const EMPTY: Content = { ok: true, files: {} };

interface KeyedSource {
  readonly name: string;
  readonly items?: readonly KeyPath[] | undefined;
  readonly optional?: boolean | undefined;
}

/** Keys of a ConfigMap or a Secret as files: all of them, or those that `items` picks. */
function keyedFiles(
  kind: 'ConfigMap' | 'Secret',
  { name, items, optional }: KeyedSource,
  around: Surroundings,
): Content {
  const texts = textsOf(kind, name, around);
  if (!texts) {
    return optional ? EMPTY : { ok: false, message: `${kind.toLowerCase()} "${name}" not found` };
  }
  if (!items) return { ok: true, files: texts };
  const files: Record<string, string> = {};
  for (const { key, path } of items) {
    const text = texts[key];
    if (text !== undefined) files[path] = text;
    else if (!optional) {
      const word = kind === 'ConfigMap' ? 'config' : 'secret';
      return { ok: false, message: `references non-existent ${word} key: ${key}` };
    }
  }
  return { ok: true, files };
}

function downwardFiles(
  { items = [] }: NonNullable<Volume['downwardAPI']>,
  around: Surroundings,
): Content {
  const containers = [...around.pod.spec.containers, ...(around.pod.spec.initContainers ?? [])];
  const files: Record<string, string> = {};
  for (const { path, fieldRef, resourceFieldRef } of items) {
    const named = containers.find(({ name }) => name === resourceFieldRef?.containerName);
    const value = fieldRef
      ? fieldValue(fieldRef.fieldPath, around)
      : resourceFieldRef && resourceValue(resourceFieldRef, named, around);
    if (value !== undefined) files[path] = value;
  }
  return { ok: true, files };
}

/** What the API server makes of the lifetime that pods ask for by default: a year (ExtendedServiceAccountToken). */
const DEFAULT_SECONDS = 3607;
const YEAR = 365 * 24 * 3600;

/** A token bound to this pod. Simplified: it is not renewed. */
function tokenFile(
  {
    audience,
    expirationSeconds = 3600,
    path,
  }: NonNullable<VolumeProjection['serviceAccountToken']>,
  { pod, store, now }: Surroundings,
): Content {
  const { namespace = '', name, uid = '' } = pod.metadata;
  const account = pod.spec.serviceAccountName ?? 'default';
  const found = store.get<ServiceAccount>('ServiceAccount', namespace, account);
  if (!found) {
    const message = `failed to fetch token: serviceaccounts "${account}" not found`;
    return { ok: false, message };
  }
  const token = issueToken(
    {
      namespace,
      account: { name: account, uid: found.metadata.uid ?? '' },
      ...(audience ? { audiences: [audience] } : {}),
      expirationSeconds: expirationSeconds === DEFAULT_SECONDS ? YEAR : expirationSeconds,
      bound: { kind: 'Pod', apiVersion: 'v1', name, uid },
    },
    store,
    now,
  );
  return { ok: true, files: { [path]: token } };
}

/** The certificate of the API server's authority: pods do not wait for it. */
const ROOT_CA = 'kube-root-ca.crt';

function projectedFiles(source: VolumeProjection, around: Surroundings, tokens: Tokens): Content {
  const { configMap, secret, downwardAPI, serviceAccountToken } = source;
  if (configMap) {
    const { name = '', items, optional } = configMap;
    const isOptional = optional ?? name === ROOT_CA;
    return keyedFiles('ConfigMap', { name, items, optional: isOptional }, around);
  }
  if (secret) return keyedFiles('Secret', { ...secret, name: secret.name ?? '' }, around);
  if (downwardAPI) return downwardFiles(downwardAPI, around);
  return serviceAccountToken && tokens === 'issue' ? tokenFile(serviceAccountToken, around) : EMPTY;
}

/** Whether tokens are made: once, when a container starts. */
export type Tokens = 'issue' | 'leave';

/**
 * The files that a volume begins with. Sources: pkg/volume/{configmap,secret,projected,downwardapi}.
 *
 * Simplified: other volumes are empty directories; changes arrive at once, and mounts by `subPath` see them too.
 */
function volumeContent(volume: Volume, around: Surroundings, tokens: Tokens): Content {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap)
    return keyedFiles('ConfigMap', { ...configMap, name: configMap.name ?? '' }, around);
  if (secret) return keyedFiles('Secret', { ...secret, name: secret.secretName ?? '' }, around);
  if (downwardAPI) return downwardFiles(downwardAPI, around);
  const files: Record<string, string> = {};
  for (const source of projected?.sources ?? []) {
    const content = projectedFiles(source, around, tokens);
    if (!content.ok) return content;
    Object.assign(files, content.files);
  }
  return { ok: true, files };
}

/** Where a mount puts one file of its volume; undefined when `subPath` picks another. */
function mountedPath({ mountPath, subPath }: VolumeMount, path: string): string | undefined {
  const directory = mountPath.replace(/\/$/, '');
  if (!subPath) return `${directory}/${path}`;
  if (subPath === path) return mountPath;
  return path.startsWith(`${subPath}/`) ? `${directory}${path.slice(subPath.length)}` : undefined;
}

/** Files that a container's volumes put into it, by path. What is missing for one is left out. */
export function mountedFiles(
  container: Container,
  around: Surroundings,
  tokens: Tokens,
): Record<string, string> {
  const files: Record<string, string> = {};
  for (const mount of container.volumeMounts ?? []) {
    const volume = around.pod.spec.volumes?.find(({ name }) => name === mount.name);
    const content = volume ? volumeContent(volume, around, tokens) : EMPTY;
    for (const [path, text] of Object.entries(content.ok ? content.files : {})) {
      const place = mountedPath(mount, path);
      if (place !== undefined) files[place] = text;
    }
  }
  return files;
}

/** What a volume of the pod waits for, as the kubelet's FailedMount event says it; undefined when nothing is missing. */
export function missingVolume(around: Surroundings): string | undefined {
  for (const volume of around.pod.spec.volumes ?? []) {
    const content = volumeContent(volume, around, 'leave');
    if (!content.ok) {
      return `MountVolume.SetUp failed for volume "${volume.name}" : ${content.message}`;
    }
  }
  return undefined;
}
