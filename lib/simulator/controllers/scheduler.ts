import type { Node } from '../api/core/node.ts';
import type { Pod, PodCondition } from '../api/core/pod.ts';
import { formatTimestamp } from '../base/clock.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { misfitOf, type Misfit } from './node-fit.ts';
import { controllerOf, objectKey, splitKey } from './ownership.ts';

const isReady = (node: Node) =>
  node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ===
  true;

const isFinished = ({ status }: Pod) => status?.phase === 'Succeeded' || status?.phase === 'Failed';

/**
 * The node for a pod among those that fit: the one with the fewest pods of the same owner, then with the fewest pods,
 * then the first by name.
 *
 * Simplified: upstream weighs many scores and draws lots among the best.
 */
export function chooseNode(
  pod: Pod,
  nodes: readonly Node[],
  pods: readonly Pod[],
): Node | undefined {
  const owner = controllerOf(pod)?.uid;
  const counts = (node: Node): [siblings: number, all: number] => {
    const here = pods.filter(
      (other) => other.spec.nodeName === node.metadata.name && !isFinished(other),
    );
    const siblings = owner ? here.filter((other) => controllerOf(other)?.uid === owner) : [];
    return [siblings.length, here.length];
  };
  return nodes
    .map((node) => ({ node, count: counts(node) }))
    .toSorted(
      (a, b) =>
        a.count[0] - b.count[0] ||
        a.count[1] - b.count[1] ||
        (a.node.metadata.name < b.node.metadata.name ? -1 : 1),
    )[0]?.node;
}

/** The scheduler's sentence for a pod that fits nowhere (framework `FitError` and the preemption plug-in's part). */
export function unschedulableMessage(total: number, reasons: readonly string[]): string {
  if (total === 0) return 'no nodes available to schedule pods';
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const list = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  const nobody = `0/${total} nodes are available`;
  // Evicting other pods would free ports; it helps nobody of the same priority.
  const victims = reasons.filter((reason) => reason.includes('free ports')).length;
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

function bind(pod: Pod, node: Node, context: ControllerContext): void {
  const nodeName = node.metadata.name;
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
  !isFinished(pod);

const asksForHostPorts = ({ spec }: Pod) =>
  spec.containers.some(({ ports }) => ports?.some(({ hostPort }) => hostPort));

function reconcile(key: string, context: ControllerContext): void {
  const { namespace, name } = splitKey(key);
  const pod = context.store.get<Pod>('Pod', namespace, name);
  if (!pod || !isWaiting(pod)) return;
  const nodes = context.store.list<Node>('Node');
  const fitting: Node[] = [];
  const pods = context.store.list<Pod>('Pod').filter((other) => !isFinished(other));
  const on = (node: Node) => pods.filter(({ spec }) => spec.nodeName === node.metadata.name);
  const reasons: (Misfit | 'node(s) were not ready')[] = [];
  for (const node of nodes) {
    const misfit =
      misfitOf(pod, node, asksForHostPorts(pod) ? on(node) : []) ??
      (isReady(node) ? undefined : 'node(s) were not ready');
    if (misfit) reasons.push(misfit);
    else fitting.push(node);
  }
  const chosen = chooseNode(pod, fitting, pods);
  if (chosen) bind(pod, chosen, context);
  else refuse(pod, unschedulableMessage(nodes.length, reasons), context);
}

/**
 * Assigns pods to nodes. Source: pkg/scheduler/schedule_one.go.
 *
 * Simplified: a node that is not ready is refused here; upstream relies on the taint that the node controller adds.
 */
export const scheduler: Controller = {
  name: 'default-scheduler',
  keysOf({ type, object }, store) {
    const waiting = () => store.list<Pod>('Pod').filter(isWaiting).map(objectKey);
    if (object.kind === 'Node') return waiting();
    if (object.kind !== 'Pod') return [];
    if (type === 'DELETED') return waiting();
    return isWaiting(object as Pod) ? [objectKey(object)] : [];
  },
  reconcile,
};
