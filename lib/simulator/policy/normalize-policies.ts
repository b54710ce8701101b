import type { NetworkPolicy } from '../api/networking/network-policy.ts';
import type { AdminNetworkPolicy } from '../api/policy-networking/admin-network-policy.ts';
import type { BaselineAdminNetworkPolicy } from '../api/policy-networking/baseline-admin-network-policy.ts';
import type { ClusterNetworkPolicy } from '../api/policy-networking/cluster-network-policy.ts';
import type { NormalPolicy, PolicyKind, PolicyTier } from './normal-policy.ts';
import { normalizeClusterPolicy } from './normalize-cluster-policy.ts';
import { normalizeNetworkPolicy } from './normalize-network-policy.ts';

export type PolicyObject =
  NetworkPolicy | AdminNetworkPolicy | BaselineAdminNetworkPolicy | ClusterNetworkPolicy;

/** In this order policies of one tier and priority are listed; it decides nothing. */
export const POLICY_KINDS: readonly PolicyKind[] = [
  'AdminNetworkPolicy',
  'ClusterNetworkPolicy',
  'NetworkPolicy',
  'BaselineAdminNetworkPolicy',
];

/** In the order in which a packet meets them. */
export const TIERS: readonly PolicyTier[] = ['admin', 'network', 'baseline'];

/** What an object was made into, so that an unchanged one is the same value again. */
const known = new WeakMap<PolicyObject, NormalPolicy>();

/** The common form of a policy of any kind. Objects of the store are never written to, so one is made once. */
export function normalizePolicy(object: PolicyObject): NormalPolicy {
  const hit = known.get(object);
  if (hit) return hit;
  const policy =
    object.kind === 'NetworkPolicy'
      ? normalizeNetworkPolicy(object)
      : normalizeClusterPolicy(object);
  known.set(object, policy);
  return policy;
}

const compareTexts = (a = '', b = '') => (a < b ? -1 : a > b ? 1 : 0);

/** The order in which policies are asked: tier, priority; then kind, namespace and name. */
export const comparePolicies = (a: NormalPolicy, b: NormalPolicy): number =>
  TIERS.indexOf(a.tier) - TIERS.indexOf(b.tier) ||
  a.priority - b.priority ||
  POLICY_KINDS.indexOf(a.ref.kind) - POLICY_KINDS.indexOf(b.ref.kind) ||
  compareTexts(a.ref.namespace, b.ref.namespace) ||
  compareTexts(a.ref.name, b.ref.name);
