import { REVISION_HASH_LABEL, type ControllerRevision } from '../api/apps/controller-revision.ts';
import type { DaemonSet, DaemonSetStatus } from '../api/apps/daemon-set.ts';
import type { Node } from '../api/core/node.ts';
import { isPodReady, type Pod } from '../api/core/pod.ts';
import { isSameJson } from '../base/same-json.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { daemonPod, placesOf, targetNode, type Place } from './daemon-set-pods.ts';
import { daemonRollout } from './daemon-set-rollout.ts';
import { allowsSurge, isUpdated, wantedNodes, type DaemonView } from './daemon-set-view.ts';
import { omitZeros } from './omit-zeros.ts';
import { objectKey, splitKey } from './ownership.ts';
import { availableAt, byPodAge, isTerminating } from './pod-condition.ts';
import {
  claimPods,
  createPod,
  deletePod,
  lookAgainWhenAvailable,
  ownersOfPod,
} from './pod-control.ts';
import { ensureRevision, forgetRevisions } from './revision-history.ts';

function lookAt(
  set: DaemonSet,
  revision: ControllerRevision,
  places: ReadonlyMap<string, Place>,
  context: ControllerContext,
): DaemonView {
  const podsOn = new Map<string, Pod[]>();
  for (const pod of claimPods(set, set.spec.selector, context).toSorted(byPodAge)) {
    const node = targetNode(pod);
    podsOn.set(node, [...(podsOn.get(node) ?? []), pod]);
  }
  return {
    set,
    hash: revision.metadata.labels?.[REVISION_HASH_LABEL] ?? '',
    podsOn,
    places,
    isAvailable: (pod) =>
      (availableAt(pod, set.spec.minReadySeconds ?? 0) ?? Infinity) <= context.now,
  };
}

/** Pods that ended are taken away, with an event; the next look makes a new one. */
function removeEnded(view: DaemonView, pod: Pod, { recordEvent }: ControllerContext): boolean {
  const phase = pod.status?.phase;
  if (phase !== 'Failed' && phase !== 'Succeeded') return false;
  const where = `${objectKey(pod)} on node ${targetNode(pod)}`;
  if (phase === 'Failed') {
    const message = `Found failed daemon pod ${where}, will try to kill it`;
    recordEvent(view.set, 'Warning', 'FailedDaemonPod', message);
  } else {
    const message = `Found succeeded daemon pod ${where}, will try to delete it`;
    recordEvent(view.set, 'Normal', 'SucceededDaemonPod', message);
  }
  return true;
}

/** With a surge a node may have an old pod beside a new one, until the new one is available. */
function excessOf(view: DaemonView, running: readonly Pod[]): readonly Pod[] {
  if (!allowsSurge(view.set)) return running.slice(1);
  const fresh = running.find((pod) => isUpdated(view, pod));
  const old = running.find((pod) => !isUpdated(view, pod));
  const others = running.filter((pod) => pod !== fresh && pod !== old);
  const isReplaced = fresh && old && (!isPodReady(old) || view.isAvailable(fresh));
  return isReplaced ? [...others, old] : others;
}

/** The core of the loop: a pod where one is missing, none where none belongs (`podsShouldBeOnNode`). */
function manage(view: DaemonView, context: ControllerContext): void {
  const missing: string[] = [];
  const excess: Pod[] = [];
  for (const [name, { shouldRun, mayStay }] of view.places) {
    const pods = view.podsOn.get(name) ?? [];
    if (shouldRun && pods.length === 0) missing.push(name);
    const staying = pods.filter((pod) => !isTerminating(pod));
    if (!mayStay) excess.push(...staying);
    else {
      const ended = staying.filter((pod) => removeEnded(view, pod, context));
      excess.push(
        ...ended,
        ...excessOf(
          view,
          staying.filter((pod) => !ended.includes(pod)),
        ),
      );
    }
  }
  // A node that is gone takes nothing with it: its pods are the garbage collector's, or wait for a node of the name.
  syncNodes(view, missing, excess, context);
}

function syncNodes(
  { set, hash }: DaemonView,
  missing: readonly string[],
  excess: readonly Pod[],
  context: ControllerContext,
): void {
  for (const node of missing) createPod(set, daemonPod(set, node, hash), context);
  for (const pod of excess) deletePod(set, pod, context);
}

function statusOf(view: DaemonView): DaemonSetStatus {
  const { set, podsOn, places } = view;
  const wanted = wantedNodes(view);
  const oldest = wanted.flatMap((name) => podsOn.get(name)?.[0] ?? []);
  const count = (is: (pod: Pod) => boolean) => oldest.filter(is).length;
  const available = count((pod) => view.isAvailable(pod));
  const misplaced = [...places].filter(
    ([name, { shouldRun }]) => !shouldRun && (podsOn.get(name) ?? []).length > 0,
  );
  const { collisionCount } = set.status ?? {};
  return {
    currentNumberScheduled: oldest.length,
    numberMisscheduled: misplaced.length,
    desiredNumberScheduled: wanted.length,
    numberReady: count(isPodReady),
    observedGeneration: set.metadata.generation ?? 1,
    ...omitZeros({
      updatedNumberScheduled: count((pod) => isUpdated(view, pod)),
      numberAvailable: available,
      numberUnavailable: wanted.length - available,
    }),
    ...(collisionCount === undefined ? {} : { collisionCount }),
  };
}

function reconcile(key: string, context: ControllerContext): void {
  const { namespace, name } = splitKey(key);
  const set = context.store.get<DaemonSet>('DaemonSet', namespace, name);
  if (!set || set.metadata.deletionTimestamp !== undefined) return;
  const revision = ensureRevision(set, context);
  if (!revision) return;
  const places = placesOf(set, context.store.list<Node>('Node'));
  manage(lookAt(set, revision, places, context), context);
  if (set.spec.updateStrategy?.type === 'RollingUpdate') {
    const view = lookAt(set, revision, places, context);
    const { missing, excess } = daemonRollout(view);
    syncNodes(view, missing, excess, context);
  }
  const after = lookAt(set, revision, places, context);
  const status = statusOf(after);
  if (!isSameJson(status, set.status)) context.store.updateStatus({ ...set, status });
  const pods = [...after.podsOn.values()].flat();
  const live = pods.map(({ metadata }) => metadata.labels?.[REVISION_HASH_LABEL] ?? '');
  forgetRevisions(set, new Set([after.hash, ...live]), context);
  lookAgainWhenAvailable(pods, set.spec.minReadySeconds, key, context);
}

/** Of a node, only what decides where pods may run. */
const placement = ({ metadata, spec }: Node) => [metadata.labels, spec.taints, spec.unschedulable];

/**
 * Keeps a pod on every node that fits. Source: pkg/controller/daemon/{daemon_controller,update}.go, v1.35.
 *
 * Simplified: pods that failed are made anew at once, without upstream's back-off.
 */
export const daemonSetController: Controller = {
  name: 'daemonset-controller',
  keysOf(change, store) {
    const { object, previous } = change;
    if (object.kind === 'DaemonSet') return [objectKey(object)];
    if (object.kind === 'Pod') {
      return ownersOfPod(change, 'DaemonSet', store, (owner) => (owner as DaemonSet).spec.selector);
    }
    if (object.kind !== 'Node') return [];
    const isSame = previous && isSameJson(placement(object as Node), placement(previous as Node));
    return isSame ? [] : store.list<DaemonSet>('DaemonSet').map(objectKey);
  },
  reconcile,
};
