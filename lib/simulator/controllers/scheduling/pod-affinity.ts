import type { Namespace } from '../../api/core/namespace.ts';
import type { Pod, PodAffinityTerm } from '../../api/core/pod.ts';
import { matchesLabelSelector } from '../../api/meta/label-selector.ts';
import type { Store } from '../../apiserver/store.ts';
import type { ClusterPicture, NodeView } from './cluster-picture.ts';

/** Whether a term of `owner` is about `other`: its namespace, and its labels. */
function concerns(term: PodAffinityTerm, owner: Pod, other: Pod, store: Store): boolean {
  const { namespaces = [], namespaceSelector } = term;
  const home = other.metadata.namespace ?? '';
  const isNamed =
    namespaces.includes(home) ||
    (namespaces.length === 0 && !namespaceSelector && home === owner.metadata.namespace);
  const labels = () => store.get<Namespace>('Namespace', undefined, home)?.metadata.labels;
  if (!isNamed && !matchesLabelSelector(namespaceSelector, labels())) return false;
  return matchesLabelSelector(term.labelSelector, other.metadata.labels);
}

/** The value of a label of the node, which says in which place of a kind it stands. */
const placeOf = (view: NodeView | undefined, topologyKey: string) =>
  view?.node?.metadata.labels?.[topologyKey];

/** How many pods that a term is about stand in each place of its kind. */
export function countByPlace(
  term: PodAffinityTerm,
  owner: Pod,
  { views }: ClusterPicture,
  store: Store,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const view of views.values()) {
    const place = placeOf(view, term.topologyKey);
    if (place === undefined) continue;
    for (const pod of view.pods.values()) {
      if (!concerns(term, owner, pod, store)) continue;
      counts.set(place, (counts.get(place) ?? 0) + 1);
    }
  }
  return counts;
}

/** What the pods of the cluster say about where a pod may go; made once for a pod, asked for every node. */
export interface AffinityState {
  /** Required terms, with how many pods each finds where. */
  readonly wanted: readonly Counted[];
  /** Nobody is there yet, and the pod itself is one of those it wants beside it: it may begin anywhere. */
  readonly isFirst: boolean;
  readonly unwanted: readonly Counted[];
  /** Places, by kind, where a pod that is there wants none of this kind. */
  readonly refused: readonly { readonly topologyKey: string; readonly place: string }[];
}

interface Counted {
  readonly term: PodAffinityTerm;
  readonly counts: ReadonlyMap<string, number>;
}

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';

/** Undefined when no affinity of any pod has to do with this one: the usual case. */
export function affinityState(
  pod: Pod,
  picture: ClusterPicture,
  store: Store,
): AffinityState | undefined {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  if (!podAffinity?.[REQUIRED] && !podAntiAffinity?.[REQUIRED] && picture.repelling.size === 0) {
    return undefined;
  }
  const counted = (term: PodAffinityTerm): Counted => ({
    term,
    counts: countByPlace(term, pod, picture, store),
  });
  const wanted = (podAffinity?.[REQUIRED] ?? []).map(counted);
  const refused = [...picture.repelling].flatMap(([key, other]) =>
    (other.spec.affinity?.podAntiAffinity?.[REQUIRED] ?? []).flatMap((term) => {
      if (!concerns(term, other, pod, store)) return [];
      const place = placeOf(picture.views.get(picture.places.get(key) ?? ''), term.topologyKey);
      return place === undefined ? [] : [{ topologyKey: term.topologyKey, place }];
    }),
  );
  return {
    wanted,
    isFirst:
      wanted.every(({ counts }) => counts.size === 0) &&
      wanted.every(({ term }) => concerns(term, pod, pod, store)),
    unwanted: (podAntiAffinity?.[REQUIRED] ?? []).map(counted),
    refused,
  };
}

export type AffinityMisfit =
  | "node(s) didn't match pod affinity rules"
  | "node(s) didn't match pod anti-affinity rules"
  | "node(s) didn't satisfy existing pods anti-affinity rules";

/** Why a pod may not go beside the pods of a node. Source: plugins/interpodaffinity/filtering.go. */
export function affinityMisfit(state: AffinityState, view: NodeView): AffinityMisfit | undefined {
  const place = ({ term }: Counted) => placeOf(view, term.topologyKey);
  const hasIt = (one: Counted) => (one.counts.get(place(one) ?? '') ?? 0) > 0;
  const isKnown = (one: Counted) => place(one) !== undefined;
  if (!state.wanted.every((one) => isKnown(one) && (state.isFirst || hasIt(one)))) {
    return "node(s) didn't match pod affinity rules";
  }
  if (state.unwanted.some((one) => isKnown(one) && hasIt(one))) {
    return "node(s) didn't match pod anti-affinity rules";
  }
  return state.refused.some(({ topologyKey, place: there }) => placeOf(view, topologyKey) === there)
    ? "node(s) didn't satisfy existing pods anti-affinity rules"
    : undefined;
}
