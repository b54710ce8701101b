import type { Pod, TopologySpreadConstraint } from '../../api/core/pod.ts';
import { matchesLabelSelector, type LabelSelector } from '../../api/meta/label-selector.ts';
import type { ClusterPicture, NodeView } from './cluster-picture.ts';
import { isTolerated, matchesNodeAffinity } from './node-affinity.ts';

/** A constraint of a pod, with how many of its like stand in each place that counts. */
export interface Spread {
  readonly constraint: TopologySpreadConstraint;
  readonly counts: ReadonlyMap<string, number>;
  /** The least of them; 0 when there are fewer places than `minDomains`. */
  readonly least: number;
  /** 1 when the pod itself is one of those counted. */
  readonly self: 0 | 1;
}

/** `matchLabelKeys`: the values of the pod itself join the selector. */
function selectorOf({ labelSelector, matchLabelKeys }: TopologySpreadConstraint, pod: Pod) {
  if (!labelSelector || !matchLabelKeys) return labelSelector;
  const own = matchLabelKeys.flatMap((key) => {
    const value = pod.metadata.labels?.[key];
    return value === undefined ? [] : [[key, value] as const];
  });
  const matchLabels = { ...labelSelector.matchLabels, ...Object.fromEntries(own) };
  return { ...labelSelector, matchLabels } satisfies LabelSelector;
}

/** Whether the pods of a node count (`nodeAffinityPolicy`, `nodeTaintsPolicy`). */
function takesPart(pod: Pod, { node }: NodeView, constraint: TopologySpreadConstraint): boolean {
  if (!node) return false;
  const { nodeAffinityPolicy = 'Honor', nodeTaintsPolicy = 'Ignore' } = constraint;
  if (nodeAffinityPolicy === 'Honor' && !matchesNodeAffinity(pod, node)) return false;
  const hard = (node.spec.taints ?? []).filter(({ effect }) => effect !== 'PreferNoSchedule');
  return nodeTaintsPolicy === 'Ignore' || hard.every((taint) => isTolerated(pod, taint));
}

const placeOf = ({ node }: NodeView, { topologyKey }: TopologySpreadConstraint) =>
  node?.metadata.labels?.[topologyKey];

/** Counts the pods that a constraint is about. Source: plugins/podtopologyspread/filtering.go `calPreFilterState`. */
function countSpread(
  constraint: TopologySpreadConstraint,
  all: readonly TopologySpreadConstraint[],
  pod: Pod,
  { views }: ClusterPicture,
): Spread {
  const selector = selectorOf(constraint, pod);
  const counts = new Map<string, number>();
  const isLike = (other: Pod) =>
    other.metadata.namespace === pod.metadata.namespace &&
    other.metadata.deletionTimestamp === undefined &&
    matchesLabelSelector(selector, other.metadata.labels);
  for (const view of views.values()) {
    const place = placeOf(view, constraint);
    const hasAll = all.every((each) => placeOf(view, each) !== undefined);
    if (place === undefined || !hasAll || !takesPart(pod, view, constraint)) continue;
    let number = counts.get(place) ?? 0;
    for (const other of view.pods.values()) if (isLike(other)) number += 1;
    counts.set(place, number);
  }
  const hasEnough = counts.size >= (constraint.minDomains ?? 1);
  return {
    constraint,
    counts,
    least: hasEnough && counts.size > 0 ? Math.min(...counts.values()) : 0,
    self: matchesLabelSelector(selector, pod.metadata.labels) ? 1 : 0,
  };
}

/** The constraints of a pod that must hold, or those that should. */
export function spreadsOf(
  pod: Pod,
  kind: TopologySpreadConstraint['whenUnsatisfiable'],
  picture: ClusterPicture,
): readonly Spread[] {
  const all = (pod.spec.topologySpreadConstraints ?? []).filter(
    ({ whenUnsatisfiable }) => whenUnsatisfiable === kind,
  );
  return all.map((constraint) => countSpread(constraint, all, pod, picture));
}

export type SpreadMisfit =
  | "node(s) didn't match pod topology spread constraints"
  | "node(s) didn't match pod topology spread constraints (missing required label)";

/** Why one more pod on a node would leave the places too unequal. */
export function spreadMisfit(spreads: readonly Spread[], view: NodeView): SpreadMisfit | undefined {
  for (const { constraint, counts, least, self } of spreads) {
    const place = placeOf(view, constraint);
    if (place === undefined) {
      return "node(s) didn't match pod topology spread constraints (missing required label)";
    }
    if ((counts.get(place) ?? 0) + self - least > constraint.maxSkew) {
      return "node(s) didn't match pod topology spread constraints";
    }
  }
  return undefined;
}

/** How many of its like a pod would find in the places of a node, over all constraints: fewer is better. */
export const crowdOf = (spreads: readonly Spread[], view: NodeView): number =>
  spreads.reduce(
    (sum, { constraint, counts }) => sum + (counts.get(placeOf(view, constraint) ?? '') ?? 0),
    0,
  );
