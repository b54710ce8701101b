import type { Namespace } from '../api/core/namespace.ts';
import type { Controller } from './controller.ts';

/** Gives every namespace its `default` ServiceAccount. Source: pkg/controller/serviceaccount. */
export const serviceAccountController: Controller = {
  name: 'serviceaccount-controller',
  keysOf({ type, object }) {
    if (object.kind === 'Namespace' && type !== 'DELETED') return [object.metadata.name];
    const isLost = type === 'DELETED' && object.kind === 'ServiceAccount';
    return isLost && object.metadata.name === 'default' ? [object.metadata.namespace ?? ''] : [];
  },
  reconcile(namespace, { store }) {
    const home = store.get<Namespace>('Namespace', undefined, namespace);
    if (!home || home.metadata.deletionTimestamp !== undefined) return;
    if (store.get('ServiceAccount', namespace, 'default')) return;
    store.create({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default', namespace },
    });
  },
};
