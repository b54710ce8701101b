import type { ContainerStatus } from '../../api/core/container.ts';
import type { Pod, PodPhase } from '../../api/core/pod.ts';
import { isSidecar } from './pod-containers.ts';

interface Count {
  /** Init containers that have to end, and have not; or have, and badly. */
  pendingInit: number;
  failedInit: number;
  /** Sidecars that have not started. */
  pendingSidecars: number;
  /** Of the main containers. */
  mainRan: number;
  running: number;
  waiting: number;
  stopped: number;
  succeeded: number;
}

function countInit(count: Count, status: ContainerStatus | undefined): void {
  const end = status?.state?.terminated ?? (status?.state?.waiting && status.lastState?.terminated);
  if (!end) count.pendingInit += 1;
  else if (end.exitCode !== 0) count.failedInit += 1;
}

/** A sidecar that has ended says nothing about the phase. */
function countSidecar(count: Count, status: ContainerStatus | undefined): void {
  const { running, terminated } = status?.state ?? {};
  if (running) {
    count.running += 1;
    if (!status?.started) count.pendingSidecars += 1;
  } else if (!terminated && !status?.lastState?.terminated) {
    count.pendingSidecars += 1;
    count.waiting += 1;
  }
}

function countMain(count: Count, status: ContainerStatus | undefined): void {
  const { running, terminated } = status?.state ?? {};
  if (running ?? terminated ?? status?.lastState?.terminated) count.mainRan += 1;
  if (running) count.running += 1;
  else if (terminated ?? status?.lastState?.terminated) {
    count.stopped += 1;
    if (terminated?.exitCode === 0) count.succeeded += 1;
  } else count.waiting += 1;
}

function countContainers(pod: Pod, statuses: readonly ContainerStatus[]): Count {
  const count: Count = {
    pendingInit: 0,
    failedInit: 0,
    pendingSidecars: 0,
    mainRan: 0,
    running: 0,
    waiting: 0,
    stopped: 0,
    succeeded: 0,
  };
  const statusOf = (wanted: string) => statuses.find(({ name }) => name === wanted);
  for (const spec of pod.spec.initContainers ?? []) {
    (isSidecar(spec) ? countSidecar : countInit)(count, statusOf(spec.name));
  }
  for (const { name } of pod.spec.containers) countMain(count, statusOf(name));
  return count;
}

/**
 * The phase of a pod from the statuses of its containers; `ending` says that none will be started again, whatever the
 * restart policy. Source: pkg/kubelet/kubelet_pods.go `getPhase`, v1.35.
 */
export function podPhase(
  pod: Pod,
  statuses: readonly ContainerStatus[],
  life: 'goes on' | 'ending' = 'goes on',
): PodPhase {
  const policy = pod.spec.restartPolicy ?? 'Always';
  const count = countContainers(pod, statuses);
  if (count.failedInit > 0 && policy === 'Never') return 'Failed';
  const hasInitialized = count.mainRan > 0;
  if (
    count.pendingInit > 0 ||
    count.failedInit > 0 ||
    (count.pendingSidecars > 0 && !hasInitialized) ||
    count.waiting > 0
  ) {
    return 'Pending';
  }
  if (count.running > 0) return 'Running';
  if (count.stopped === 0) return 'Pending';
  const verdict = count.stopped === count.succeeded ? 'Succeeded' : 'Failed';
  if (life === 'ending') return verdict;
  if (policy === 'Always') return 'Running';
  return policy === 'Never' || verdict === 'Succeeded' ? verdict : 'Running';
}
