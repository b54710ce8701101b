import type { NormalPeer, PodPeer } from '../normal-policy.ts';
import { askedRules, type PolicyCheck } from './lint-context.ts';
import { code, counted, isEmptySelector, selectorText } from './say.ts';
import { findsLabels } from './who-is-found.ts';

/** A `namespaceSelector` without a `podSelector` beside it. */
const isNamespaces = (peer: NormalPeer): peer is PodPeer =>
  peer.peer === 'pods' &&
  typeof peer.namespaces !== 'string' &&
  !isEmptySelector(peer.namespaces) &&
  isEmptySelector(peer.pods);

/** A `podSelector` without a `namespaceSelector` beside it. */
const isPods = (peer: NormalPeer): peer is PodPeer =>
  peer.peer === 'pods' && typeof peer.namespaces === 'string' && !isEmptySelector(peer.pods);

/**
 * Namespaces and pods as two items of a list, where one item with both was probably meant. Said only where that one item
 * would find somebody in another namespace, and the two together find more.
 */
export const checkListOfTwo: PolicyCheck = (policy, { engine }) => {
  if (policy.ref.kind !== 'NetworkPolicy') return [];
  return askedRules(policy).flatMap(({ rule: { peers = [] } }) => {
    const [spaces, ...moreSpaces] = peers.filter(isNamespaces);
    const [pods, ...morePods] = peers.filter(isPods);
    if (!spaces || !pods || moreSpaces.length + morePods.length > 0) return [];
    const { world } = engine;
    const meant: PodPeer = { ...spaces, pods: pods.pods };
    const found = [...new Set([...engine.podsOf(spaces), ...engine.podsOf(pods)])];
    const both = found.filter((pod) => findsLabels(meant, pod, world));
    const isElsewhere = both.some(({ namespace }) => namespace !== policy.ref.namespace);
    if (!isElsewhere || both.length === found.length) return [];
    const list = spaces.path.replace(/\[\d+\]$/, '');
    return [
      {
        check: 'list-of-two',
        severity: 'warning',
        policy: policy.ref,
        others: [],
        path: list,
        sentence: `${code(list)} has ${code('namespaceSelector')} and ${code('podSelector')} as two items: it finds every pod in namespaces with ${selectorText(spaces.namespaces as object)}, and every pod with ${selectorText(pods.pods)} in the policy's own namespace. That is ${counted(found.length, 'pod')}; as one item it would be ${both.length}.`,
        why: `Items of a list are alternatives; fields of one item hold together. For pods with these labels in those namespaces write both selectors in one item, without a dash before ${code('podSelector')}.`,
      },
    ];
  });
};
