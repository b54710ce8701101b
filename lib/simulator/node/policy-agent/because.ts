import type { ObjectRef } from '../../base/object-ref.ts';
import type { Direction, NormalPolicy, RuleAction } from '../../policy/normal-policy.ts';
import type { PolicyPod } from '../../policy/policy-world.ts';

/** The policy as the reason for a rule: `detail` is a path in it. */
const ownerOf = ({ ref }: NormalPolicy, detail: string): ObjectRef => ({
  kind: ref.kind,
  ...(ref.namespace !== undefined && { namespace: ref.namespace }),
  name: ref.name,
  detail,
});

/** The word of the policy's API before a path in it; NetworkPolicies have one action alone, and no word for it. */
function wordOf({ ref, tier }: NormalPolicy, action: RuleAction): string {
  if (tier === 'network') return '';
  switch (action) {
    case 'accept':
      return ref.kind === 'ClusterNetworkPolicy' ? 'Accept ' : 'Allow ';
    case 'deny':
      return 'Deny ';
    case 'pass':
      return 'Pass ';
  }
}

/** Why a rule is there: the peer of the policy, or without any the rule, that stands at the path. */
export const ruleBecause = (policy: NormalPolicy, action: RuleAction, path: string): ObjectRef =>
  ownerOf(policy, wordOf(policy, action) + path);

/** Why traffic of a pod is shown to this policy: `.spec.podSelector`, `.spec.subject`. */
export const selectionBecause = (policy: NormalPolicy): ObjectRef =>
  ownerOf(policy, policy.tier === 'network' ? '.spec.podSelector' : '.spec.subject');

/** Why what no NetworkPolicy admits is dropped: the first that isolates the pod. */
export const isolationBecause = (policy: NormalPolicy, direction: Direction): ObjectRef =>
  ownerOf(policy, `.spec.${direction}`);

/** A rule or an element that is about a pod. */
export const podBecause = ({ namespace, name }: PolicyPod): ObjectRef => ({
  kind: 'Pod',
  namespace,
  name,
});
