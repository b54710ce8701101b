import type { PlannedCluster } from './planned-cluster.ts';
import type { Manifest } from './write-objects.ts';

/** A tier of ClusterNetworkPolicies that a table asks alone. */
export type AloneTier = 'Admin' | 'Baseline';

type Direction = 'ingress' | 'egress';

const NAME = 'zz-everything-else';
const LOWEST = 1000;

const isOfTier = (tier: AloneTier) => (policy: Manifest) =>
  (policy['spec'] as { tier?: string } | undefined)?.tier === tier;

/** What drops everything that the admin tier leaves to it: NetworkPolicies without rules. */
const isolationOf = (direction: Direction, { namespaces }: PlannedCluster): Manifest[] =>
  Object.keys(namespaces).map((namespace) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { namespace, name: NAME },
    spec: { podSelector: {}, policyTypes: [direction === 'ingress' ? 'Ingress' : 'Egress'] },
  }));

/** What drops everything that no other policy of the baseline tier accepts. */
const lastBaseline = (direction: Direction): Manifest => ({
  apiVersion: 'policy.networking.k8s.io/v1alpha2',
  kind: 'ClusterNetworkPolicy',
  metadata: { name: NAME },
  spec: {
    tier: 'Baseline',
    priority: LOWEST,
    subject: { namespaces: {} },
    [direction]:
      direction === 'ingress'
        ? [{ action: 'Deny', from: [{ namespaces: {} }] }]
        : [{ action: 'Deny', to: [{ networks: ['0.0.0.0/0'] }] }],
  },
});

/**
 * What one tier alone says of a packet, found out with packets: `Deny` when it is dropped; `Accept` when it passes although
 * whatever the tier leaves open in one direction is dropped behind it, and is dropped without the tier; else `Next`.
 *
 * @param passes sends the packet in a cluster with these policies
 */
export function tierWord(
  tier: AloneTier,
  policies: readonly Manifest[],
  plan: PlannedCluster,
  passes: (policies: readonly Manifest[]) => boolean,
): string {
  const own = policies.filter(isOfTier(tier));
  if (!passes(own)) return 'Deny';
  const isAccepted = (['egress', 'ingress'] as const).some((direction) => {
    const behind = tier === 'Admin' ? isolationOf(direction, plan) : [lastBaseline(direction)];
    return !passes(behind) && passes([...own, ...behind]);
  });
  return isAccepted ? 'Accept' : 'Next';
}
