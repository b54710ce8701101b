import { dnsSubdomainProblems } from '../meta/names.ts';
import { AGE_COLUMN, column, NAME_COLUMN } from '../schema/columns.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import type { ServiceAccount } from './service-account.ts';

export const SERVICE_ACCOUNT: KindDescription<ServiceAccount> = {
  kind: 'ServiceAccount',
  group: '',
  version: 'v1',
  plural: 'serviceaccounts',
  singular: 'serviceaccount',
  shortNames: ['sa'],
  categories: [],
  isNamespaced: true,
  type: 'core.ServiceAccount',
  description: 'A ServiceAccount is the identity that pods use towards the API.',
  subresources: [],
  columns: [
    NAME_COLUMN,
    column(
      'Secrets',
      'How many secrets it lists.',
      (sa: ServiceAccount) => sa.secrets?.length ?? 0,
    ),
    AGE_COLUMN,
  ],
  fieldLabels: {},
  nameProblems: dnsSubdomainProblems,
  setDefaults: () => undefined,
  prepareForCreate: () => undefined,
  validate: () => [],
  validateUpdate: () => [],
};
