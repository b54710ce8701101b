import type { KubeObject } from '../../api/meta/object.ts';
import { apiVersionOf, type KindDescription } from '../../api/schema/kind-description.ts';
import { compareFields } from './compare-fields.ts';
import {
  inOrder,
  isEntryOf,
  makeEntry,
  managed,
  type FieldWriter,
  type ManagedFieldsEntry,
} from './entry.ts';
import { difference, union, type FieldSet } from './field-set.ts';
import { mergeTypeOf } from './merge-type.ts';
import { restrictTo } from './shape-fields.ts';

const CONTROLLERS = 'kube-controller-manager';

/** Components that make objects of a kind, where it is not kube-controller-manager. */
const MAKERS: Readonly<Record<string, string>> = {
  Node: 'kubelet',
  Lease: 'kubelet',
  Namespace: 'kube-apiserver',
  Service: 'kube-apiserver',
  ServiceCIDR: 'kube-apiserver',
  IPAddress: 'kube-apiserver',
  ClusterRole: 'kube-apiserver',
  ClusterRoleBinding: 'kube-apiserver',
  Deployment: 'kubeadm',
  DaemonSet: 'kubeadm',
};

const STATUS_WRITERS: Readonly<Record<string, string>> = {
  Node: 'kubelet',
  Pod: 'kubelet',
  CustomResourceDefinition: 'kube-apiserver',
};

/** Fields that admission and allocation fill in after managers were noted: nobody manages them. */
const FILLED_IN: Readonly<Record<string, FieldSet>> = {
  Pod: {
    'f:spec': {
      'f:nodeName': {},
      'f:preemptionPolicy': {},
      'f:priority': {},
      'f:serviceAccount': {},
      'f:serviceAccountName': {},
    },
  },
  Service: {
    'f:spec': {
      'f:clusterIP': {},
      'f:clusterIPs': {},
      'f:healthCheckNodePort': {},
      'f:ipFamilies': {},
      'f:ipFamilyPolicy': {},
    },
  },
  Namespace: { 'f:spec': { 'f:finalizers': { 'v:"kubernetes"': {} } } },
};

/** Who wrote what no entry names: components of the cluster write without leaving entries. */
export function defaultWriter(object: KubeObject, part: 'spec' | 'status'): FieldWriter {
  if (part === 'status') {
    return { manager: STATUS_WRITERS[object.kind] ?? CONTROLLERS, subresource: 'status' };
  }
  const { source } = object as { source?: { component?: string } };
  if (object.kind === 'Event') return { manager: source?.component ?? CONTROLLERS };
  const isOwned = object.metadata.ownerReferences?.some(({ controller }) => controller) ?? false;
  return { manager: isOwned ? CONTROLLERS : (MAKERS[object.kind] ?? CONTROLLERS) };
}

/** When a status was last known to change. */
function statusTime(object: KubeObject): string {
  const { status } = object as {
    status?: { startTime?: string; conditions?: readonly Record<string, unknown>[] };
  };
  const times = (status?.conditions ?? []).flatMap(
    ({ lastTransitionTime, lastUpdateTime, lastHeartbeatTime }) => [
      lastTransitionTime,
      lastUpdateTime,
      lastHeartbeatTime,
    ],
  );
  const known = [...times, status?.startTime, object.metadata.creationTimestamp].filter(
    (time) => typeof time === 'string',
  );
  return known.toSorted().at(-1) ?? '';
}

const computed = new WeakMap<KubeObject, readonly ManagedFieldsEntry[]>();

/**
 * The managers of an object as a reader sees them: what writers through REST left, and what is left over, given to the
 * component that writes this kind (its status apart).
 *
 * Simplified: writes of controllers and kubelets leave no entries; who wrote what no entry names follows from the kind,
 * with the time of the object's creation or of its conditions.
 */
export function managersOf(
  object: KubeObject,
  kind: KindDescription,
): readonly ManagedFieldsEntry[] {
  const known = computed.get(object);
  if (known) return known;
  const entries = findManagers(object, kind);
  if (Object.isFrozen(object)) computed.set(object, entries);
  return entries;
}

function findManagers(object: KubeObject, kind: KindDescription): readonly ManagedFieldsEntry[] {
  const { managedFields, creationTimestamp = '' } = object.metadata;
  const { status } = object as { status?: unknown };
  const entries = managedFields ? withoutOldStatus(managedFields, object, kind) : [];
  const apiVersion = apiVersionOf(kind);
  if (!managedFields) {
    const { 'f:status': _, ...rest } = managed(addedBy(object, kind));
    const left = difference(rest, FILLED_IN[object.kind] ?? {});
    give(entries, defaultWriter(object, 'spec'), apiVersion, left, creationTimestamp);
  }
  const isOwnPath = kind.subresources.includes('status');
  if (status !== undefined && isOwnPath) {
    const owned = entries.reduce<FieldSet>((all, { fieldsV1 }) => union(all, fieldsV1), {});
    const written = union(statusOf(addedBy({ ...EMPTY, status }, kind)), withStatusWritten(object));
    const left = difference(written, owned);
    give(entries, defaultWriter(object, 'status'), apiVersion, left, statusTime(object));
  }
  return inOrder(entries);
}

const REVISION = 'deployment.kubernetes.io/revision';

/** What the deployment controller writes together with the status. */
const withStatusWritten = ({ kind, metadata }: KubeObject): FieldSet =>
  kind === 'Deployment' && metadata.annotations?.[REVISION] !== undefined
    ? { 'f:metadata': { 'f:annotations': { [`f:${REVISION}`]: {} } } }
    : {};

const EMPTY = { apiVersion: '', kind: '', metadata: { name: '' } };

const addedBy = (object: object, kind: KindDescription): FieldSet =>
  compareFields({}, object, mergeTypeOf(kind)).added;

const statusOf = ({ 'f:status': status }: FieldSet): FieldSet =>
  status ? { 'f:status': status } : {};

/** Entries are exact but for the status, whose fields come and go without notice. */
function withoutOldStatus(
  entries: readonly ManagedFieldsEntry[],
  object: KubeObject,
  kind: KindDescription,
): ManagedFieldsEntry[] {
  return entries.map((entry) => {
    const { 'f:status': status, ...rest } = entry.fieldsV1;
    if (!status) return entry;
    const left = restrictTo({ 'f:status': status }, object, mergeTypeOf(kind)) ?? {};
    return { ...entry, fieldsV1: { ...rest, ...left } };
  });
}

function give(
  entries: ManagedFieldsEntry[],
  writer: FieldWriter,
  apiVersion: string,
  fields: FieldSet,
  time: string,
): void {
  const at = entries.findIndex(isEntryOf(writer, 'Update', apiVersion));
  const before = entries[at];
  const entry = makeEntry(
    writer,
    'Update',
    apiVersion,
    union(before?.fieldsV1 ?? {}, fields),
    time,
  );
  if (before) entries[at] = entry;
  else entries.push(entry);
}
