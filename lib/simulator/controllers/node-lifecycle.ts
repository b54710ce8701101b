import { NODE_LEASE_NAMESPACE, type Lease } from '../api/coordination/lease.ts';
import type { Node } from '../api/core/node.ts';
import type { Pod } from '../api/core/pod.ts';
import { formatTimestamp, parseTimestamp } from '../base/clock.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { GRACE_PERIOD, silentConditions, silentSince, taintsByHealth } from './node-health.ts';
import { pictureOf } from './scheduling/cluster-picture.ts';

const PERIODIC = 'periodic:';

const isReady = ({ status }: Node) =>
  status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ===
  true;

/** Pods of a node that is not heard of get no traffic any more (controller/util/node `MarkPodsNotReady`). */
function markPodsNotReady(node: string, context: ControllerContext): void {
  const { store } = context;
  for (const { metadata } of pictureOf(store).views.get(node)?.pods.values() ?? []) {
    const pod = store.get<Pod>('Pod', metadata.namespace, metadata.name);
    const conditions = pod?.status?.conditions;
    const ready = conditions?.find(({ type }) => type === 'Ready');
    if (!pod || !conditions || ready?.status !== 'True') continue;
    const lost = {
      ...ready,
      status: 'False' as const,
      lastTransitionTime: formatTimestamp(context.now),
    };
    const changed = conditions.map((one) => (one === ready ? lost : one));
    store.updateStatus<Pod>({ ...pod, status: { ...pod.status, conditions: changed } });
    context.recordEvent(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
  }
}

/** Has the silence of a kubelet lasted too long? Then nobody knows how its node is. */
function checkSilence(node: Node, context: ControllerContext): void {
  const { name } = node.metadata;
  const since = silentSince(context.store.get<Lease>('Lease', NODE_LEASE_NAMESPACE, name));
  const lastHeard = since === undefined ? undefined : parseTimestamp(since);
  if (lastHeard === undefined) return;
  const deadline = lastHeard + GRACE_PERIOD;
  if (context.now < deadline) {
    context.requeue(PERIODIC + name, deadline - context.now);
    return;
  }
  const conditions = silentConditions(node, formatTimestamp(context.now));
  if (conditions.every((one, index) => one === node.status?.conditions?.[index])) return;
  context.store.updateStatus<Node>({ ...node, status: { ...node.status, conditions } });
  if (!isReady(node)) return;
  const message = `Node ${name} status is now: NodeNotReady`;
  context.recordEvent(node, 'Normal', 'NodeNotReady', message);
  markPodsNotReady(name, context);
}

function reconcile(key: string, context: ControllerContext): void {
  const name = key.startsWith(PERIODIC) ? key.slice(PERIODIC.length) : key;
  const read = () => context.store.get<Node>('Node', undefined, name);
  const node = read();
  if (!node) return;
  checkSilence(node, context);
  const current = read();
  const taints = current && taintsByHealth(current, formatTimestamp(context.now));
  if (!current || !taints) return;
  const { taints: _, ...spec } = current.spec;
  context.store.update<Node>({
    ...current,
    spec: taints.length > 0 ? { ...spec, taints } : spec,
  });
}

/**
 * Notices that a node's kubelet is silent: conditions Unknown, pods not ready, taints. Source:
 * pkg/controller/nodelifecycle/node_lifecycle_controller.go, v1.35.
 *
 * Simplified: every node is tainted at once, however many of a zone are silent; the check comes when the grace period is
 * over, not up to five seconds later.
 */
export const nodeLifecycleController: Controller = {
  name: 'node-controller',
  keysOf({ type, object }) {
    const { name, namespace } = object.metadata;
    if (object.kind === 'Node') return type === 'DELETED' ? [] : [name];
    return object.kind === 'Lease' && namespace === NODE_LEASE_NAMESPACE ? [name] : [];
  },
  reconcile,
};
