import type { Pod } from '../../api/core/pod.ts';
import type { Cluster } from '../../cluster.ts';
import type { PlannedPort } from './planned-cluster.ts';
import { containersFor } from './listen-on.ts';
import { serviceFor } from './service-of-pod.ts';
import { applyObject, deleteObject, labelObject, type Manifest } from './write-objects.ts';

interface Named {
  readonly namespace?: string;
  readonly name?: string;
  /** Some tables name the pod so. */
  readonly pod?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly key?: string;
  readonly value?: string;
}

/** What a step of a table does to the cluster: one field is set. */
export type TableAction = Readonly<Record<string, Named & Manifest>>;

const object = (kind: string, { namespace, name }: Named, apiVersion = 'v1'): Manifest => ({
  apiVersion,
  kind,
  metadata: { name: name ?? '', ...(namespace !== undefined && { namespace }) },
});

const podOf = (named: Named) => ({
  namespace: named.namespace ?? 'default',
  name: named.pod ?? named.name ?? '',
});

const labelsOf = ({ labels, key, value = '' }: Named): Record<string, string> => ({
  ...labels,
  ...(key !== undefined && { [key]: value }),
});

/** Labels as a patch that leaves nothing of those before. */
function replacing(
  before: Readonly<Record<string, string>> | undefined,
  labels: Readonly<Record<string, string>>,
): Record<string, string | null> {
  const gone = Object.keys(before ?? {}).map((key) => [key, null] as const);
  return { ...Object.fromEntries(gone), ...labels };
}

function labelPod(cluster: Cluster, named: Named, how: 'add' | 'replace'): string | undefined {
  const { namespace, name } = podOf(named);
  const before = cluster.store.get<Pod>('Pod', namespace, name)?.metadata.labels;
  const labels = labelsOf(named);
  const patch = how === 'add' ? labels : replacing(before, labels);
  const target = object('Pod', { namespace, name });
  return labelObject(cluster, target, patch) ?? followLabels(cluster, { namespace, name });
}

/** The Service of a pod goes on selecting it when its labels change. */
function followLabels(
  cluster: Cluster,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): string | undefined {
  const pod = cluster.store.get<Pod>('Pod', namespace, name);
  if (!pod) return undefined;
  const service = serviceFor({ namespace, name, labels: pod.metadata.labels ?? {}, ports: [] });
  const target = cluster.store.get('Service', namespace, service.metadata?.name ?? '');
  if (!target) return undefined;
  const selector = { ...pod.metadata.labels };
  const { spec } = target as unknown as { spec: object };
  return applyObject(cluster, { ...target, spec: { ...spec, selector } });
}

function labelNamespace(
  cluster: Cluster,
  named: Named,
  how: 'add' | 'replace',
): string | undefined {
  const name = named.namespace ?? named.name ?? '';
  const before = cluster.store.get('Namespace', undefined, name)?.metadata.labels;
  const labels = labelsOf(named);
  const own = { 'kubernetes.io/metadata.name': name };
  const patch = how === 'add' ? labels : { ...replacing(before, labels), ...own };
  return labelObject(cluster, object('Namespace', { name }), patch);
}

function createPod(
  cluster: Cluster,
  named: Named,
  ports: readonly PlannedPort[],
): string | undefined {
  const place = podOf(named);
  const labels = labelsOf(named);
  const pod = {
    ...object('Pod', place),
    metadata: { ...place, labels },
    spec: { containers: containersFor(ports), terminationGracePeriodSeconds: 0 },
  };
  return applyObject(cluster, pod) ?? applyObject(cluster, serviceFor({ ...place, labels, ports }));
}

function deletePod(cluster: Cluster, named: Named): string | undefined {
  const place = podOf(named);
  const { metadata } = serviceFor({ ...place, labels: {}, ports: [] });
  return (
    deleteObject(cluster, object('Pod', place)) ??
    deleteObject(cluster, { ...object('Service', place), ...(metadata && { metadata }) })
  );
}

function createNamespace(cluster: Cluster, named: Named): string | undefined {
  const name = named.namespace ?? named.name ?? '';
  const metadata = { name, labels: labelsOf(named) };
  return applyObject(cluster, { apiVersion: 'v1', kind: 'Namespace', metadata });
}

type Perform = (
  cluster: Cluster,
  what: Named & Manifest,
  ports: readonly PlannedPort[],
) => string | undefined;

const deletePolicy: Perform = (cluster, what) =>
  deleteObject(cluster, object('NetworkPolicy', what, 'networking.k8s.io/v1'));

const deleteNamespace: Perform = (cluster, { namespace, name }) =>
  deleteObject(cluster, object('Namespace', { name: namespace ?? name ?? '' }));

/** Verbs of all tables. */
const PERFORM: Readonly<Record<string, Perform>> = {
  createPolicy: applyObject,
  updatePolicy: applyObject,
  applyManifest: applyObject,
  deletePolicy,
  deleteManifest: deleteObject,
  addPodLabel: (cluster, what) => labelPod(cluster, what, 'add'),
  addPodLabels: (cluster, what) => labelPod(cluster, what, 'add'),
  setPodLabels: (cluster, what) => labelPod(cluster, what, 'replace'),
  addNamespaceLabel: (cluster, what) => labelNamespace(cluster, what, 'add'),
  addNamespaceLabels: (cluster, what) => labelNamespace(cluster, what, 'add'),
  setNamespaceLabels: (cluster, what) => labelNamespace(cluster, what, 'replace'),
  createPod,
  deletePod,
  createNamespace,
  deleteNamespace,
  readNetworkPolicies: () => undefined,
};

/**
 * Does to the cluster what a table's action says; `ports` are those that a new pod serves. The API server's words when it
 * refuses.
 */
export function performAction(
  cluster: Cluster,
  action: TableAction,
  ports: readonly PlannedPort[],
): string | undefined {
  const [[verb, what] = ['', {}]] = Object.entries(action);
  const perform = PERFORM[verb];
  return perform ? perform(cluster, what, ports) : `unknown action ${verb}`;
}
