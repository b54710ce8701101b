import type { Direction, NormalPolicy } from '../../policy/normal-policy.ts';
import type { PolicyPod } from '../../policy/policy-world.ts';
import type { ClusterView } from './cluster-view.ts';
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

function planPod(pod: PolicyPod, view: ClusterView): PlannedPod | undefined {
  const own = view.policiesByNamespace.get(pod.namespace) ?? [];
  const policies = [...own, ...view.clusterPolicies].filter(({ subject }) =>
    isSelected(subject, pod, view.world.namespaces),
  );
  if (policies.length === 0) return undefined;
  const ingress = directionOf(policies, 'ingress');
  const egress = directionOf(policies, 'egress');
  if (!ingress && !egress) return undefined;
  return { pod, ...(ingress && { ingress }), ...(egress && { egress }) };
}

/** The pods of a node that policies select, with what is asked of their traffic. */
export const planNode = (view: ClusterView, node: string): readonly PlannedPod[] =>
  (view.podsByNode.get(node) ?? []).flatMap((pod) => planPod(pod, view) ?? []);

/** The policies of a plan, each once for a direction, in the order in which the pods meet them. */
export function policiesOfPlan(plan: readonly PlannedPod[]): readonly PlannedPolicy[] {
  const all = plan.flatMap(({ ingress, egress }) =>
    [ingress, egress].flatMap((direction) =>
      direction ? [...direction.admin, ...direction.network, ...direction.baseline] : [],
    ),
  );
  return [...new Set(all)];
}
