import { createPolicyEngine, type PolicyEngine } from '../create-policy-engine.ts';
import { checkAskedRules } from './check-asked-rules.ts';
import { checkBlocks } from './check-blocks.ts';
import { checkDns } from './check-dns.ts';
import { checkEmptyRules } from './check-empty-rules.ts';
import { checkEmptySelectors } from './check-empty-selectors.ts';
import { checkEnforcement } from './check-enforcement.ts';
import { checkEqualPriorities } from './check-equal-priorities.ts';
import { checkListOfTwo } from './check-list-of-two.ts';
import { checkPeers } from './check-peers.ts';
import { checkPortNames } from './check-port-names.ts';
import { checkReached } from './check-reached.ts';
import { checkSubject } from './check-subject.ts';
import type { LintContext, PolicyCheck } from './lint-context.ts';
import type { LintFinding } from './lint-finding.ts';
import { nameOf } from './say.ts';

/** What is looked for in one policy at a time. */
const CHECKS: readonly PolicyCheck[] = [
  checkEnforcement,
  checkSubject,
  checkAskedRules,
  checkEmptyRules,
  checkEmptySelectors,
  checkListOfTwo,
  checkPeers,
  checkPortNames,
  checkBlocks,
  checkReached,
];

/**
 * What in the policies of a cluster hardly does what somebody wanted, and why: in the order of the policies, of one policy
 * in the order of the checks. `engine` knows pods, policies, and where they are enforced.
 */
export function lintPolicies(engine: PolicyEngine, context: LintContext): readonly LintFinding[] {
  const isEnforcedOn = (node: string) => engine.isEnforcedOn(node);
  const isEnforced = engine.world.pods.every(({ node }) => isEnforcedOn(node));
  const lint = {
    engine: isEnforced ? engine : createPolicyEngine(engine.world),
    isEnforcedOn,
    context,
  };
  const together = [...checkDns(lint), ...checkEqualPriorities(lint)];
  return engine.world.policies.flatMap((policy) => [
    ...CHECKS.flatMap((check) => check(policy, lint)),
    ...together.filter((finding) => nameOf(finding.policy) === nameOf(policy.ref)),
  ]);
}
