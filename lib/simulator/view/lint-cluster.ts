import type { Cluster } from '../cluster.ts';
import type { LintFinding } from '../policy/lint/lint-finding.ts';
import { lintPolicies } from '../policy/lint/lint-policies.ts';
import { readLintContext } from '../policy/lint/read-lint-context.ts';
import { policyEngineOf } from './policy-engine-of.ts';

/** What in the policies of a cluster hardly does what somebody wanted, and why. Plain data. */
export const lintCluster = (cluster: Cluster): readonly LintFinding[] =>
  lintPolicies(policyEngineOf(cluster), readLintContext(cluster.store, cluster.options));
