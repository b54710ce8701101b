import type { Node, Taint } from '../api/core/node.ts';
import type { Pod } from '../api/core/pod.ts';
import type { Store } from '../apiserver/store.ts';
import { areHostPortsFree } from './host-ports.ts';
import { pictureOf, type ClusterPicture, type NodeView } from './scheduling/cluster-picture.ts';
import { isTolerated, matchesNodeAffinity } from './scheduling/node-affinity.ts';
import { affinityMisfit, affinityState, type AffinityState } from './scheduling/pod-affinity.ts';
import { podRequests } from './scheduling/pod-requests.ts';
import { spreadMisfit, spreadsOf, type Spread } from './scheduling/topology-spread.ts';

/** Why a pod may not run on a node, in the words of the scheduler's filters. */
export interface Misfit {
  readonly reasons: readonly string[];
  /** Whether it would help if other pods were not there (`Unschedulable`, against `UnschedulableAndUnresolvable`). */
  readonly preemption: 'might help' | 'is no help';
}

const hopeless = (reason: string): Misfit => ({ reasons: [reason], preemption: 'is no help' });
const resolvable = (reason: string): Misfit => ({ reasons: [reason], preemption: 'might help' });

const CORDON: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/** plugins/{nodeunschedulable,tainttoleration,nodeaffinity}: what the node itself says. */
function nodeMisfit(pod: Pod, node: Node): Misfit | undefined {
  if (node.spec.unschedulable && !isTolerated(pod, CORDON)) {
    return hopeless('node(s) were unschedulable');
  }
  const isHard = ({ effect }: Taint) => effect !== 'PreferNoSchedule';
  if (node.spec.taints?.some((taint) => isHard(taint) && !isTolerated(pod, taint))) {
    return hopeless('node(s) had untolerated taint(s)');
  }
  return matchesNodeAffinity(pod, node)
    ? undefined
    : hopeless("node(s) didn't match Pod's node affinity/selector");
}

/** plugins/noderesources/fit.go `fitsRequest`. */
function resourceMisfit(pod: Pod, { allocatable, requested, pods }: NodeView): Misfit | undefined {
  if (!allocatable) return undefined;
  const reasons = pods.size + 1 > (allocatable['pods'] ?? 0) ? ['Too many pods'] : [];
  let preemption: Misfit['preemption'] = 'might help';
  for (const [name, amount] of Object.entries(podRequests(pod))) {
    const most = allocatable[name] ?? 0;
    if (amount === 0 || amount <= most - (requested[name] ?? 0)) continue;
    reasons.push(`Insufficient ${name}`);
    if (amount > most) preemption = 'is no help';
  }
  return reasons.length > 0 ? { reasons, preemption } : undefined;
}

/** What is worked out once for a pod, before nodes are asked one by one (PreFilter). */
export interface FitState {
  readonly picture: ClusterPicture;
  readonly asksForHostPorts: boolean;
  readonly spreads: readonly Spread[];
  readonly affinity: AffinityState | undefined;
}

export function fitState(pod: Pod, store: Store): FitState {
  const picture = pictureOf(store);
  return {
    picture,
    asksForHostPorts: pod.spec.containers.some(({ ports }) =>
      ports?.some(({ hostPort }) => hostPort),
    ),
    spreads: spreadsOf(pod, 'DoNotSchedule', picture),
    affinity: affinityState(pod, picture, store),
  };
}

const AFFINITY_WANTED = "node(s) didn't match pod affinity rules";
const LABEL_MISSING = '(missing required label)';

/** What the other pods of the cluster say. */
function neighbourMisfit(view: NodeView, { spreads, affinity }: FitState): Misfit | undefined {
  const spread = spreadMisfit(spreads, view);
  if (spread) return spread.endsWith(LABEL_MISSING) ? hopeless(spread) : resolvable(spread);
  const reason = affinity && affinityMisfit(affinity, view);
  if (!reason) return undefined;
  return reason === AFFINITY_WANTED ? hopeless(reason) : resolvable(reason);
}

/**
 * The first filter that refuses `pod` on a node, in the scheduler's order; undefined when all agree.
 * Source: pkg/scheduler/framework/plugins. Simplified: no volumes, no dynamic resources.
 */
export function misfitOf(pod: Pod, view: NodeView, state: FitState): Misfit | undefined {
  if (!view.node) return hopeless('node(s) were unschedulable');
  const own = nodeMisfit(pod, view.node);
  if (own) return own;
  if (state.asksForHostPorts && !areHostPortsFree(pod, [...view.pods.values()])) {
    return resolvable("node(s) didn't have free ports for the requested pod ports");
  }
  return resourceMisfit(pod, view) ?? neighbourMisfit(view, state);
}
