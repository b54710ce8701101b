import type { Namespace } from '../../api/core/namespace.ts';
import type { Node } from '../../api/core/node.ts';
import type { Pod } from '../../api/core/pod.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { Store } from '../../apiserver/store.ts';
import { isSameJson } from '../../base/same-json.ts';
import { isSameList } from '../../base/same-list.ts';
import type { NormalPolicy } from '../../policy/normal-policy.ts';
import { POLICY_KINDS } from '../../policy/normalize-policies.ts';
import type { PolicyNode, PolicyPod, PolicyWorld } from '../../policy/policy-world.ts';
import { readPolicyWorld } from '../../policy/read-policy-world.ts';
import type { SetContents } from './address-set.ts';

/** The policies, and what they ask of namespaces: the same object until one of them changes. */
export interface PolicyIndex {
  readonly policies: readonly NormalPolicy[];
  readonly namespaces: PolicyWorld['namespaces'];
  /** Policies about one namespace, by its name. */
  readonly byNamespace: ReadonlyMap<string, readonly NormalPolicy[]>;
  /** Policies about namespaces that a selector finds. */
  readonly ofCluster: readonly NormalPolicy[];
}

/** What the agents of all nodes read: made once a change for all of them, and no part of the state. */
export interface ClusterView {
  readonly index: PolicyIndex;
  /** Pods that have a network and an address of their own, in the order of their keys; the same objects until they change. */
  readonly pods: readonly PolicyPod[];
  readonly podsByNode: ReadonlyMap<string, readonly PolicyPod[]>;
  readonly podsByNamespace: ReadonlyMap<string, readonly PolicyPod[]>;
  readonly nodes: readonly PolicyNode[];
  /** What has been found out of sets, by their names. */
  readonly contents: Map<string, SetContents>;
  /** Of an earlier view, and not true any more: where nothing changed after all, the same object is taken again. */
  readonly stale: Map<string, SetContents>;
}

/** Groups that are what they were are the same lists again. */
function groupBy<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  before?: ReadonlyMap<string, readonly T[]>,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  if (!before) return groups;
  return new Map(
    [...groups].map(([key, group]): [string, readonly T[]] => {
      const was = before.get(key);
      return [key, was && isSameList(was, group) ? was : group];
    }),
  );
}

const isAboutOne = ({ subject }: NormalPolicy) => typeof subject.namespaces === 'string';

function areNamespacesTheSame(a: PolicyWorld['namespaces'], b: PolicyWorld['namespaces']) {
  if (a.size !== b.size) return false;
  for (const [name, labels] of a) {
    const other = b.get(name);
    if (labels !== other && (!other || !isSameJson(labels, other))) return false;
  }
  return true;
}

function indexPolicies({ policies, namespaces }: PolicyWorld, before?: PolicyIndex): PolicyIndex {
  const hasSameNamespaces = before && areNamespacesTheSame(before.namespaces, namespaces);
  if (hasSameNamespaces && isSameList(before.policies, policies)) return before;
  return {
    policies,
    namespaces: hasSameNamespaces ? before.namespaces : namespaces,
    byNamespace: groupBy(policies.filter(isAboutOne), ({ subject }) =>
      typeof subject.namespaces === 'string' ? subject.namespaces : '',
    ),
    ofCluster: policies.filter((policy) => !isAboutOne(policy)),
  };
}

/** Whether a pod is what it was, as far as rules and sets go. */
const looksTheSame = (a: PolicyPod, b: PolicyPod) =>
  a === b ||
  (a.node === b.node &&
    isSameJson(a.labels, b.labels) &&
    isSameJson(a.addresses, b.addresses) &&
    isSameJson(a.namedPorts, b.namedPorts));

interface Pods {
  readonly pods: readonly PolicyPod[];
  /** As they were and as they are. */
  readonly changed: readonly PolicyPod[];
}

function readPods({ pods }: PolicyWorld, before: readonly PolicyPod[]): Pods {
  const old = new Map(before.map((pod) => [pod.key, pod]));
  const changed: PolicyPod[] = [];
  const now: PolicyPod[] = [];
  for (const pod of pods) {
    if (pod.isOnHostNetwork || pod.addresses.length === 0) continue;
    const was = old.get(pod.key);
    old.delete(pod.key);
    const isSame = was !== undefined && looksTheSame(was, pod);
    now.push(isSame ? was : pod);
    if (isSame) continue;
    changed.push(pod);
    if (was) changed.push(was);
  }
  return { pods: now, changed: [...changed, ...old.values()] };
}

/** Takes over what is known of sets, as far as nothing that changed can be in them. */
function inherit(before: ClusterView, after: ClusterView, changed: readonly PolicyPod[]): void {
  const { namespaces } = after.index;
  const isSame = before.index.namespaces === namespaces && before.nodes === after.nodes;
  for (const [name, contents] of before.stale) after.stale.set(name, contents);
  for (const [name, contents] of before.contents) {
    const isUntouched = isSame && !changed.some((pod) => contents.mayHold(pod, namespaces));
    (isUntouched ? after.contents : after.stale).set(name, contents);
  }
}

function viewWorld(world: PolicyWorld, before?: ClusterView): ClusterView {
  const { pods, changed } = readPods(world, before?.pods ?? []);
  const hasSamePods = before !== undefined && changed.length === 0;
  const view: ClusterView = {
    index: indexPolicies(world, before?.index),
    ...(hasSamePods
      ? {
          pods: before.pods,
          podsByNode: before.podsByNode,
          podsByNamespace: before.podsByNamespace,
        }
      : {
          pods,
          podsByNode: groupBy(pods, ({ node }) => node, before?.podsByNode),
          podsByNamespace: groupBy(pods, ({ namespace }) => namespace, before?.podsByNamespace),
        }),
    nodes: before && isSameJson(before.nodes, world.nodes) ? before.nodes : world.nodes,
    contents: new Map(),
    stale: new Map(),
  };
  if (before) inherit(before, view, changed);
  return view;
}

const KINDS = ['Pod', 'Namespace', 'Node', ...POLICY_KINDS] as const;

type Lists = readonly (readonly KubeObject[])[];

interface Viewed {
  readonly lists: Lists;
  readonly view: ClusterView;
}

const lastViews = new WeakMap<Store, Viewed>();

/** What is in the store now: from the view before, at the price of what changed. */
export function viewCluster(store: Store): ClusterView {
  const lists = KINDS.map((kind) => store.list<Pod | Namespace | Node | KubeObject>(kind));
  const last = lastViews.get(store);
  if (last && lists.every((list, index) => list === last.lists[index])) return last.view;
  const view = viewWorld(readPolicyWorld(store), last?.view);
  lastViews.set(store, { lists, view });
  return view;
}
