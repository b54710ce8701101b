import { dnsSubdomainProblems } from '../meta/names.ts';

const nothing = () => undefined;
const none = () => [];

/** What most kinds have in common: v1, in a namespace, a DNS subdomain as the name, nothing to fill in or to check. */
export const PLAIN_KIND = {
  version: 'v1',
  shortNames: [],
  categories: [],
  isNamespaced: true,
  subresources: [],
  fieldLabels: {},
  nameProblems: dnsSubdomainProblems,
  setDefaults: nothing,
  prepareForCreate: nothing,
  validate: none,
  validateUpdate: none,
} as const;
