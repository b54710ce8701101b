import { hasEnded, type Pod, type PodCondition } from '../api/core/pod.ts';
import type { Node } from '../api/core/node.ts';
import { formatTimestamp } from '../base/clock.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { fitState, misfitOf, type Misfit } from './node-fit.ts';
import { objectKey, splitKey } from './ownership.ts';
import { chooseNode } from './scheduling/choose-node.ts';
import { pictureOf, type NodeView } from './scheduling/cluster-picture.ts';

/** The scheduler's sentence for a pod that fits nowhere (framework `FitError` and the preemption plug-in's part). */
export function unschedulableMessage(misfits: readonly Misfit[]): string {
  const total = misfits.length;
  if (total === 0) return 'no nodes available to schedule pods';
  const counts = new Map<string, number>();
  for (const reason of misfits.flatMap(({ reasons }) => reasons)) {
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const list = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  const nobody = `0/${total} nodes are available`;
  // Evicting others would make room; of the same priority there are no victims.
  const victims = misfits.filter(({ preemption }) => preemption === 'might help').length;
  const preemption = [
    ...(victims > 0 ? [`${victims} No preemption victims found for incoming pod`] : []),
    ...(total > victims ? [`${total - victims} Preemption is not helpful for scheduling`] : []),
  ];
  return `${nobody}: ${list.join(', ')}. no new claims to deallocate, preemption: ${nobody}: ${preemption.join(', ')}.`;
}

function withScheduled(pod: Pod, condition: Omit<PodCondition, 'type'>): Pod {
  const conditions = pod.status?.conditions ?? [];
  const rest = conditions.filter(({ type }) => type !== 'PodScheduled');
  const fresh = { type: 'PodScheduled', lastProbeTime: null, ...condition };
  return { ...pod, status: { ...pod.status, conditions: [...rest, fresh] } };
}

function bind(pod: Pod, nodeName: string, context: ControllerContext): void {
  const bound = context.store.update<Pod>({ ...pod, spec: { ...pod.spec, nodeName } });
  if (!bound.ok) return;
  const time = formatTimestamp(context.now);
  context.store.updateStatus(
    withScheduled(bound.value, { status: 'True', lastTransitionTime: time }),
  );
  const message = `Successfully assigned ${objectKey(pod)} to ${nodeName}`;
  context.recordEvent(pod, 'Normal', 'Scheduled', message);
}

function refuse(pod: Pod, message: string, context: ControllerContext): void {
  const current = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (current?.status === 'False' && current.message === message) return;
  context.recordEvent(pod, 'Warning', 'FailedScheduling', message);
  const lastTransitionTime =
    current?.status === 'False' && current.lastTransitionTime !== undefined
      ? current.lastTransitionTime
      : formatTimestamp(context.now);
  context.store.updateStatus(
    withScheduled(pod, { status: 'False', lastTransitionTime, reason: 'Unschedulable', message }),
  );
}

const isWaiting = (pod: Pod) =>
  !pod.spec.nodeName &&
  pod.metadata.deletionTimestamp === undefined &&
  (pod.spec.schedulerName ?? 'default-scheduler') === 'default-scheduler' &&
  (pod.spec.schedulingGates ?? []).length === 0 &&
  !hasEnded(pod);

function reconcile(key: string, context: ControllerContext): void {
  const { store } = context;
  const { namespace, name } = splitKey(key);
  const pod = store.get<Pod>('Pod', namespace, name);
  if (!pod || !isWaiting(pod)) return;
  const state = fitState(pod, store);
  const fitting: NodeView[] = [];
  const misfits: Misfit[] = [];
  for (const { metadata } of store.list<Node>('Node')) {
    const view = state.picture.views.get(metadata.name);
    if (!view) continue;
    const misfit = misfitOf(pod, view, state);
    if (misfit) misfits.push(misfit);
    else fitting.push(view);
  }
  const chosen = chooseNode(pod, fitting, state.picture, store);
  if (chosen) bind(pod, chosen.name, context);
  else refuse(pod, unschedulableMessage(misfits), context);
}

/** Whether a change of a pod may make room, or company, for one that waits. */
function mayHelpOthers(pod: Pod, previous: Pod | undefined): boolean {
  if (hasEnded(pod)) return !previous || !hasEnded(previous);
  const isNews = previous?.spec.nodeName !== pod.spec.nodeName;
  return pod.spec.nodeName !== undefined && isNews;
}

/**
 * Assigns pods to nodes. Source: pkg/scheduler/schedule_one.go, v1.35.
 *
 * Simplified: no priorities among the waiting, and nobody is preempted; what waits is tried again when a node changes, or a
 * pod comes, ends or goes.
 */
export const scheduler: Controller = {
  name: 'default-scheduler',
  keysOf({ type, object, previous }, store) {
    const waiting = () => [...pictureOf(store).waiting].sort();
    if (object.kind === 'Node') return waiting();
    if (object.kind !== 'Pod') return [];
    const pod = object as Pod;
    if (type === 'DELETED') return pod.spec.nodeName === undefined ? [] : waiting();
    if (isWaiting(pod)) return [objectKey(pod)];
    return mayHelpOthers(pod, previous as Pod | undefined) ? waiting() : [];
  },
  reconcile,
};
