import type { Pod } from '../../api/core/pod.ts';
import type { Store } from '../../apiserver/store.ts';
import { controllerOf } from '../ownership.ts';
import type { ClusterPicture, NodeView } from './cluster-picture.ts';
import { isTolerated, meetsTerm } from './node-affinity.ts';
import { countByPlace } from './pod-affinity.ts';
import { podRequests } from './pod-requests.ts';
import { crowdOf, spreadsOf } from './topology-spread.ts';

/** One plug-in's raw scores by node, its weight, and whether much of it is good. */
interface Wish {
  readonly weight: number;
  readonly scores: readonly number[];
  readonly better: 'more' | 'less';
}

/** Preferences, as far as the pod has some (weights of the default profile). */
function wishesOf(
  pod: Pod,
  views: readonly NodeView[],
  picture: ClusterPicture,
  store: Store,
): readonly Wish[] {
  const { nodeAffinity, podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';
  const wishes: Wish[] = [];
  const add = (weight: number, better: Wish['better'], score: (view: NodeView) => number) =>
    wishes.push({ weight, better, scores: views.map(score) });
  if (views.some(({ node }) => node?.spec.taints)) {
    add(
      3,
      'less',
      ({ node }) =>
        (node?.spec.taints ?? []).filter(
          (taint) => taint.effect === 'PreferNoSchedule' && !isTolerated(pod, taint),
        ).length,
    );
  }
  const terms = nodeAffinity?.[PREFERRED] ?? [];
  if (terms.length > 0) {
    add(2, 'more', ({ node }) =>
      terms
        .filter(({ preference }) => node && meetsTerm(preference, node))
        .reduce((sum, { weight }) => sum + weight, 0),
    );
  }
  const neighbours = [
    ...(podAffinity?.[PREFERRED] ?? []).map((one) => ({ ...one, sign: 1 })),
    ...(podAntiAffinity?.[PREFERRED] ?? []).map((one) => ({ ...one, sign: -1 })),
  ].map(({ weight, podAffinityTerm, sign }) => ({
    weight: weight * sign,
    topologyKey: podAffinityTerm.topologyKey,
    counts: countByPlace(podAffinityTerm, pod, picture, store),
  }));
  if (neighbours.length > 0) {
    add(2, 'more', ({ node }) =>
      neighbours.reduce((sum, { weight, topologyKey, counts }) => {
        const place = node?.metadata.labels?.[topologyKey];
        return sum + weight * (place === undefined ? 0 : (counts.get(place) ?? 0));
      }, 0),
    );
  }
  const spreads = spreadsOf(pod, 'ScheduleAnyway', picture);
  if (spreads.length > 0) add(2, 'less', (view) => crowdOf(spreads, view));
  return wishes;
}

/** Scores between 0 and 100, as every plug-in's are made before they are weighed. */
function normalized({ scores, better }: Wish): readonly number[] {
  const [least, most] = [Math.min(...scores), Math.max(...scores)];
  if (least === most) return scores.map(() => 0);
  return scores.map((score) => {
    const part = (100 * (score - least)) / (most - least);
    return Math.floor(better === 'more' ? part : 100 - part);
  });
}

/** The part of a node's cpu and memory that would be given away, in per cent (LeastAllocated, upside down). */
function fullness(pod: Pod, { allocatable, requested }: NodeView): number {
  const wanted = podRequests(pod);
  const parts = (['cpu', 'memory'] as const).flatMap((name) => {
    const most = allocatable?.[name];
    return most ? [(100 * ((requested[name] ?? 0) + (wanted[name] ?? 0))) / most] : [];
  });
  return parts.length === 0 ? 0 : Math.floor(parts.reduce((a, b) => a + b, 0) / parts.length);
}

/**
 * The node for a pod among those that fit: what it prefers, then the one with the fewest pods of the same owner, then (for a
 * pod that asks for resources) the emptiest, then the fewest pods, then the first by name.
 *
 * Simplified: upstream adds up all scores and draws lots among the best; preferences of pods that are there do not count.
 */
export function chooseNode(
  pod: Pod,
  views: readonly NodeView[],
  picture: ClusterPicture,
  store: Store,
): NodeView | undefined {
  if (views.length < 2) return views[0];
  const owner = controllerOf(pod)?.uid ?? '';
  const asks = Object.keys(podRequests(pod)).length > 0;
  const wishes = wishesOf(pod, views, picture, store).map((wish) => ({
    weight: wish.weight,
    scores: normalized(wish),
  }));
  const ranked = views.map((view, index) => ({
    view,
    rank: [
      -wishes.reduce((sum, { weight, scores }) => sum + weight * (scores[index] ?? 0), 0),
      view.owners.get(owner) ?? 0,
      asks ? fullness(pod, view) : 0,
      view.pods.size,
    ],
  }));
  let best = ranked[0];
  for (const other of ranked) {
    if (best && isBefore(other, best)) best = other;
  }
  return best?.view;
}

interface Ranked {
  readonly view: NodeView;
  readonly rank: readonly number[];
}

function isBefore(one: Ranked, other: Ranked): boolean {
  for (const [index, value] of one.rank.entries()) {
    const difference = value - (other.rank[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return one.view.name < other.view.name;
}
