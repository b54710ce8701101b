import type { NormalPeer, PodPeer } from '../normal-policy.ts';
import { askedRules, type PolicyCheck } from './lint-context.ts';
import { code, isEmptySelector } from './say.ts';

const isEverybody = (peer: NormalPeer): peer is PodPeer =>
  peer.peer === 'pods' &&
  typeof peer.namespaces !== 'string' &&
  isEmptySelector(peer.namespaces) &&
  isEmptySelector(peer.pods);

/**
 * A peer that finds every pod of every namespace, on every port. Said of rules that let through alone: what is dropped or
 * passed on for everybody is meant so, and a rule for some ports (a public Service, DNS) often is.
 */
export const checkEmptySelectors: PolicyCheck = (policy) => {
  if (policy.tier === 'baseline') return [];
  const field = policy.tier === 'network' ? 'namespaceSelector' : 'namespaces';
  return askedRules(policy)
    .filter(({ rule }) => rule.action === 'accept' && !rule.ports)
    .flatMap(({ rule }) => (rule.peers ?? []).filter(isEverybody))
    .map(({ path }) => ({
      check: 'selects-everything',
      severity: 'warning',
      policy: policy.ref,
      others: [],
      path,
      sentence: `${code(path)} finds every pod of every namespace, those that come later too, on every port.`,
      why:
        policy.tier === 'network'
          ? `An empty ${code(field)} asks for nothing, so every namespace has it. For the pods of the policy's own namespace write ${code('podSelector: {}')} alone; a namespace by its name has the label ${code('kubernetes.io/metadata.name')}.`
          : `An empty selector asks for nothing, so every namespace has it; and what this tier lets through no NetworkPolicy can keep out.`,
    }));
};
