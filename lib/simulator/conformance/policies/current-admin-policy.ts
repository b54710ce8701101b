import type { LabelSelector } from '../../api/meta/label-selector.ts';
import type { Manifest } from './write-objects.ts';

/** Peers of the first edition of v1alpha1, which name namespaces also by what they have in common with the subject's. */
interface FirstNamespaces {
  readonly namespaceSelector?: LabelSelector;
  readonly sameLabels?: readonly string[];
  readonly notSameLabels?: readonly string[];
}

interface Peer {
  readonly namespaces?: LabelSelector & FirstNamespaces;
  readonly pods?: {
    readonly namespaces?: FirstNamespaces;
    readonly namespaceSelector?: LabelSelector;
    readonly podSelector?: LabelSelector;
  };
}

interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
}

interface Spec {
  readonly subject?: { readonly namespaces?: LabelSelector; readonly pods?: Peer['pods'] };
  readonly ingress?: readonly Rule[];
  readonly egress?: readonly Rule[];
}

type Namespaces = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Label key → the value that the subject's namespace has; undefined: it has no such label. */
type SubjectLabels = Readonly<Record<string, string | undefined>>;

const and = (
  { matchLabels, matchExpressions = [] }: LabelSelector,
  more: NonNullable<LabelSelector['matchExpressions']>,
): LabelSelector => ({
  ...(matchLabels && { matchLabels }),
  matchExpressions: [...matchExpressions, ...more],
});

const isFirstEdition = (text: FirstNamespaces | undefined) =>
  text !== undefined &&
  ('namespaceSelector' in text || 'sameLabels' in text || 'notSameLabels' in text);

const peersOf = ({ from = [], to = [] }: Rule) => [...from, ...to];

const firstNamespacesOf = ({ namespaces, pods }: Peer) =>
  [namespaces, pods?.namespaces].filter(isFirstEdition);

/** Labels by which a policy compares namespaces with the subject's. */
function comparedLabels({ ingress = [], egress = [] }: Spec): string[] {
  const compared = [...ingress, ...egress]
    .flatMap(peersOf)
    .flatMap(firstNamespacesOf)
    .flatMap((each) => [...(each?.sameLabels ?? []), ...(each?.notSameLabels ?? [])]);
  return [...new Set(compared)].sort();
}

const exists = (key: string) => ({ key, operator: 'Exists' as const });

/**
 * Namespaces that are meant, for a subject whose namespace has these labels: none when it lacks one of them. "To be selected
 * a namespace must have all of the labels": with the same values, or with another value of at least one.
 */
function meantNamespaces(
  { namespaceSelector, sameLabels = [], notSameLabels = [] }: FirstNamespaces,
  subject: SubjectLabels,
): LabelSelector[] {
  if (namespaceSelector) return [namespaceSelector];
  const keys = sameLabels.length > 0 ? sameLabels : notSameLabels;
  if (keys.length === 0 || keys.some((key) => subject[key] === undefined)) return [];
  if (sameLabels.length > 0) {
    return [{ matchLabels: Object.fromEntries(keys.map((key) => [key, subject[key] ?? ''])) }];
  }
  return keys.map((key) => ({
    matchExpressions: [
      ...keys.map(exists),
      { key, operator: 'NotIn' as const, values: [subject[key] ?? ''] },
    ],
  }));
}

function currentPeers(peer: Peer, subject: SubjectLabels): unknown[] {
  const { namespaces, pods } = peer;
  if (namespaces && isFirstEdition(namespaces)) {
    return meantNamespaces(namespaces, subject).map((each) => ({ namespaces: each }));
  }
  if (!pods) return [peer];
  const podSelector = pods.podSelector ?? {};
  const selectors = isFirstEdition(pods.namespaces)
    ? meantNamespaces(pods.namespaces ?? {}, subject)
    : [pods.namespaceSelector ?? {}];
  return selectors.map((namespaceSelector) => ({ pods: { namespaceSelector, podSelector } }));
}

/** Rules without a peer left match nobody and go. */
function currentRules(rules: readonly Rule[] | undefined, subject: SubjectLabels) {
  return rules?.flatMap((rule) => {
    const field = rule.from ? 'from' : 'to';
    const peers = (rule[field] ?? []).flatMap((peer) => currentPeers(peer, subject));
    return peers.length === 0 ? [] : [{ ...rule, [field]: peers }];
  });
}

/** The part of a subject whose namespaces have these labels. */
function partOfSubject({ subject = {} }: Spec, labels: SubjectLabels): unknown {
  const more = Object.entries(labels).map(([key, value]) =>
    value === undefined
      ? { key, operator: 'DoesNotExist' as const }
      : { key, operator: 'In' as const, values: [value] },
  );
  if (!subject.pods) return { namespaces: and(subject.namespaces ?? {}, more) };
  const { namespaceSelector = {}, podSelector = {} } = subject.pods;
  return { pods: { namespaceSelector: and(namespaceSelector, more), podSelector } };
}

function partsOf(keys: readonly string[], namespaces: Namespaces): SubjectLabels[] {
  const parts = Object.values(namespaces).map((labels) =>
    Object.fromEntries(keys.map((key) => [key, labels[key]])),
  );
  return [...new Map(parts.map((part) => [JSON.stringify(part), part])).values()];
}

/**
 * An AdminNetworkPolicy or BaselineAdminNetworkPolicy as tables hold it, in the words of the API as it is now. The first
 * edition of v1alpha1 could compare a peer's namespace with the subject's (`sameLabels`, `notSameLabels`); this takes one
 * policy for each combination of values that the namespaces have. Tables printed from Go leave an empty podSelector out.
 */
export function currentAdminPolicy(manifest: Manifest, namespaces: Namespaces): Manifest[] {
  const isAdmin =
    manifest.kind === 'AdminNetworkPolicy' || manifest.kind === 'BaselineAdminNetworkPolicy';
  if (!isAdmin) return [manifest];
  const spec = (manifest['spec'] ?? {}) as Spec;
  const keys = comparedLabels(spec);
  const name = manifest.metadata?.name ?? '';
  const parts = keys.length === 0 ? [{}] : partsOf(keys, namespaces);
  return parts.map((part, index) => ({
    ...manifest,
    metadata: { ...manifest.metadata, name: keys.length === 0 ? name : `${name}-${index}` },
    spec: {
      ...spec,
      subject: partOfSubject(spec, part),
      ...(spec.ingress && { ingress: currentRules(spec.ingress, part) }),
      ...(spec.egress && { egress: currentRules(spec.egress, part) }),
    },
  }));
}
