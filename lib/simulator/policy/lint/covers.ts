import { isSameJson } from '../../base/same-json.ts';
import type { LabelSelector } from '../../api/meta/label-selector.ts';
import type { NormalPeer, NormalPort, NormalRule, PodPeer } from '../normal-policy.ts';
import { isInside } from './blocks.ts';
import { isEmptySelector } from './say.ts';

/**
 * Whether one thing that policies say finds all that another finds, whoever there is: no is said in doubt. Selectors cover
 * one another when they are equal, or the first is empty.
 */
const coversSelector = (a: LabelSelector, b: LabelSelector) =>
  isEmptySelector(a) || isSameJson(a, b);

function coversNamespaces(a: PodPeer['namespaces'], b: PodPeer['namespaces']): boolean {
  if (typeof a === 'string') return a === b;
  return isEmptySelector(a) || (typeof b !== 'string' && isSameJson(a, b));
}

export const coversPods = (a: PodPeer, b: PodPeer): boolean =>
  coversNamespaces(a.namespaces, b.namespaces) && coversSelector(a.pods, b.pods);

function coversPeer(a: NormalPeer, b: NormalPeer): boolean {
  switch (a.peer) {
    case 'pods':
      return b.peer === 'pods' && coversPods(a, b);
    case 'nodes':
      return b.peer === 'nodes' && coversSelector(a.nodes, b.nodes);
    case 'networks':
      return (
        b.peer === 'networks' &&
        a.except.length === 0 &&
        b.cidrs.every((cidr) => a.cidrs.some((wider) => isInside(cidr, wider)))
      );
    case 'domains':
      return b.peer === 'domains' && b.names.every((name) => a.names.includes(name));
  }
}

function coversPort(a: NormalPort, b: NormalPort): boolean {
  if (a.port === 'name') {
    const isAny = a.protocol === undefined || (b.port === 'name' && a.protocol === b.protocol);
    return b.port === 'name' && a.name === b.name && isAny;
  }
  return b.port === 'range' && a.protocol === b.protocol && a.first <= b.first && a.last >= b.last;
}

/** Every item of the second list is covered by one of the first; no list is everybody. */
const coversList = <T>(
  a: readonly T[] | undefined,
  b: readonly T[] | undefined,
  covers: (a: T, b: T) => boolean,
) => !a || (b?.every((item) => a.some((wider) => covers(wider, item))) ?? false);

/** Whether every connection that the second rule matches is matched by the first. */
export const coversRule = (a: NormalRule, b: NormalRule): boolean =>
  coversList(a.peers, b.peers, coversPeer) && coversList(a.ports, b.ports, coversPort);
