import { formatLabelSelector } from '../../../api/meta/label-selector.ts';
import type { LabelSelector } from '../../../api/meta/label-selector.ts';
import type { AddressSet, PodSelection } from '../address-set.ts';
import { shortComment } from './policy-rules.ts';

const labels = (selector: LabelSelector) => {
  const text = formatLabelSelector(selector);
  return text === '<none>' ? '' : ` with ${text}`;
};

const podsText = ({ namespaces, pods }: PodSelection) =>
  typeof namespaces === 'string'
    ? `pods${labels(pods)} in namespace ${namespaces}`
    : `pods${labels(pods)} in ${labels(namespaces) === '' ? 'all namespaces' : `namespaces${labels(namespaces)}`}`;

function textOf({ meaning }: AddressSet): string | undefined {
  switch (meaning.of) {
    case 'pods':
      return podsText(meaning.pods);
    case 'nodes':
      return labels(meaning.nodes) === '' ? 'all nodes' : `nodes${labels(meaning.nodes)}`;
    case 'networks':
      return undefined;
    case 'named-ports':
      return `port ${meaning.port} of ${meaning.pods ? podsText(meaning.pods) : 'all pods'}`;
  }
}

/** What a set stands for, as its comment says it: `pods with app=web in namespace shop`. Networks speak for themselves. */
export function describeSet(set: AddressSet): string | undefined {
  const text = textOf(set);
  return text === undefined ? undefined : shortComment(text);
}
