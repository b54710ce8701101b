import { formatLabelSelector } from '../../../api/meta/label-selector.ts';
import type { LabelSelector } from '../../../api/meta/label-selector.ts';
import type { AddressSet, PodSelection } from '../address-set.ts';
import { shortComment } from './policy-rules.ts';

const labels = (selector: LabelSelector) => {
  const text = formatLabelSelector(selector);
  return text === '<none>' ? '' : ` ${text}`;
};

const podsText = ({ namespaces, pods }: PodSelection) =>
  typeof namespaces === 'string'
    ? `pods${labels(pods)} in namespace ${namespaces}`
    : `pods${labels(pods)} in namespaces${labels(namespaces) || ' of any name'}`;

function textOf({ meaning }: AddressSet): string {
  switch (meaning.of) {
    case 'pods':
      return podsText(meaning.pods);
    case 'nodes':
      return `nodes${labels(meaning.nodes)}`;
    case 'networks':
      return 'networks without their exceptions';
    case 'named-ports':
      return `port ${meaning.port} of ${meaning.pods ? podsText(meaning.pods) : 'all pods'}`;
  }
}

/** What a set stands for, as its comment says it: `pods app=web in namespace shop`. */
export const describeSet = (set: AddressSet): string => shortComment(textOf(set));
