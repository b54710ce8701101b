import type { PolicyCheck } from './lint-context.ts';
import { some } from './say.ts';

/** Pods of the policy run where nobody makes rules of policies. */
export const checkEnforcement: PolicyCheck = ({ ref, subject }, { engine, isEnforcedOn }) => {
  const nodes = [
    ...new Set(
      engine
        .podsOf(subject)
        .filter(({ node }) => node !== '')
        .map(({ node }) => node),
    ),
  ].sort();
  const without = nodes.filter((node) => !isEnforcedOn(node));
  if (without.length === 0) return [];
  return [
    {
      check: 'not-enforced',
      severity: 'warning',
      policy: ref,
      others: [],
      path: '',
      sentence:
        without.length === nodes.length
          ? 'Nobody makes rules of it: no node that its pods run on has a policy agent.'
          : `Nobody makes rules of it on ${some(without)}, where some of its pods run.`,
      why: 'The API server stores policies; keeping to them is the work of the pod network on each node. One that does not know policies (flannel, a plain bridge) ignores them without a word, and everything passes.',
    },
  ];
};
