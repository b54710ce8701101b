import { kindKey } from '../api/kinds.ts';
import type { Store } from '../apiserver/store.ts';
import type { Namespace } from '../api/core/namespace.ts';
import type { KubeObject } from '../api/meta/object.ts';
import { formatTimestamp } from '../base/clock.ts';
import { isSameJson } from '../base/same-json.ts';
import type { Controller, ControllerContext } from './controller.ts';

/** Kinds with a namespace, Deployments and the like first: makers before what they make. */
const contentKinds = ({ kinds }: Store) =>
  [...kinds.byKey.values()]
    .filter(({ isNamespaced }) => isNamespaced)
    .toSorted((a, b) => (a.group < b.group ? 1 : a.group > b.group ? -1 : 0));

/** What is left in a namespace: `pods. has 2 resource instances`, and what holds it back. */
interface Remaining {
  readonly resources: string[];
  readonly finalizers: Map<string, number>;
}

function deleteAll(kind: string, namespace: string, store: Store): readonly KubeObject[] {
  for (const { metadata } of store.list(kind, { namespace })) {
    if (metadata.deletionTimestamp === undefined) {
      store.delete(kind, namespace, metadata.name, { propagationPolicy: 'Background' });
    }
  }
  return store.list(kind, { namespace });
}

/** Deletes the content, pods before all others (KEP-5080), and counts what stays. */
function empty(namespace: string, { store }: ControllerContext): Remaining {
  const left: Remaining = { resources: [], finalizers: new Map() };
  const pods = deleteAll('Pod', namespace, store);
  for (const kind of contentKinds(store)) {
    const isPod = kind.kind === 'Pod' && kind.group === '';
    if (!isPod && pods.length > 0) continue;
    const objects = isPod ? pods : deleteAll(kindKey(kind), namespace, store);
    if (objects.length === 0) continue;
    left.resources.push(`${kind.plural}.${kind.group} has ${objects.length} resource instances`);
    for (const finalizer of objects.flatMap(({ metadata }) => metadata.finalizers ?? [])) {
      left.finalizers.set(finalizer, (left.finalizers.get(finalizer) ?? 0) + 1);
    }
  }
  return left;
}

type NamespaceCondition = NonNullable<NonNullable<Namespace['status']>['conditions']>[number];

/** pkg/controller/namespace/deletion/status_condition_utils.go */
function conditionsOf({ resources, finalizers }: Remaining): readonly (readonly string[])[] {
  const held = [...finalizers].map(([name, count]) => `${name} in ${count} resource instances`);
  return [
    [
      'NamespaceDeletionDiscoveryFailure',
      'False',
      'ResourcesDiscovered',
      'All resources successfully discovered',
    ],
    [
      'NamespaceDeletionGroupVersionParsingFailure',
      'False',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ],
    [
      'NamespaceDeletionContentFailure',
      'False',
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ],
    resources.length > 0
      ? [
          'NamespaceContentRemaining',
          'True',
          'SomeResourcesRemain',
          `Some resources are remaining: ${resources.toSorted().join(', ')}`,
        ]
      : [
          'NamespaceContentRemaining',
          'False',
          'ContentRemoved',
          'All content successfully removed',
        ],
    held.length > 0
      ? [
          'NamespaceFinalizersRemaining',
          'True',
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${held.toSorted().join(', ')}`,
        ]
      : [
          'NamespaceFinalizersRemaining',
          'False',
          'ContentHasNoFinalizers',
          'All content-preserving finalizers finished',
        ],
  ];
}

function noteRemaining(name: string, left: Remaining, { store, now }: ControllerContext): void {
  const current = store.get<Namespace>('Namespace', undefined, name);
  if (!current) return;
  const known = current.status?.conditions ?? [];
  const conditions = conditionsOf(left).map(
    ([type = '', status = '', reason = '', message = '']): NamespaceCondition => {
      const before = known.find((condition) => condition.type === type);
      const lastTransitionTime = before?.status === status ? before.lastTransitionTime : undefined;
      return {
        type,
        status,
        lastTransitionTime: lastTransitionTime ?? formatTimestamp(now),
        reason,
        message,
      } as NamespaceCondition;
    },
  );
  const status = { ...current.status, phase: 'Terminating' as const, conditions };
  if (!isSameJson(status, current.status)) store.updateStatus<Namespace>({ ...current, status });
}

/** Empties a namespace that was deleted, then lets it go. Source: pkg/controller/namespace/deletion. */
export const namespaceController: Controller = {
  name: 'namespace-controller',
  hears: 'all-kinds',
  keysOf({ object }, store) {
    if (object.kind === 'Namespace') return [object.metadata.name];
    const { namespace } = object.metadata;
    if (namespace === undefined) return [];
    const home = store.get<Namespace>('Namespace', undefined, namespace);
    return home?.metadata.deletionTimestamp === undefined ? [] : [namespace];
  },
  reconcile(name, context) {
    const { store } = context;
    const found = store.get<Namespace>('Namespace', undefined, name);
    if (found?.metadata.deletionTimestamp === undefined) return;
    const left = empty(name, context);
    if (left.resources.length > 0) {
      noteRemaining(name, left, context);
      return;
    }
    const current = store.get<Namespace>('Namespace', undefined, name);
    if (current) store.update<Namespace>({ ...current, spec: { ...current.spec, finalizers: [] } });
  },
};
