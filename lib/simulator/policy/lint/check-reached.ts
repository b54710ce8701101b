import type { Direction, NormalPolicy, NormalRule, RuleAction } from '../normal-policy.ts';
import { TIERS } from '../normalize-policies.ts';
import { coversPods, coversRule } from './covers.ts';
import type { Lint, PolicyCheck } from './lint-context.ts';
import type { LintFinding } from './lint-finding.ts';
import { code, nameOf } from './say.ts';

/** A rule that is asked before another. */
interface Earlier {
  readonly policy: NormalPolicy;
  readonly rule: NormalRule;
}

const rankOf = ({ tier }: NormalPolicy) => TIERS.indexOf(tier);

/** Whether a rule of an earlier tier is the last word: a `Pass` hands on, and what is let through is let through all the same. */
const isLastWord = (action: RuleAction, { tier }: NormalPolicy) =>
  action === 'deny' || (action === 'accept' && tier === 'baseline');

function isAskedBefore(one: NormalPolicy, other: NormalPolicy): boolean {
  return one.tier === other.tier && one.priority < other.priority;
}

/** Rules that see every connection first that a rule of the policy could. NetworkPolicies see none before one another. */
function earlierThan(
  policy: NormalPolicy,
  direction: Direction,
  index: number,
  { engine }: Lint,
): readonly Earlier[] {
  const before = engine.world.policies
    .filter((one) => one.tier !== 'network' && coversPods(one.subject, policy.subject))
    .flatMap((one) =>
      one[direction]
        .filter(
          ({ action }) =>
            isAskedBefore(one, policy) ||
            (rankOf(one) < rankOf(policy) && isLastWord(action, policy)),
        )
        .map((rule) => ({ policy: one, rule })),
    );
  const own = policy.tier === 'network' ? [] : policy[direction].slice(0, index);
  return [...own.map((rule) => ({ policy, rule })), ...before];
}

const WORDS = { accept: 'lets it through', deny: 'drops it', pass: 'passes it on' } as const;

function tell(policy: NormalPolicy, rule: NormalRule, earlier: Earlier): LintFinding {
  const isOwn = earlier.policy === policy;
  const whose = isOwn ? '' : ` of ${code(nameOf(earlier.policy.ref))}`;
  return {
    check: 'never-reached',
    severity: 'warning',
    policy: policy.ref,
    others: isOwn ? [] : [earlier.policy.ref],
    path: rule.path,
    sentence: `${code(rule.path)} is never reached: ${code(earlier.rule.path)}${whose} matches all that it matches, is asked before it, and ${WORDS[earlier.rule.action]}.`,
    why: isOwn
      ? 'Of the rules of one policy the first that matches counts. Put the narrower rule before the wider one.'
      : 'What a policy asked earlier has decided no later one is asked about.',
  };
}

/** A rule behind another that matches all that it does. */
export const checkReached: PolicyCheck = (policy, lint) =>
  policy.directions.flatMap((direction) =>
    policy[direction].flatMap((rule, index) => {
      const earlier = earlierThan(policy, direction, index, lint).find((one) =>
        coversRule(one.rule, rule),
      );
      return earlier ? [tell(policy, rule, earlier)] : [];
    }),
  );
