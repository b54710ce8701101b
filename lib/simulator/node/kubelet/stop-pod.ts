import type { Container } from '../../api/core/container.ts';
import type { Pod } from '../../api/core/pod.ts';
import { SECOND, type Micros } from '../../base/clock.ts';
import { drawLatency } from './latencies.ts';
import type { ContainerRuntime, PodWork } from './pod-runtime.ts';
import { endProcess, isAlive, kill, terminate } from './processes.ts';
import { findImage } from './pull-image.ts';
import { noticeExit } from './run-container.ts';
import { releaseSandbox } from './sandbox.ts';
import { containerFiles, environmentOf, ownerOfProcess, startInPod } from './start-process.ts';

/** How often a pod that is being stopped is looked at (PLEG relists every second). */
const RELIST = 1 * SECOND;

/** Starts the command of a preStop hook. Undefined when there is none, or it cannot be started. */
function startHook(pod: Pod, spec: Container, work: PodWork): number | undefined {
  const argv = spec.lifecycle?.preStop?.exec?.command;
  const image = findImage(spec.image ?? '', work.context.images);
  if (!argv || !image) return undefined;
  const environment = environmentOf(pod, spec, image, work);
  const variables = environment.ok ? environment.variables : {};
  const files = containerFiles(pod, spec, image, work);
  const detail = `${spec.name} (preStop)`;
  const pid = startInPod(
    pod,
    { image, argv, files, variables, detail, ...ownerOfProcess(pod, spec) },
    work,
  );
  if (pid === undefined) {
    const path = `spec.containers{${spec.name}}`;
    work.context.recordEvent(pod, 'Warning', 'FailedPreStopHook', 'PreStopHook failed', path);
  }
  return pid;
}

/** Runs the preStop hook, if there is one. SIGTERM follows when it is over, or when the grace period is. */
function beginStop(
  pod: Pod,
  spec: Container,
  container: ContainerRuntime,
  killAt: Micros,
  work: PodWork,
): void {
  const hookPid = startHook(pod, spec, work);
  const pause = (spec.lifecycle?.preStop?.sleep?.seconds ?? 0) * SECOND;
  container.stop =
    hookPid === undefined
      ? { termAt: Math.min(work.context.now + pause, killAt), sentTerm: false }
      : { termAt: killAt, hookPid, sentTerm: false };
}

/**
 * Takes the end of one container a step further: hook, SIGTERM, SIGKILL at `killAt`. True when it is over.
 * Source: pkg/kubelet/kuberuntime/kuberuntime_container.go, `killContainer`.
 *
 * Simplified: an httpGet preStop hook is not called.
 */
export function stopContainer(
  pod: Pod,
  spec: Container,
  container: ContainerRuntime,
  killAt: Micros,
  work: PodWork,
): boolean {
  const { context } = work;
  noticeExit(container, work);
  if (container.run.state === 'starting') {
    container.run = { state: 'waiting', reason: 'ContainerCreating' };
  }
  if (container.run.state !== 'running') return true;
  const { pid } = container.run;
  if (!container.stop) beginStop(pod, spec, container, killAt, work);
  const { stop } = container;
  if (stop && !stop.sentTerm) {
    const hookIsOver = stop.hookPid !== undefined && !isAlive(stop.hookPid, work);
    if (hookIsOver || context.now >= stop.termAt) {
      stop.sentTerm = true;
      terminate(pid, work);
    } else if (stop.hookPid === undefined) work.wakeAt(stop.termAt, 'work');
  }
  if (context.now >= killAt) kill(pid, work);
  noticeExit(container, work);
  return container.run.state !== 'running';
}

/** Forgets a container's processes, and what they printed. */
function forget(container: ContainerRuntime, work: PodWork): void {
  const { run, previousPid, stop, probes } = container;
  const pids = [
    run.state === 'running' || run.state === 'exited' ? run.pid : undefined,
    previousPid,
    stop?.hookPid,
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

const specsOf = (pod: Pod) => [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];

function announce(pod: Pod, work: PodWork): void {
  for (const spec of specsOf(pod)) {
    if (work.runtime.containers[spec.name]?.run.state !== 'running') continue;
    const path = `spec.containers{${spec.name}}`;
    const text = `Stopping container ${spec.name}`;
    work.context.recordEvent(pod, 'Normal', 'Killing', text, path);
  }
}

/**
 * Takes a deleted pod a step further towards its end: containers stop within the grace period, the network goes, then
 * the object. Source: pkg/kubelet/kubelet.go `SyncTerminatingPod`, status_manager `canBeDeleted`.
 */
export function stopPod(pod: Pod, work: PodWork): 'stopping' | 'removed' {
  const { context, runtime } = work;
  const grace = pod.metadata.deletionGracePeriodSeconds ?? 30;
  if (!runtime.stopping) {
    runtime.stopping = { killAt: context.now + grace * SECOND };
    announce(pod, work);
  }
  // A second delete may have shortened the time that is left.
  const killAt = Math.min(runtime.stopping.killAt, context.now + grace * SECOND);
  const isOver = specsOf(pod)
    .map((spec) => {
      const container = runtime.containers[spec.name];
      return !container || stopContainer(pod, spec, container, killAt, work);
    })
    .every(Boolean);
  if (!isOver) {
    work.wakeAt(Math.min(context.now + RELIST, Math.max(killAt, context.now + 1)), 'work');
    return 'stopping';
  }
  runtime.stopping.removeAt ??= context.now + drawLatency('podRemoval', context.random);
  if (context.now < runtime.stopping.removeAt) {
    if (runtime.sandbox.state !== 'released') releaseSandbox(work);
    work.wakeAt(runtime.stopping.removeAt, 'work');
    return 'stopping';
  }
  discardPod(work);
  const { namespace, name, uid } = runtime;
  context.store.delete('Pod', namespace, name, { gracePeriodSeconds: 0, uid });
  return 'removed';
}
