import type { Namespace } from '../../api/core/namespace.ts';
import { forbiddenStatus, namespaceTerminating, notFound } from '../status.ts';
import type { AdmissionPlugin } from './admission-plugin.ts';

const NAMESPACES = { group: '', plural: 'namespaces', kind: 'Namespace' };

/** Namespaces that stay as long as the cluster. */
const IMMORTAL: readonly string[] = ['default', 'kube-system', 'kube-public'];

/** Content needs a namespace that is there and stays (apiserver pkg/admission/plugin/namespace/lifecycle). */
export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  admit({ operation, kind, object, store }) {
    const { name, namespace = '' } = object.metadata;
    if (operation === 'DELETE') {
      return object.kind === 'Namespace' && !kind.custom && IMMORTAL.includes(name)
        ? forbiddenStatus(NAMESPACES, name, 'this namespace may not be deleted')
        : undefined;
    }
    if (operation !== 'CREATE' || !kind.isNamespaced) return undefined;
    const home = store.get<Namespace>('Namespace', undefined, namespace);
    if (!home) return notFound(NAMESPACES, namespace);
    return home.metadata.deletionTimestamp === undefined
      ? undefined
      : namespaceTerminating(kind, name, namespace);
  },
};
