import { matchesLabelSelector } from '../../api/meta/label-selector.ts';
import { isSameList } from '../../base/same-list.ts';
import type { Labels, NamedPort, PolicyPod, PolicyWorld } from '../../policy/policy-world.ts';
import {
  versionOfElement,
  type AddressSet,
  type SetContents,
  type PodSelection,
  type SetMeaning,
} from './address-set.ts';
import type { ClusterView } from './cluster-view.ts';

type Namespaces = PolicyWorld['namespaces'];

const hasLabels = (selector: object) => Object.keys(selector).length > 0;

/** Whether a selection finds a pod, which has a network of its own. */
export function isSelected(
  { namespaces, pods }: PodSelection,
  pod: PolicyPod,
  known: Namespaces,
): boolean {
  if (typeof namespaces === 'string') {
    if (pod.namespace !== namespaces) return false;
  } else if (!isNamespaceSelected(namespaces, known.get(pod.namespace))) return false;
  return !hasLabels(pods) || matchesLabelSelector(pods, pod.labels);
}

const isNamespaceSelected = (
  selector: Exclude<PodSelection['namespaces'], string>,
  labels: Labels | undefined,
) => labels !== undefined && (!hasLabels(selector) || matchesLabelSelector(selector, labels));

function podsOf(selection: PodSelection | undefined, view: ClusterView): readonly PolicyPod[] {
  if (!selection) return view.pods;
  const { namespaces } = selection;
  const among =
    typeof namespaces === 'string' ? (view.podsByNamespace.get(namespaces) ?? []) : view.pods;
  return among.filter((pod) => isSelected(selection, pod, view.index.namespaces));
}

function portElements(
  { addresses, namedPorts }: PolicyPod,
  wanted: Pick<Extract<SetMeaning, { of: 'named-ports' }>, 'port' | 'protocol'>,
): readonly string[] {
  const isWanted = ({ name, protocol }: NamedPort) =>
    name === wanted.port && (wanted.protocol === undefined || protocol === wanted.protocol);
  return namedPorts
    .filter(isWanted)
    .flatMap(({ protocol, port }) =>
      addresses.map((address) => `${address},${protocol.toLowerCase()}:${port}`),
    );
}

function findElements(meaning: SetMeaning, view: ClusterView): readonly string[] {
  switch (meaning.of) {
    case 'pods':
      return podsOf(meaning.pods, view).flatMap(({ addresses }) => addresses);
    case 'nodes':
      return view.nodes
        .filter(({ labels }) => matchesLabelSelector(meaning.nodes, labels))
        .flatMap(({ addresses }) => addresses);
    case 'networks':
      return meaning.networks;
    case 'named-ports':
      return podsOf(meaning.pods, view).flatMap((pod) => portElements(pod, meaning));
  }
}

function mayHold(meaning: SetMeaning, pod: PolicyPod, namespaces: Namespaces): boolean {
  switch (meaning.of) {
    case 'pods':
      return isSelected(meaning.pods, pod, namespaces);
    case 'named-ports':
      return (
        pod.namedPorts.some(({ name }) => name === meaning.port) &&
        (!meaning.pods || isSelected(meaning.pods, pod, namespaces))
      );
    case 'nodes':
    case 'networks':
      return false;
  }
}

/** What is in a set: found once for all nodes, and the same object until it changes. */
export function contentsOf(set: AddressSet, view: ClusterView): SetContents {
  const known = view.contents.get(set.name);
  if (known) return known;
  const { meaning } = set;
  const found = [...new Set(findElements(meaning, view))];
  const elements = {
    4: found.filter((element) => versionOfElement(element) === 4),
    6: found.filter((element) => versionOfElement(element) === 6),
  };
  const stale = view.stale.get(set.name);
  view.stale.delete(set.name);
  const isStill =
    stale &&
    isSameList(stale.elements[4], elements[4]) &&
    isSameList(stale.elements[6], elements[6]);
  const contents = isStill
    ? stale
    : {
        set,
        elements,
        mayHold: (pod: PolicyPod, namespaces: Namespaces) => mayHold(meaning, pod, namespaces),
      };
  view.contents.set(set.name, contents);
  return contents;
}
