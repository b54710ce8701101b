import type { Cluster } from '../cluster.ts';
import { enforcesPolicies } from '../node/policy-agent/enforces-policies.ts';
import { createPolicyEngine, type PolicyEngine } from '../policy/create-policy-engine.ts';
import { readPolicyWorld } from '../policy/read-policy-world.ts';

/**
 * What the policies of a cluster say, as they and its pods are now; where nobody makes rules of them, that everything
 * passes. Kinds that nobody has written are not asked for.
 */
export function policyEngineOf(cluster: Cluster): PolicyEngine {
  const { objects } = cluster.state.store;
  const reader: Parameters<typeof readPolicyWorld>[0] = {
    list: (kind) => (Object.hasOwn(objects, kind) ? cluster.store.list(kind) : []),
  };
  return createPolicyEngine(readPolicyWorld(reader), {
    isEnforcedOn: (node) => enforcesPolicies(cluster, node),
  });
}
