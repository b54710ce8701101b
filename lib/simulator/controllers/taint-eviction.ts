import type { Node, Taint } from '../api/core/node.ts';
import type { Pod } from '../api/core/pod.ts';
import { parseTimestamp, SECOND, type Micros } from '../base/clock.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { withDisruption } from './disruption-target.ts';
import { objectKey } from './ownership.ts';
import { pictureOf } from './scheduling/cluster-picture.ts';
import { tolerates } from './scheduling/node-affinity.ts';

const PERIODIC = 'periodic:';
const CANCEL = 'cancel:';

const evictingTaints = (node: Node | undefined): readonly Taint[] =>
  (node?.spec.taints ?? []).filter(({ effect }) => effect === 'NoExecute');

/** When a pod has to go for the taints of its node: `never` while it bears them all. */
function patienceOf(pod: Pod, taints: readonly Taint[], now: Micros): Micros | 'never' {
  let leavesAt: Micros | 'never' = 'never';
  for (const taint of taints) {
    const bearing = (pod.spec.tolerations ?? []).filter((each) => tolerates(each, taint));
    if (bearing.length === 0) return now;
    const since = parseTimestamp(taint.timeAdded ?? '') ?? now;
    for (const { tolerationSeconds } of bearing) {
      if (tolerationSeconds === undefined) continue;
      const end = since + Math.max(0, tolerationSeconds) * SECOND;
      leavesAt = leavesAt === 'never' ? end : Math.min(leavesAt, end);
    }
  }
  return leavesAt;
}

function evict(pod: Pod, { store, recordEvent }: ControllerContext, now: Micros): void {
  const { namespace, name } = pod.metadata;
  recordEvent(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${objectKey(pod)}`);
  const message = 'Taint manager: deleting due to NoExecute taint';
  store.updateStatus<Pod>(withDisruption(pod, 'DeletionByTaintManager', message, now));
  store.delete('Pod', namespace, name);
}

const podsOf = (node: string, { store }: ControllerContext): readonly Pod[] =>
  [...(pictureOf(store).views.get(node)?.pods.values() ?? [])].flatMap(
    ({ metadata }) => store.get<Pod>('Pod', metadata.namespace, metadata.name) ?? [],
  );

/** The taints are gone: pods that would have had to leave later may stay. */
function cancel(node: string, context: ControllerContext): void {
  for (const pod of podsOf(node, context)) {
    const wasLeaving = (pod.spec.tolerations ?? []).some(
      ({ tolerationSeconds, effect }) =>
        tolerationSeconds !== undefined && (effect === 'NoExecute' || !effect),
    );
    if (!wasLeaving || pod.metadata.deletionTimestamp !== undefined) continue;
    const message = `Cancelling deletion of Pod ${objectKey(pod)}`;
    context.recordEvent(pod, 'Normal', 'TaintManagerEviction', message);
  }
}

function reconcile(key: string, context: ControllerContext): void {
  if (key.startsWith(CANCEL)) {
    cancel(key.slice(CANCEL.length), context);
    return;
  }
  const name = key.startsWith(PERIODIC) ? key.slice(PERIODIC.length) : key;
  const taints = evictingTaints(context.store.get<Node>('Node', undefined, name));
  if (taints.length === 0) return;
  let next: Micros | undefined;
  for (const pod of podsOf(name, context)) {
    if (pod.metadata.deletionTimestamp !== undefined) continue;
    const leavesAt = patienceOf(pod, taints, context.now);
    if (leavesAt === 'never') continue;
    if (leavesAt <= context.now) evict(pod, context, context.now);
    else next = Math.min(next ?? leavesAt, leavesAt);
  }
  if (next !== undefined) context.requeue(PERIODIC + name, next - context.now);
}

/**
 * Evicts pods that do not bear a NoExecute taint of their node, or no longer.
 * Source: pkg/controller/tainteviction/taint_eviction.go.
 *
 * Simplified: patience counts from the taint's `timeAdded`; who may stay after all is told by the tolerations alone.
 */
export const taintEvictionController: Controller = {
  name: 'taint-eviction-controller',
  keysOf({ type, object, previous }, store) {
    if (type === 'DELETED') return [];
    if (object.kind === 'Node') {
      const { name } = object.metadata;
      if (evictingTaints(object as Node).length > 0) return [name];
      return evictingTaints(previous as Node | undefined).length > 0 ? [CANCEL + name] : [];
    }
    if (object.kind !== 'Pod') return [];
    const { nodeName } = (object as Pod).spec;
    if (nodeName === undefined || nodeName === '') return [];
    const taints = evictingTaints(store.get<Node>('Node', undefined, nodeName));
    return taints.length > 0 ? [nodeName] : [];
  },
  reconcile,
};
