import type { Direction, NormalPolicy, NormalRule } from '../normal-policy.ts';
import type { Lint, PolicyCheck } from './lint-context.ts';
import type { LintFinding } from './lint-finding.ts';
import { code, listed, nameOf } from './say.ts';

const isEmpty = ({ peers, ports }: NormalRule) => !peers && !ports;

const WORDS = {
  ingress: {
    passes: 'lets everything in, from everybody and on every port',
    nobody: 'ingress: []',
  },
  egress: { passes: 'lets everything out, to everybody and to every port', nobody: 'egress: []' },
} as const;

/** Other NetworkPolicies that isolate some of the same pods, and have rules that say less. */
function othersOf(policy: NormalPolicy, direction: Direction, { engine }: Lint) {
  const all = engine
    .podsOf(policy.subject)
    .flatMap((pod) => engine.policiesOf(pod, direction).network)
    .filter((other) => other !== policy && !other[direction].some(isEmpty));
  return [...new Set(all)].map(({ ref }) => ref);
}

function checkDirection(policy: NormalPolicy, direction: Direction, lint: Lint): LintFinding[] {
  const rules = policy[direction];
  const empty = rules.find(isEmpty);
  if (!empty) return [];
  const { passes, nobody } = WORDS[direction];
  const others = othersOf(policy, direction, lint);
  const about = {
    check: 'selects-everything',
    policy: policy.ref,
    others,
    path: empty.path,
  } as const;
  const sentence = `${code(empty.path)} is an empty rule: it ${passes}.`;
  if (rules.length === 1 && others.length === 0) {
    return [
      {
        ...about,
        severity: 'note',
        sentence,
        why: `The policy isolates its pods and admits everything again, as if it were not there. To admit nothing write ${code(nobody)}: a list without rules.`,
      },
    ];
  }
  const undone = [
    ...(rules.length > 1 ? ['the other rules of this policy'] : []),
    ...(others.length > 0 ? [listed(others.map((ref) => code(nameOf(ref))))] : []),
  ];
  return [
    {
      ...about,
      severity: 'warning',
      sentence,
      why: `What policies admit adds up: what ${listed(undone)} would leave out passes all the same. A rule without peers is for everybody; to admit nothing write ${code(nobody)}.`,
    },
  ];
}

/** `- {}` among the rules of a NetworkPolicy. */
export const checkEmptyRules: PolicyCheck = (policy, lint) =>
  policy.tier === 'network'
    ? policy.directions.flatMap((direction) => checkDirection(policy, direction, lint))
    : [];
