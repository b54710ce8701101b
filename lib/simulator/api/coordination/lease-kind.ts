import { AGE_COLUMN, column, NAME_COLUMN } from '../schema/columns.ts';
import { invalid, type FieldProblem } from '../schema/field-problem.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import { PLAIN_KIND } from '../schema/plain-kind.ts';
import type { Lease } from './lease.ts';

/** pkg/apis/coordination/validation `ValidateLeaseSpec`. */
function validateLease({ spec = {} }: Lease): FieldProblem[] {
  const { leaseDurationSeconds = 1, leaseTransitions = 0 } = spec;
  return [
    ...(leaseDurationSeconds > 0
      ? []
      : [invalid('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0')]),
    ...(leaseTransitions >= 0
      ? []
      : [invalid('spec.leaseTransitions', leaseTransitions, 'must be greater than or equal to 0')]),
  ];
}

export const LEASE: KindDescription<Lease> = {
  ...PLAIN_KIND,
  kind: 'Lease',
  group: 'coordination.k8s.io',
  plural: 'leases',
  singular: 'lease',
  type: 'coordination.Lease',
  description: 'A Lease says who holds a task, and until when.',
  columns: [
    NAME_COLUMN,
    column('Holder', 'Who holds it.', ({ spec }: Lease) => spec?.holderIdentity ?? ''),
    AGE_COLUMN,
  ],
  setDefaults(lease) {
    lease.spec ??= {};
  },
  validate: validateLease,
};
