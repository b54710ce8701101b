import type { Container } from '../../api/core/container.ts';
import type { Pod } from '../../api/core/pod.ts';
import { SECOND, type Micros } from '../../base/clock.ts';
import { drawLatency } from './latencies.ts';
import { everyContainer, isSidecar, recordContainerEvent } from './pod-containers.ts';
import type { ContainerRuntime, PodWork } from './pod-runtime.ts';
import { endProcess } from './processes.ts';
import { releaseSandbox } from './sandbox.ts';
import { stopContainer } from './stop-container.ts';

/** How often a pod that is being stopped is looked at (PLEG relists every second). */
const RELIST = 1 * SECOND;

/** Forgets a container's processes, and what they printed. */
function forget(container: ContainerRuntime, work: PodWork): void {
  const { run, previousPid, stop, probes } = container;
  const hooks = [stop?.hook, run.state === 'running' ? run.postStart : undefined];
  const pids = [
    run.state === 'running' || run.state === 'exited' ? run.pid : undefined,
    previousPid,
    ...hooks.map((hook) => (hook?.type === 'process' ? hook.pid : undefined)),
    ...Object.values(probes).map(({ pid }) => pid),
  ];
  for (const pid of pids) if (pid !== undefined) endProcess(pid, work);
}

/** Ends everything of a pod whose object is gone already. */
export function discardPod(work: PodWork): void {
  const { memory, runtime } = work;
  for (const container of Object.values(runtime.containers)) forget(container, work);
  releaseSandbox(work);
  delete memory.pods[runtime.uid];
}

function announce(pod: Pod, work: PodWork): void {
  for (const spec of everyContainer(pod)) {
    if (work.runtime.containers[spec.name]?.run.state !== 'running') continue;
    recordContainerEvent(pod, spec, 'Normal', 'Killing', `Stopping container ${spec.name}`, work);
  }
}

/** A container that waits for its next start will not get one: how it ended is how it ended. */
function giveUpRestart(container: ContainerRuntime): void {
  const { run, last } = container;
  if (run.state === 'waiting' && last) container.run = { state: 'exited', termination: last };
}

/** Containers that end together, the first group first: sidecars after all others, the last started first. */
function groupsOf({ spec }: Pod): readonly (readonly Container[])[] {
  const inits = spec.initContainers ?? [];
  const others = inits.filter((one) => !isSidecar(one));
  return [
    [...spec.containers, ...(spec.ephemeralContainers ?? []), ...others],
    ...inits
      .filter(isSidecar)
      .reverse()
      .map((one) => [one]),
  ];
}

/**
 * Takes the end of all containers a step further, within a grace period in seconds from now (the first call counts, a
 * later one may only shorten it). True when all are over. Source: kuberuntime `killContainersWithSyncResult`.
 */
export function stopContainers(pod: Pod, grace: number, work: PodWork): boolean {
  const { context, runtime } = work;
  if (!runtime.stopping) {
    runtime.stopping = { killAt: context.now + grace * SECOND };
    announce(pod, work);
  }
  const killAt: Micros = Math.min(runtime.stopping.killAt, context.now + grace * SECOND);
  runtime.stopping.killAt = killAt;
  let isOver = true;
  for (const group of groupsOf(pod)) {
    const turn = isOver ? 'now' : 'later';
    for (const spec of group) {
      const container = runtime.containers[spec.name];
      if (!container) continue;
      if (!stopContainer(pod, spec, container, killAt, turn, work)) isOver = false;
      else giveUpRestart(container);
    }
  }
  if (!isOver) work.wakeAt(context.now + RELIST, 'work');
  return isOver;
}

/**
 * Takes a deleted pod a step further towards its end: containers stop within the grace period, the network goes, then
 * the object. Source: pkg/kubelet/kubelet.go `SyncTerminatingPod`, status_manager `canBeDeleted`.
 */
export function stopPod(pod: Pod, work: PodWork): 'stopping' | 'removed' {
  const { context, runtime } = work;
  if (!stopContainers(pod, pod.metadata.deletionGracePeriodSeconds ?? 30, work)) return 'stopping';
  const { stopping } = runtime;
  if (!stopping) return 'stopping';
  stopping.removeAt ??= context.now + drawLatency('podRemoval', context.random);
  if (context.now < stopping.removeAt) {
    if (runtime.sandbox.state !== 'released') releaseSandbox(work);
    work.wakeAt(stopping.removeAt, 'work');
    return 'stopping';
  }
  discardPod(work);
  const { namespace, name, uid } = runtime;
  context.store.delete('Pod', namespace, name, { gracePeriodSeconds: 0, uid });
  return 'removed';
}
