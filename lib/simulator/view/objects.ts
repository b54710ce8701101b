import { stringify } from 'yaml';
import type { KubeObject } from '../api/meta/object.ts';
import type { Cluster } from '../cluster.ts';

/** One object with its YAML, as the Objects tab lists it. */
export interface ObjectView {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly yaml: string;
}

/** Kinds in the order in which people look for them; others follow by name. */
const ORDER = [
  'Service',
  'EndpointSlice',
  'Pod',
  'Deployment',
  'ReplicaSet',
  'ConfigMap',
  'Node',
  'Namespace',
];
const HIDDEN = new Set(['Event']);
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** The roles that every cluster has would bury one's own. */
const isBootstrapPolicy = ({ metadata }: KubeObject) =>
  metadata.labels?.['kubernetes.io/bootstrapping'] === 'rbac-defaults';

/** An object as people edit it: without the annotation that only kubectl reads, and without who wrote which field. */
function withoutBookkeeping(object: KubeObject): KubeObject {
  const annotations = { ...object.metadata.annotations };
  delete annotations[LAST_APPLIED];
  const { managedFields: _, ...metadata } = object.metadata;
  if (Object.keys(annotations).length > 0) metadata.annotations = annotations;
  else delete metadata.annotations;
  return { ...object, metadata };
}

/** Objects of the store never change, others take their place: each is written down once. */
const texts = new WeakMap<KubeObject, string>();

function yamlOf(object: KubeObject): string {
  const known = texts.get(object) ?? stringify(withoutBookkeeping(object), { lineWidth: 0 });
  texts.set(object, known);
  return known;
}

/** Every object but events and the API server's own policy, as YAML. */
export function viewObjects(cluster: Cluster): ObjectView[] {
  const kinds = Object.keys(cluster.state.store.objects).filter((kind) => !HIDDEN.has(kind));
  const rank = (kind: string) => (ORDER.includes(kind) ? ORDER.indexOf(kind) : ORDER.length);
  kinds.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  return kinds.flatMap((kind) =>
    cluster.store
      .list(kind)
      .filter((object) => !isBootstrapPolicy(object))
      .map((object) => ({
        kind,
        ...(object.metadata.namespace === undefined
          ? {}
          : { namespace: object.metadata.namespace }),
        name: object.metadata.name,
        yaml: yamlOf(object),
      })),
  );
}
