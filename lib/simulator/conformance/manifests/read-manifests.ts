import { findGroupVersionKind } from '../../api/kinds.ts';
import { labelValueProblem } from '../../api/meta/names.ts';
import type { Manifest } from '../policies/write-objects.ts';

/** Somebody who has pods, as analyses of manifests name him: `namespace/name[Kind]`. */
export interface Workload {
  readonly namespace: string;
  readonly name: string;
  readonly kind: string;
}

export const nameOfWorkload = ({ namespace, name, kind }: Workload) =>
  `${namespace}/${name}[${kind}]`;

const namespaceOf = ({ metadata }: Manifest) => metadata?.namespace ?? 'default';

/** Lists, opened: an item of a PodList is a Pod, whether it says so or not. */
export function flattenLists(manifests: readonly Manifest[]): Manifest[] {
  return manifests.flatMap((manifest) => {
    const { kind = '', apiVersion = 'v1' } = manifest;
    const items = manifest['items'];
    if (!Array.isArray(items)) return [manifest];
    const own = kind === 'List' ? {} : { apiVersion, kind: kind.replace(/List$/, '') };
    return flattenLists((items as readonly Manifest[]).map((item) => ({ ...own, ...item })));
  });
}

/** Kinds whose controllers make pods. */
const CONTROLLERS: readonly string[] = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'ReplicationController',
  'Job',
  'CronJob',
];

/** Whose pods a manifest is about: its own, or those of the owner that a pod names. */
export function workloadOf(manifest: Manifest): Workload | undefined {
  const namespace = namespaceOf(manifest);
  const { name = '', ownerReferences: owners = [] } = manifest.metadata ?? {};
  const kind = manifest.kind ?? '';
  if (CONTROLLERS.includes(kind)) return { namespace, name, kind };
  if (kind !== 'Pod') return undefined;
  const owner = owners.find(({ controller }) => controller) ?? owners[0];
  return { namespace, name: owner?.name ?? name, kind: owner?.kind ?? 'Pod' };
}

const isNamespaced = ({ kind = '', apiVersion = '' }: Manifest) =>
  findGroupVersionKind(apiVersion, kind)?.isNamespaced === true;

/** Labels whose values the API takes: what it refuses, no selector could name either. */
export const validLabels = (labels: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(labels).filter(([, value]) => labelValueProblem(value) === undefined),
  );

/** Namespaces that the manifests hold, and those that their objects are in. */
export function namespacesOf(manifests: readonly Manifest[]): Manifest[] {
  const said = manifests.filter(({ kind }) => kind === 'Namespace');
  const names = new Set(said.map(({ metadata }) => metadata?.name));
  const others = manifests.filter(isNamespaced).map(namespaceOf);
  const missing = [...new Set(others)].filter((name) => !names.has(name));
  return [
    ...said.map(({ metadata }): Manifest => {
      const { name = '', labels } = metadata ?? {};
      const metadataOnly = { name, ...(labels && { labels: validLabels(labels) }) };
      return { apiVersion: 'v1', kind: 'Namespace', metadata: metadataOnly };
    }),
    ...missing.map((name): Manifest => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
    })),
  ];
}

interface PodSpec {
  readonly serviceAccountName?: string;
  readonly serviceAccount?: string;
}

function podSpecOf(manifest: Manifest): PodSpec {
  const spec = (manifest['spec'] ?? {}) as {
    template?: { spec?: PodSpec };
    jobTemplate?: { spec?: { template?: { spec?: PodSpec } } };
  };
  if (manifest.kind === 'Pod') return spec as PodSpec;
  return spec.template?.spec ?? spec.jobTemplate?.spec?.template?.spec ?? {};
}

/** ServiceAccounts that pods name: without them the API server refuses the pods. */
export function accountsOf(manifests: readonly Manifest[]): Manifest[] {
  return manifests.filter(workloadOf).flatMap((manifest): Manifest[] => {
    const { serviceAccountName, serviceAccount } = podSpecOf(manifest);
    const name = serviceAccountName ?? serviceAccount ?? 'default';
    if (name === 'default' || name === '') return [];
    const metadata = { namespace: namespaceOf(manifest), name };
    return [{ apiVersion: 'v1', kind: 'ServiceAccount', metadata }];
  });
}
