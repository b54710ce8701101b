import type { Node } from '../../api/core/node.ts';
import { hasEnded, type Pod } from '../../api/core/pod.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { Store } from '../../apiserver/store.ts';
import { controllerOf, objectKey } from '../ownership.ts';
import { addResources, podRequests, readResources, type Resources } from './pod-requests.ts';

/** A node as the scheduler sees it: what it has, and the pods that are there or on their way. */
export interface NodeView {
  readonly name: string;
  node: Node | undefined;
  /** Undefined when the node says nothing about itself: then nothing is counted. */
  allocatable: Resources | undefined;
  requested: Resources;
  readonly pods: Map<string, Pod>;
  /** Pods by the uid of their controller. */
  readonly owners: Map<string, number>;
}

/** What the scheduler keeps of the cluster between two pods (pkg/scheduler/backend/cache). */
export interface ClusterPicture {
  version: number;
  readonly views: Map<string, NodeView>;
  /** Pod → the node that it counts on. */
  readonly places: Map<string, string>;
  /** Keys of pods that no node fitted when they were tried. */
  readonly waiting: Set<string>;
  /** Pods there that refuse others beside them (required anti-affinity). */
  readonly repelling: Map<string, Pod>;
}

const wasRefused = ({ status }: Pod) =>
  status?.conditions?.some(
    ({ type, status: value }) => type === 'PodScheduled' && value === 'False',
  ) === true;

const pictures = new WeakMap<Store, ClusterPicture>();

function viewOf(picture: ClusterPicture, name: string): NodeView {
  const found = picture.views.get(name);
  if (found) return found;
  const view: NodeView = {
    name,
    node: undefined,
    allocatable: undefined,
    requested: {},
    pods: new Map(),
    owners: new Map(),
  };
  picture.views.set(name, view);
  return view;
}

function countOwner(view: NodeView, pod: Pod, by: 1 | -1): void {
  const uid = controllerOf(pod)?.uid;
  if (uid !== undefined) view.owners.set(uid, (view.owners.get(uid) ?? 0) + by);
}

function takeAway(picture: ClusterPicture, key: string): void {
  picture.waiting.delete(key);
  picture.repelling.delete(key);
  const place = picture.places.get(key);
  if (place === undefined) return;
  picture.places.delete(key);
  const view = viewOf(picture, place);
  const pod = view.pods.get(key);
  if (!pod) return;
  view.pods.delete(key);
  view.requested = addResources(view.requested, podRequests(pod), -1);
  countOwner(view, pod, -1);
}

function addPod(picture: ClusterPicture, pod: Pod): void {
  const key = objectKey(pod);
  takeAway(picture, key);
  if (hasEnded(pod)) return;
  const { nodeName } = pod.spec;
  if (!nodeName) {
    if (wasRefused(pod)) picture.waiting.add(key);
    return;
  }
  const view = viewOf(picture, nodeName);
  view.pods.set(key, pod);
  view.requested = addResources(view.requested, podRequests(pod));
  countOwner(view, pod, 1);
  picture.places.set(key, nodeName);
  if (pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution) {
    picture.repelling.set(key, pod);
  }
}

function setNode(picture: ClusterPicture, name: string, node: Node | undefined): void {
  const view = viewOf(picture, name);
  view.node = node;
  view.allocatable = node?.status?.allocatable && readResources(node.status.allocatable);
}

function note(picture: ClusterPicture, type: string, object: KubeObject): void {
  if (object.kind === 'Node') {
    setNode(picture, object.metadata.name, type === 'DELETED' ? undefined : (object as Node));
  } else if (object.kind === 'Pod' && object.apiVersion === 'v1') {
    if (type === 'DELETED') takeAway(picture, objectKey(object));
    else addPod(picture, object as Pod);
  }
}

function drawAnew(store: Store): ClusterPicture {
  const picture: ClusterPicture = {
    version: store.resourceVersion,
    views: new Map(),
    places: new Map(),
    waiting: new Set(),
    repelling: new Map(),
  };
  for (const node of store.list<Node>('Node')) setNode(picture, node.metadata.name, node);
  for (const pod of store.list<Pod>('Pod')) addPod(picture, pod);
  return picture;
}

/**
 * The cluster as it is now. Nothing of it is state: it follows from the objects, and is brought up to date by the changes
 * since it was last asked for, so that placing a pod costs no look at all others.
 */
export function pictureOf(store: Store): ClusterPicture {
  const known = pictures.get(store);
  const changes = known && store.changesSince(known.version);
  if (known && changes) {
    for (const { type, object } of changes) note(known, type, object);
    known.version = store.resourceVersion;
    return known;
  }
  const picture = drawAnew(store);
  pictures.set(store, picture);
  return picture;
}
