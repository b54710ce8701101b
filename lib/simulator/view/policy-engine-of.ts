import type { Cluster } from '../cluster.ts';
import { enforcesPolicies } from '../node/policy-agent/enforces-policies.ts';
import { createPolicyEngine, type PolicyEngine } from '../policy/create-policy-engine.ts';
import { readPolicyWorld } from '../policy/read-policy-world.ts';

/** What the policies of a cluster say as it is now; where nobody makes rules of them, that everything passes. */
export function policyEngineOf({ store, options }: Cluster): PolicyEngine {
  return createPolicyEngine(readPolicyWorld(store), {
    isEnforcedOn: (node) => enforcesPolicies({ store, options }, node),
  });
}
