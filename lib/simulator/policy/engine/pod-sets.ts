import { matchesLabelSelector, type LabelSelector } from '../../api/meta/label-selector.ts';
import type { PodPeer } from '../normal-policy.ts';
import type { Labels, PolicyPod } from '../policy-world.ts';

/** Pods that some policy speaks of, as its subject or its peer. Selectors that say the same are one set. */
interface PodSet {
  readonly id: number;
  readonly namespaces: string | LabelSelector;
  readonly pods: LabelSelector;
}

/** Sets by a label that their pods must have, and those that ask for none. */
interface Shelf {
  readonly byLabel: Map<string, PodSet[]>;
  readonly others: PodSet[];
}

const EVERYWHERE = '';

/** Equal selectors give equal text. */
function selectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.keys(matchLabels).sort();
  return JSON.stringify([labels.map((key) => [key, matchLabels[key]]), matchExpressions]);
}

const keyOf = ({ namespaces, pods }: PodPeer) =>
  `${typeof namespaces === 'string' ? namespaces : selectorText(namespaces)} ${selectorText(pods)}`;

/** Labels of which a pod of the selector has one at least; undefined when it may have none of any. */
function labelsWanted({ matchLabels = {}, matchExpressions = [] }: LabelSelector) {
  const [plain] = Object.entries(matchLabels);
  if (plain) return [plain.join('=')];
  const listed = matchExpressions.find(({ operator }) => operator === 'In');
  return listed?.values?.map((value) => `${listed.key}=${value}`);
}

const keysOf = ({ matchLabels = {}, matchExpressions = [] }: LabelSelector) => [
  ...Object.keys(matchLabels),
  ...matchExpressions.map(({ key }) => key),
];

/** The sets of pods that policies name, and which of them a pod is in. */
export class PodSets {
  private readonly known = new Map<string, PodSet>();
  private readonly shelves = new Map<string, Shelf>();
  /** Keys of labels that some selector looks at: others make no difference. */
  private readonly keys = new Set<string>();
  private readonly namespaces: ReadonlyMap<string, Labels>;
  private readonly found = new Map<string, readonly number[]>();

  constructor(namespaces: ReadonlyMap<string, Labels>) {
    this.namespaces = namespaces;
  }

  /** The set that a peer or a subject stands for; `id` is its number when it is new. */
  note(peer: PodPeer, id: number): number {
    const key = keyOf(peer);
    const known = this.known.get(key);
    if (known) return known.id;
    const { namespaces, pods } = peer;
    const set = { id, namespaces, pods };
    this.known.set(key, set);
    for (const label of keysOf(pods)) this.keys.add(label);
    this.shelve(set);
    return id;
  }

  idOf(peer: PodPeer): number | undefined {
    return this.known.get(keyOf(peer))?.id;
  }

  private shelve(set: PodSet): void {
    const where = typeof set.namespaces === 'string' ? set.namespaces : EVERYWHERE;
    const shelf: Shelf = this.shelves.get(where) ?? { byLabel: new Map(), others: [] };
    this.shelves.set(where, shelf);
    const wanted = labelsWanted(set.pods);
    if (!wanted) shelf.others.push(set);
    for (const label of wanted ?? []) {
      const sets = shelf.byLabel.get(label);
      if (sets) sets.push(set);
      else shelf.byLabel.set(label, [set]);
    }
  }

  /** What of a pod makes a difference to some selector, as text. */
  shapeOf({ namespace, labels }: PolicyPod): string {
    let text = namespace;
    for (const key of this.keys) {
      // A label may be there and be empty.
      text += Object.hasOwn(labels, key) ? `\n=${labels[key]}` : '\n';
    }
    return text;
  }

  /** Numbers of the sets that a pod is in, in order. A pod on its node's network is in none. */
  setsOf(pod: PolicyPod): readonly number[] {
    if (pod.isOnHostNetwork) return [];
    const shape = this.shapeOf(pod);
    const hit = this.found.get(shape);
    if (hit) return hit;
    const ids = [pod.namespace, EVERYWHERE].flatMap((where) => this.among(where, pod));
    const sets = [...new Set(ids)].sort((a, b) => a - b);
    this.found.set(shape, sets);
    return sets;
  }

  private among(where: string, pod: PolicyPod): readonly number[] {
    const shelf = this.shelves.get(where);
    if (!shelf) return [];
    const wanted = Object.entries(pod.labels).flatMap(
      (label) => shelf.byLabel.get(label.join('=')) ?? [],
    );
    const labels = this.namespaces.get(pod.namespace);
    return [...shelf.others, ...wanted]
      .filter(
        ({ namespaces, pods }) =>
          (typeof namespaces === 'string' ||
            (labels !== undefined && matchesLabelSelector(namespaces, labels))) &&
          matchesLabelSelector(pods, pod.labels),
      )
      .map(({ id }) => id);
  }
}

/** The pods of each set, by its number. */
export function podsBySet(
  sets: PodSets,
  pods: readonly PolicyPod[],
): ReadonlyMap<number, readonly PolicyPod[]> {
  const members = new Map<number, PolicyPod[]>();
  for (const pod of pods) {
    for (const set of sets.setsOf(pod)) {
      const known = members.get(set);
      if (known) known.push(pod);
      else members.set(set, [pod]);
    }
  }
  return members;
}
