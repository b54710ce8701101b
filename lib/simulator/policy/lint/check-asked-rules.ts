import type { PolicyCheck } from './lint-context.ts';
import { code } from './say.ts';

const TYPES = { ingress: 'Ingress', egress: 'Egress' } as const;

/** Rules of a direction that `policyTypes` leaves out. */
export const checkAskedRules: PolicyCheck = (policy) =>
  (['ingress', 'egress'] as const)
    .filter((direction) => policy[direction].length > 0 && !policy.directions.includes(direction))
    .map((direction) => ({
      check: 'rules-not-asked',
      severity: 'warning',
      policy: policy.ref,
      others: [],
      path: `.spec.${direction}`,
      sentence: `It has ${direction} rules, and ${code('policyTypes')} leaves ${TYPES[direction]} out.`,
      why: `${code('policyTypes')} says in which directions a policy isolates its pods; rules of the others are never asked. Add ${TYPES[direction]}, or leave the rules away.`,
    }));
