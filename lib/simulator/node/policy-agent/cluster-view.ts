import type { Namespace } from '../../api/core/namespace.ts';
import type { Node } from '../../api/core/node.ts';
import type { Pod } from '../../api/core/pod.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { Store } from '../../apiserver/store.ts';
import { isSameJson } from '../../base/same-json.ts';
import type { NormalPolicy } from '../../policy/normal-policy.ts';
import { POLICY_KINDS } from '../../policy/normalize-policies.ts';
import type { PolicyPod, PolicyWorld } from '../../policy/policy-world.ts';
import { readPolicyWorld } from '../../policy/read-policy-world.ts';
import type { SetContents } from './set-contents.ts';

/** What the agents of all nodes read: made once a change for all of them, and no part of the state. */
export interface ClusterView {
  readonly world: PolicyWorld;
  /** Pods that have a network and an address of their own. */
  readonly pods: readonly PolicyPod[];
  readonly podsByNode: ReadonlyMap<string, readonly PolicyPod[]>;
  readonly podsByNamespace: ReadonlyMap<string, readonly PolicyPod[]>;
  /** Policies about one namespace, by its name. */
  readonly policiesByNamespace: ReadonlyMap<string, readonly NormalPolicy[]>;
  /** Policies about namespaces that a selector finds. */
  readonly clusterPolicies: readonly NormalPolicy[];
  /** What has been found out of sets, by their names. */
  readonly contents: Map<string, SetContents>;
  /** Of an earlier view, and not true any more: where nothing changed after all, the same object is taken again. */
  readonly stale: Map<string, SetContents>;
}

function groupBy<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

function viewWorld(world: PolicyWorld): ClusterView {
  const pods = world.pods.filter(
    ({ isOnHostNetwork, addresses }) => !isOnHostNetwork && addresses.length > 0,
  );
  const isAboutOne = ({ subject }: NormalPolicy) => typeof subject.namespaces === 'string';
  return {
    world,
    pods,
    podsByNode: groupBy(pods, ({ node }) => node),
    podsByNamespace: groupBy(pods, ({ namespace }) => namespace),
    policiesByNamespace: groupBy(world.policies.filter(isAboutOne), ({ subject }) =>
      typeof subject.namespaces === 'string' ? subject.namespaces : '',
    ),
    clusterPolicies: world.policies.filter((policy) => !isAboutOne(policy)),
    contents: new Map(),
    stale: new Map(),
  };
}

/** What of a pod decides in which sets it is. */
const looksTheSame = (a: PolicyPod, b: PolicyPod) =>
  a === b ||
  (isSameJson(a.labels, b.labels) &&
    isSameJson(a.addresses, b.addresses) &&
    isSameJson(a.namedPorts, b.namedPorts));

/** Pods that are in other sets now, as they were and as they are. */
function changedPods(before: ClusterView, after: ClusterView): readonly PolicyPod[] {
  const old = new Map(before.pods.map((pod) => [pod.key, pod]));
  const changed: PolicyPod[] = [];
  for (const pod of after.pods) {
    const was = old.get(pod.key);
    old.delete(pod.key);
    if (was && looksTheSame(was, pod)) continue;
    changed.push(pod);
    if (was) changed.push(was);
  }
  return [...changed, ...old.values()];
}

function areNamespacesTheSame({ namespaces: a }: PolicyWorld, { namespaces: b }: PolicyWorld) {
  if (a.size !== b.size) return false;
  for (const [name, labels] of a) {
    const other = b.get(name);
    if (labels !== other && (!other || !isSameJson(labels, other))) return false;
  }
  return true;
}

/** Takes over what is known of sets, as far as nothing that changed can be in them. */
function inherit(before: ClusterView, after: ClusterView): void {
  const pods = changedPods(before, after);
  const hasSameNamespaces = areNamespacesTheSame(before.world, after.world);
  const hasSameNodes =
    before.world.nodes === after.world.nodes || isSameJson(before.world.nodes, after.world.nodes);
  for (const [name, contents] of before.stale) after.stale.set(name, contents);
  for (const [name, contents] of before.contents) {
    const isUntouched =
      hasSameNodes &&
      hasSameNamespaces &&
      !pods.some((pod) => contents.mayHold(pod, after.world.namespaces));
    (isUntouched ? after.contents : after.stale).set(name, contents);
  }
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
  const view = viewWorld(readPolicyWorld(store));
  if (last) inherit(last.view, view);
  lastViews.set(store, { lists, view });
  return view;
}
