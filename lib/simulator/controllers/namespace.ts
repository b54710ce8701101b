import { kindKey } from '../api/kinds.ts';
import type { Store } from '../apiserver/store.ts';
import type { Namespace } from '../api/core/namespace.ts';
import { isSameJson } from '../base/same-json.ts';
import type { Controller, ControllerContext } from './controller.ts';

/** Kinds with a namespace, Deployments and the like first: makers before what they make. */
const contentKinds = ({ kinds }: Store) =>
  [...kinds.byKey.values()]
    .filter(({ isNamespaced }) => isNamespaced)
    .toSorted((a, b) => (a.group < b.group ? 1 : a.group > b.group ? -1 : 0))
    .map(kindKey);

function empty(namespace: string, { store }: ControllerContext): 'empty' | 'waiting' {
  let left = 0;
  for (const kind of contentKinds(store)) {
    for (const { metadata } of store.list(kind, { namespace })) {
      if (metadata.deletionTimestamp === undefined) store.delete(kind, namespace, metadata.name);
    }
    left += store.list(kind, { namespace }).length;
  }
  return left === 0 ? 'empty' : 'waiting';
}

/**
 * Empties a namespace that was deleted, then lets it go. Source: pkg/controller/namespace/deletion.
 *
 * Simplified: no conditions about what is left.
 */
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
    const status = { ...found.status, phase: 'Terminating' as const };
    if (!isSameJson(status, found.status)) store.updateStatus<Namespace>({ ...found, status });
    if (empty(name, context) === 'waiting') return;
    const current = store.get<Namespace>('Namespace', undefined, name);
    if (current) store.update<Namespace>({ ...current, spec: { ...current.spec, finalizers: [] } });
  },
};
