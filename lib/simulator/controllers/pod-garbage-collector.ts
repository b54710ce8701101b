import type { Node } from '../api/core/node.ts';
import type { Pod } from '../api/core/pod.ts';
import { SECOND } from '../base/clock.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { withDisruption } from './disruption-target.ts';
import { pictureOf } from './scheduling/cluster-picture.ts';

/** From a node's end until its pods are given up (`quarantineTime`). */
const QUARANTINE = 40 * SECOND;
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

/** Ends a pod whose kubelet will not do it. */
function giveUp(pod: Pod, message: string, { store, now }: ControllerContext): void {
  const { namespace, name } = pod.metadata;
  const marked = withDisruption(pod, 'DeletionByPodGC', message, now);
  store.updateStatus<Pod>({ ...marked, status: { ...marked.status, phase: 'Failed' } });
  store.delete('Pod', namespace, name, { gracePeriodSeconds: 0 });
}

const isOutOfService = ({ spec, status }: Node) =>
  spec.taints?.some(({ key }) => key === OUT_OF_SERVICE) === true &&
  status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value !== 'True') ===
    true;

/**
 * Removes pods that no kubelet will: those of nodes that are gone, and those that are being deleted on a node that was
 * declared out of service. Source: pkg/controller/podgc/gc_controller.go.
 *
 * Simplified: finished pods are kept, however many there are.
 */
export const podGarbageCollector: Controller = {
  name: 'pod-garbage-collector-controller',
  keysOf({ type, object }, store) {
    if (object.kind === 'Node') {
      const { name } = object.metadata;
      if (type === 'DELETED') return [`gone:${name}`];
      return isOutOfService(object as Node) ? [name] : [];
    }
    if (object.kind !== 'Pod' || type === 'DELETED') return [];
    const { spec, metadata } = object as Pod;
    if (metadata.deletionTimestamp === undefined || !spec.nodeName) return [];
    const node = store.get<Node>('Node', undefined, spec.nodeName);
    return node && isOutOfService(node) ? [spec.nodeName] : [];
  },
  reconcile(key, context) {
    const [word = '', gone] = key.split(/:(.*)/s);
    if (word === 'gone') {
      context.requeue(`periodic:${gone ?? ''}`, QUARANTINE);
      return;
    }
    const name = word === 'periodic' ? (gone ?? '') : key;
    const node = context.store.get<Node>('Node', undefined, name);
    for (const pod of [...(pictureOf(context.store).views.get(name)?.pods.values() ?? [])]) {
      if (!node) giveUp(pod, 'PodGC: node no longer exists', context);
      else if (isOutOfService(node) && pod.metadata.deletionTimestamp !== undefined) {
        giveUp(pod, 'PodGC: node is out of service', context);
      }
    }
  },
};
