import type { LabelSelector } from '../meta/label-selector.ts';

/** Pods of the whole cluster, of the subject or of a peer. Exactly one field is set; pods on their node's network are never among them. */
export interface PolicySubject {
  /** Every pod of these namespaces. */
  namespaces?: LabelSelector;
  pods?: { namespaceSelector?: LabelSelector; podSelector: LabelSelector };
}

export interface PolicyRuleText {
  /** For people and logs. */
  name?: string;
}
