import type { Direction, NormalPolicy, RuleAction } from '../normal-policy.ts';
import type { DecidedBy, DirectionVerdict, PolicyFinding, PolicyOutcome } from '../verdict.ts';
import { askPolicy, type Asked, type DirectionQuestion } from './ask-policy.ts';

/** A policy that had a say, and the outcome that it may bring. */
interface Say {
  readonly asked: Asked;
  readonly outcome: PolicyOutcome | 'passes';
  readonly isSure: boolean;
}

const OUTCOME_OF: Readonly<Record<RuleAction, Say['outcome']>> = {
  accept: 'admitted',
  deny: 'not-admitted',
  pass: 'passes',
};

/** Policies of a tier in turn, all of one priority together, until one certainly matches. */
function askTier(all: readonly Asked[], tier: NormalPolicy['tier']) {
  const says: Say[] = [];
  const policies = all.filter(({ policy }) => policy.tier === tier);
  let decidedAt: number | undefined;
  for (const asked of policies) {
    if (decidedAt !== undefined && asked.policy.priority !== decidedAt) break;
    if (asked.isSure) decidedAt = asked.policy.priority;
    for (const action of asked.actions) {
      says.push({ asked, outcome: OUTCOME_OF[action], isSure: asked.isSure });
    }
  }
  const passes = decidedAt === undefined || says.some(({ outcome }) => outcome === 'passes');
  return { says, passes };
}

/** NetworkPolicies: their admissions add up. */
function askNetworkPolicies(all: readonly Asked[]): readonly Say[] {
  const policies = all.filter(({ policy }) => policy.tier === 'network');
  const admitting = policies.find(({ isSure }) => isSure);
  if (admitting) return [{ asked: admitting, outcome: 'admitted', isSure: true }];
  return policies.map((asked) => ({ asked, outcome: 'not-admitted', isSure: true }));
}

function askAll(all: readonly Asked[], { selected, otherEnd }: DirectionQuestion) {
  const admin = askTier(all, 'admin');
  if (!admin.passes) return { says: admin.says, rest: undefined };
  if (selected.isIsolated && otherEnd === 'own-node') return { says: admin.says, rest: otherEnd };
  if (selected.isIsolated) {
    return { says: [...admin.says, ...askNetworkPolicies(all)], rest: undefined };
  }
  const baseline = askTier(all, 'baseline');
  const says = [...admin.says, ...baseline.says];
  return { says, rest: baseline.passes ? ('not-isolated' as const) : undefined };
}

const DECIDERS = {
  admin: 'admin-tier',
  network: 'network-policies',
  baseline: 'baseline-tier',
} as const;

/** One that passes has a part in it only beside another of its tier that does not. */
const isAgainst = ({ outcome, asked }: Say, says: readonly Say[]) =>
  outcome !== 'passes' ||
  says.some((say) => say.outcome !== 'passes' && say.asked.policy.tier === asked.policy.tier);

/** The policies whose verdict it is: all that might bring it where it is not decidable, else the first (or all NetworkPolicies). */
function decidersOf(says: readonly Say[], outcome: PolicyOutcome): readonly Say[] {
  if (outcome === 'undecidable') return says.filter((say) => isAgainst(say, says));
  const sure = says.filter((say) => say.outcome === outcome && say.isSure);
  const [first] = sure;
  return first?.asked.policy.tier === 'network'
    ? sure.filter(({ asked }) => asked.policy.tier === 'network')
    : sure.slice(0, 1);
}

/** One end of a connection, and everything that was asked about it. */
export function explainDirection(question: DirectionQuestion): DirectionVerdict {
  const { selected, direction } = question;
  const all = selected.asked.map((policy) => askPolicy(question, policy));
  const { says, rest } = askAll(all, question);
  const possible = new Set<Say['outcome']>(says.map((say) => say.outcome));
  if (rest) possible.add('admitted');
  const outcome: PolicyOutcome = !possible.has('not-admitted')
    ? 'admitted'
    : possible.has('admitted')
      ? 'undecidable'
      : 'not-admitted';
  const deciders = decidersOf(says, outcome);
  const tier = deciders[0]?.asked.policy.tier;
  return {
    direction,
    outcome,
    decidedBy: tier ? DECIDERS[tier] : (rest ?? 'not-isolated'),
    policies: findingsOf(question, all, new Set(deciders.map(({ asked }) => asked))),
  };
}

export const notApplicable = (policy: NormalPolicy): PolicyFinding => ({
  policy: policy.ref,
  word: 'Not applicable',
  misses: [],
  isDeciding: false,
});

function findingsOf(
  { selected, otherEnd }: DirectionQuestion,
  all: readonly Asked[],
  deciders: ReadonlySet<Asked>,
): readonly PolicyFinding[] {
  const byPolicy = new Map(all.map((asked) => [asked.policy, asked]));
  return selected.all.map(({ policy }) => {
    const asked = byPolicy.get(policy);
    if (!asked || (otherEnd === 'own-node' && policy.tier === 'network'))
      return notApplicable(policy);
    return { ...asked.finding, isDeciding: deciders.has(asked) };
  });
}

/** A direction in which nobody is asked, and why; what policies would say is told all the same where it is known. */
export const explainUnasked = (
  direction: Direction,
  decidedBy: DecidedBy,
  policies: readonly PolicyFinding[],
): DirectionVerdict => ({
  direction,
  outcome: 'admitted',
  decidedBy,
  policies: policies.map((finding) => ({ ...finding, isDeciding: false })),
});
