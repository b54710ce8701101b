import { NODE_LEASE_NAMESPACE } from '../../api/coordination/lease.ts';
import { hasEnded, type Pod } from '../../api/core/pod.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { Store } from '../../apiserver/store.ts';
import type { AgentContext, NodeAgent } from '../agent.ts';
import { drawLatency } from './latencies.ts';
import { leaveLease } from './node-lease.ts';
import { syncNodeStatus } from './node-status.ts';
import {
  kubeletMemory,
  newContainerRuntime,
  type KubeletMemory,
  type PodRuntime,
  type PodWork,
} from './pod-runtime.ts';
import { discardPod } from './stop-pod.ts';
import { syncPod } from './sync-pod.ts';

const PERIODIC = 'periodic:';
/** The key of its node; those of pods have a slash. */
const NODE = 'node';

const keyOf = ({ metadata }: KubeObject) => `${metadata.namespace ?? ''}/${metadata.name}`;

function newRuntime(pod: Pod, context: AgentContext): PodRuntime {
  const specs = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  return {
    uid: pod.metadata.uid ?? '',
    namespace: pod.metadata.namespace ?? '',
    name: pod.metadata.name,
    startedAt: context.now,
    sandbox: { state: 'absent', retryAt: 0 },
    containers: Object.fromEntries(specs.map(({ name }) => [name, newContainerRuntime()])),
  };
}

function workOn(
  key: string,
  runtime: PodRuntime,
  context: AgentContext,
  memory: KubeletMemory,
): PodWork {
  return {
    context,
    memory,
    runtime,
    wakeAt: (time, kind) => {
      context.requeue(kind === 'periodic' ? PERIODIC + key : key, Math.max(0, time - context.now));
    },
  };
}

const isOver = (pod: Pod) => hasEnded(pod) && pod.metadata.deletionTimestamp === undefined;

function reconcile(queued: string, context: AgentContext): void {
  const cause = queued.startsWith(PERIODIC) ? 'timer' : 'change';
  const key = cause === 'timer' ? queued.slice(PERIODIC.length) : queued;
  if (key === NODE) {
    syncNodeStatus(context, kubeletMemory(context));
    return;
  }
  const slash = key.indexOf('/');
  const [namespace, name] = [key.slice(0, slash), key.slice(slash + 1)];
  const memory = kubeletMemory(context);
  const pod = context.store.get<Pod>('Pod', namespace, name);
  const isOther = (runtime: PodRuntime) =>
    runtime.namespace === namespace && runtime.name === name && runtime.uid !== pod?.metadata.uid;
  // Deleted without a grace period, or replaced by another of the same name.
  for (const runtime of Object.values(memory.pods).filter(isOther)) {
    discardPod(workOn(key, runtime, context, memory));
  }
  if (pod?.spec.nodeName !== context.node) return;
  const uid = pod.metadata.uid ?? '';
  // A pod that ended before this kubelet knew it: nothing is left to run.
  if (!memory.pods[uid] && isOver(pod)) return;
  const runtime = (memory.pods[uid] ??= newRuntime(pod, context));
  syncPod(pod, cause, workOn(key, runtime, context, memory));
}

/** Whether a pod reads a ConfigMap or a Secret, as files or as variables. */
function mentions({ spec }: Pod, kind: 'ConfigMap' | 'Secret', wanted: string): boolean {
  const source = kind === 'ConfigMap' ? 'configMap' : 'secret';
  const isMounted = (spec.volumes ?? []).some(
    ({ configMap, secret, projected }) =>
      (kind === 'ConfigMap' ? configMap?.name : secret?.secretName) === wanted ||
      projected?.sources?.some((each) => each[source]?.name === wanted),
  );
  return (
    isMounted ||
    [...spec.containers, ...(spec.initContainers ?? [])].some(
      ({ env = [], envFrom = [] }) =>
        env.some(({ valueFrom }) => valueFrom?.[`${source}KeyRef`]?.name === wanted) ||
        envFrom.some((each) => each[`${source}Ref`]?.name === wanted),
    )
  );
}

const podsOn = (node: string, store: Store, namespace?: string) =>
  store
    .list<Pod>('Pod', namespace === undefined ? {} : { namespace })
    .filter(({ spec }) => spec.nodeName === node);

/** Runs pods on its node: sandbox, images, containers, probes, status, end. */
export const kubelet: NodeAgent = {
  name: 'kubelet',
  nodesOf({ object, previous }, store) {
    switch (object.kind) {
      case 'Pod':
        return [object, previous].flatMap((pod) => (pod as Pod | undefined)?.spec.nodeName ?? []);
      case 'ConfigMap':
      case 'Secret':
        return store
          .list<Pod>('Pod', { namespace: object.metadata.namespace ?? '' })
          .flatMap(({ spec }) => spec.nodeName ?? []);
      case 'Node':
        return [object.metadata.name];
      case 'Lease':
        return object.metadata.namespace === NODE_LEASE_NAMESPACE ? [object.metadata.name] : [];
      default:
        return [];
    }
  },
  keysOf({ object, previous }, node, store) {
    const { name, namespace = '' } = object.metadata;
    switch (object.kind) {
      case 'Pod': {
        const isOurs = [object, previous].some(
          (each) => each !== undefined && (each as Pod).spec.nodeName === node,
        );
        return isOurs ? [keyOf(object)] : [];
      }
      case 'ConfigMap':
      case 'Secret': {
        const kind = object.kind;
        return podsOn(node, store, namespace)
          .filter((pod) => mentions(pod, kind, name))
          .map(keyOf);
      }
      case 'Node':
        return name === node ? [NODE, ...podsOn(node, store).map(keyOf)] : [];
      case 'Lease':
        return namespace === NODE_LEASE_NAMESPACE && name === node ? [NODE] : [];
      default:
        return [];
    }
  },
  reconcile,
  onStop(context) {
    kubeletMemory(context).wasStopped = true;
    leaveLease(context.node, context.store, context.now);
  },
  onProcessExit(pid, context) {
    const memory = kubeletMemory(context);
    const runtime = memory.pods[memory.owners[pid] ?? ''];
    if (!runtime) return;
    const isMain = Object.values(runtime.containers).some(
      ({ run }) => run.state === 'running' && run.pid === pid,
    );
    const delay = isMain ? drawLatency('exitNotice', context.random) : 0;
    context.requeue(`${runtime.namespace}/${runtime.name}`, delay);
  },
};
