import { SECOND } from '../../base/clock.ts';
import { findGroupVersionKind } from '../../api/kinds.ts';
import type { Pod } from '../../api/core/pod.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { startCluster } from '../../bootstrap.ts';
import type { Cluster, ClusterState } from '../../cluster.ts';
import { completeClusterOptions } from '../../cluster-options.ts';
import { restore, save } from '../../snapshot.ts';
import { mendPolicy } from '../policies/mend-policy.ts';
import { applyObject, type Manifest } from '../policies/write-objects.ts';
import { mendObject, podOfTemplate } from './mend-object.ts';
import {
  accountsOf,
  flattenLists,
  nameOfWorkload,
  namespacesOf,
  workloadOf,
} from './read-manifests.ts';

/** 2026-01-01. */
const START = 1_767_225_600_000_000;
/** For controllers to make pods, and for pods to get addresses. */
const PATIENCE = 30 * SECOND;

let installed: ClusterState | undefined;

function install(): Cluster {
  const options = completeClusterOptions({ networkPolicies: 'enforced' });
  installed ??= save(startCluster(options, 'conformance manifests', START));
  return restore(installed);
}

/** What manifests became: a cluster, and whose each pod is. */
export interface OpenedManifests {
  readonly cluster: Cluster;
  /** `namespace/name` of a pod → `namespace/name[Kind]` of whoever it belongs to. */
  readonly owners: ReadonlyMap<string, string>;
  /** What the API server refused, in its words: lines that come of the rest would say too little. */
  readonly refusals: readonly string[];
}

const isPolicy = ({ apiVersion = '', kind = '' }: Manifest) =>
  kind === 'NetworkPolicy' || apiVersion.startsWith('policy.networking.k8s.io/');

/** Objects of kinds that this cluster has no part in, such as other distributions' own. */
const isServed = ({ apiVersion = '', kind = '' }: Manifest) =>
  findGroupVersionKind(apiVersion, kind) !== undefined;

/** In the order in which somebody applies a folder: what others need comes first. */
function inOrder(manifests: readonly Manifest[]): Manifest[] {
  const namespaces = namespacesOf(manifests);
  const labels = Object.fromEntries(
    namespaces.map(({ metadata }) => [metadata?.name ?? '', metadata?.labels ?? {}]),
  );
  const rest = manifests.filter((each) => each.kind !== 'Namespace' && isServed(each));
  const objects = rest.filter((each) => !isPolicy(each) && each.kind !== 'ServiceAccount');
  const accounts = rest.filter(({ kind }) => kind === 'ServiceAccount');
  return [
    ...namespaces,
    ...[...accountsOf(manifests), ...accounts, ...objects].map(mendObject),
    ...rest.filter(isPolicy).flatMap((policy) => mendPolicy(mendObject(policy), labels)),
  ];
}

/** Who is at the top of a pod's owners, as the store has them. */
function topOwner({ store }: Cluster, object: KubeObject): KubeObject {
  const { namespace, ownerReferences = [] } = object.metadata;
  const owner = ownerReferences.find(({ controller }) => controller);
  const above = owner && store.get(owner.kind, namespace, owner.name);
  return above ? topOwner({ store } as Cluster, above) : object;
}

/** A pod's workload: whoever its manifest names as its owner, who is not there; else who owns it here. */
function ownersOf(cluster: Cluster, manifests: readonly Manifest[]): Map<string, string> {
  const said = new Map(
    manifests
      .filter(({ kind }) => kind === 'Pod')
      .map((each) => [
        `${each.metadata?.namespace ?? 'default'}/${each.metadata?.name ?? ''}`,
        workloadOf(each),
      ]),
  );
  const known = new Set(
    manifests.flatMap((each) => workloadOf(each) ?? []).map((each) => nameOfWorkload(each)),
  );
  const owners = new Map<string, string>();
  for (const pod of cluster.store.list<Pod>('Pod')) {
    const { namespace = '', name } = pod.metadata;
    const { kind, metadata } = topOwner(cluster, pod);
    const workload = said.get(`${namespace}/${name}`) ?? { namespace, name: metadata.name, kind };
    const text = nameOfWorkload(workload);
    if (known.has(text)) owners.set(`${namespace}/${name}`, text);
  }
  return owners;
}

/**
 * Controllers make no pods of a template that nobody may use yet: a CronJob before its hour, a workload scaled to nothing. Its
 * policies count all the same, so it gets a pod.
 */
function addMissingPods(
  cluster: Cluster,
  manifests: readonly Manifest[],
  owners: Map<string, string>,
): string[] {
  const refusals: string[] = [];
  const present = new Set(owners.values());
  for (const manifest of manifests) {
    const workload = workloadOf(manifest);
    if (!workload || manifest.kind === 'Pod' || present.has(nameOfWorkload(workload))) continue;
    const pod = podOfTemplate(manifest);
    const problem = applyObject(cluster, pod);
    const key = `${workload.namespace}/${pod.metadata?.name ?? ''}`;
    if (problem === undefined) owners.set(key, nameOfWorkload(workload));
    else refusals.push(problem);
  }
  return refusals;
}

/** Applies manifests to a cluster and lets controllers work. */
export function openManifests(listed: readonly Manifest[]): OpenedManifests {
  const cluster = install();
  const manifests = flattenLists(listed);
  const refusals: string[] = [];
  for (const manifest of inOrder(manifests)) {
    const problem = applyObject(cluster, manifest);
    if (problem !== undefined) refusals.push(problem);
    if (manifest.kind === 'Namespace') cluster.settle();
  }
  cluster.advance(PATIENCE);
  const owners = ownersOf(cluster, manifests);
  refusals.push(...addMissingPods(cluster, manifests, owners));
  cluster.advance(PATIENCE);
  return { cluster, owners, refusals };
}
