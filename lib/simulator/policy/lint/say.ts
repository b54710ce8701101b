import { formatLabelSelector, type LabelSelector } from '../../api/meta/label-selector.ts';
import type { PodPeer, PolicyRef } from '../normal-policy.ts';

/** Words that findings share. */

export const code = (text: string) => `\`${text}\``;

/** `a`, `a and b`, `a, b and c`. */
export const listed = (items: readonly string[]): string =>
  items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;

const SHOWN = 3;

/** The first three of some names, and how many more there are. */
export function some(names: readonly string[]): string {
  const shown = names.slice(0, names.length > SHOWN ? SHOWN - 1 : SHOWN).map(code);
  const more = names.length - shown.length;
  return listed(more > 0 ? [...shown, `${more} more`] : shown);
}

export const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;

export const isEmptySelector = ({ matchLabels, matchExpressions }: LabelSelector): boolean =>
  Object.keys(matchLabels ?? {}).length === 0 && (matchExpressions ?? []).length === 0;

/** Cluster policies may have operators that nobody knows: they are shown as they stand. */
export const selectorText = (selector: LabelSelector) =>
  code(formatLabelSelector(selector) || JSON.stringify(selector.matchExpressions));

/** `NetworkPolicy shop/web`. */
export const nameOf = ({ kind, namespace, name }: PolicyRef): string =>
  `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;

/** `in namespace `shop``, `in namespaces with `team=web``, `in any namespace`. */
export function whereOf({ namespaces }: PodPeer): string {
  if (typeof namespaces === 'string') return `in namespace ${code(namespaces)}`;
  return isEmptySelector(namespaces)
    ? 'in any namespace'
    : `in namespaces with ${selectorText(namespaces)}`;
}
