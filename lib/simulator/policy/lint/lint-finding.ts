import type { PolicyRef } from '../normal-policy.ts';

/** What the linter looks for; each has a file of its own. */
export type LintCheck =
  | 'selects-nothing'
  | 'selects-host-network'
  | 'selects-everything'
  | 'list-of-two'
  | 'dns-forgotten'
  | 'unknown-port-name'
  | 'peer-finds-nobody'
  | 'block-holds-pods'
  | 'block-holds-services'
  | 'rules-not-asked'
  | 'equal-priorities'
  | 'never-reached'
  | 'not-enforced';

/** `warning`: it hardly does what somebody wanted. `note`: it may be meant, and is worth knowing. */
export type LintSeverity = 'warning' | 'note';

/** What the linter has found in one policy. Texts are whole sentences with code in backticks. */
export interface LintFinding {
  readonly check: LintCheck;
  readonly severity: LintSeverity;
  readonly policy: PolicyRef;
  /** Others that the finding is about, where there are any. */
  readonly others: readonly PolicyRef[];
  /** `.spec.ingress[0].from[1]`. */
  readonly path: string;
  /** What is so. */
  readonly sentence: string;
  /** Why that matters, and what to write instead. */
  readonly why: string;
}
