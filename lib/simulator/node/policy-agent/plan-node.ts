import { isSameList } from '../../base/same-list.ts';
import type { Direction, NormalPolicy } from '../../policy/normal-policy.ts';
import type { PolicyPod } from '../../policy/policy-world.ts';
import type { ClusterView, PolicyIndex } from './cluster-view.ts';
import { planPolicy, type PlannedPod, type PlannedPolicy, type PodDirection } from './rule-plan.ts';
import { isSelected } from './set-contents.ts';

function directionOf(
  policies: readonly NormalPolicy[],
  direction: Direction,
): PodDirection | undefined {
  const concerned = policies
    .filter(({ directions }) => directions.includes(direction))
    .map((policy) => planPolicy(policy, direction));
  if (concerned.length === 0) return undefined;
  const ofTier = (tier: PlannedPolicy['tier']) => concerned.filter((each) => each.tier === tier);
  return { admin: ofTier('admin'), network: ofTier('network'), baseline: ofTier('baseline') };
}

/**
 * The policies that select a pod, in the order of the world. Simplified: where policies of equal priority disagree the API leaves
 * open which has the word; here it is the first by kind and name.
 */
function policiesFor(pod: PolicyPod, index: PolicyIndex): readonly NormalPolicy[] {
  const own = index.byNamespace.get(pod.namespace) ?? [];
  return [...own, ...index.ofCluster].filter(({ subject }) =>
    isSelected(subject, pod, index.namespaces),
  );
}

function planPod(pod: PolicyPod, policies: readonly NormalPolicy[]): PlannedPod | undefined {
  const ingress = directionOf(policies, 'ingress');
  const egress = directionOf(policies, 'egress');
  if (!ingress && !egress) return undefined;
  return { pod, ...(ingress && { ingress }), ...(egress && { egress }) };
}

interface Planned {
  readonly index: PolicyIndex;
  readonly policies: readonly NormalPolicy[];
  readonly plan: PlannedPod | undefined;
}

/** What was planned for pods last: the same object until the pod or its policies change, and no part of the state. */
const pods = new WeakMap<PolicyPod, Planned>();

function plannedPod(pod: PolicyPod, index: PolicyIndex): PlannedPod | undefined {
  const last = pods.get(pod);
  if (last?.index === index) return last.plan;
  const policies = policiesFor(pod, index);
  const isSame = last !== undefined && isSameList(last.policies, policies);
  const plan = isSame ? last.plan : planPod(pod, policies);
  pods.set(pod, { index, policies, plan });
  return plan;
}

export type NodePlan = readonly PlannedPod[];

/** By the list of a node's pods, with what it was made of. */
const plans = new WeakMap<readonly PolicyPod[], { index: PolicyIndex; plan: NodePlan }>();

const NOTHING: NodePlan = [];

/** The pods of a node that policies select, with what is asked of their traffic: the same list until that changes. */
export function planNode({ podsByNode, index }: ClusterView, node: string): NodePlan {
  const local = podsByNode.get(node);
  if (!local) return NOTHING;
  const last = plans.get(local);
  if (last?.index === index) return last.plan;
  const made = local.flatMap((pod) => plannedPod(pod, index) ?? []);
  const isSame = last !== undefined && isSameList(last.plan, made);
  const plan = isSame ? last.plan : made;
  plans.set(local, { index, plan });
  return plan;
}

/** What was found out of plans, once for each. */
const policiesOf = new WeakMap<NodePlan, readonly PlannedPolicy[]>();

/** The policies of a plan, each once for a direction, in the order in which the pods meet them. */
export function policiesOfPlan(plan: NodePlan): readonly PlannedPolicy[] {
  const known = policiesOf.get(plan);
  if (known) return known;
  const found = new Set<PlannedPolicy>();
  for (const { ingress, egress } of plan)
    for (const direction of [ingress, egress])
      if (direction)
        for (const tier of [direction.admin, direction.network, direction.baseline])
          for (const planned of tier) found.add(planned);
  const policies = [...found];
  policiesOf.set(plan, policies);
  return policies;
}
