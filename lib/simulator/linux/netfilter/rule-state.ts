import type { MatchSubject } from './match/subject.ts';
import type { RuleState } from './rule.ts';

/** What the kernel keeps beside the rule that is being compared; made when something is first noted there. */
export function ruleState({ at }: Pick<MatchSubject, 'at'>): RuleState {
  const fresh: RuleState = { packets: 0, bytes: 0 };
  if (!at?.members) return fresh;
  const state = (at.members.state ??= {});
  return (state[at.next - 1] ??= fresh);
}
