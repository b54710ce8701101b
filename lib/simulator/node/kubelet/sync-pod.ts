import type { Container } from '../../api/core/container.ts';
import { hasEnded, type Pod } from '../../api/core/pod.ts';
import { SECOND } from '../../base/clock.ts';
import { isSameJson } from '../../base/same-json.ts';
import { podStatus } from './pod-status.ts';
import { isSidecar, recordContainerEvent } from './pod-containers.ts';
import { newContainerRuntime, type ContainerRuntime, type PodWork } from './pod-runtime.ts';
import { runProbes, stopProbes } from './probes.ts';
import { noticeExit, restarts, runContainer } from './run-container.ts';
import { ensureSandbox, releaseSandbox } from './sandbox.ts';
import { hostAddresses, podAddresses, surroundingsOf } from './start-process.ts';
import { mountedFiles } from './volume-files.ts';
import { stopContainer } from './stop-container.ts';
import { stopContainers, stopPod } from './stop-pod.ts';

const RELIST = 1 * SECOND;

/** Image or start under way: the kubelet starts the containers of a pod one after the other. */
const isBusy = ({ image, run }: ContainerRuntime) =>
  run.state === 'starting' ||
  (run.state === 'running' && run.postStart !== undefined) ||
  (run.state === 'waiting' && image.state === 'pulling');

/** A probe wants the container restarted: stop it as a deletion would, then the usual way starts it again. */
function restart(pod: Pod, spec: Container, container: ContainerRuntime, work: PodWork): void {
  const { context } = work;
  if (container.restartBy === undefined) {
    const kind = container.probes.startup?.verdict === 'failure' ? 'startup' : 'liveness';
    const message = `Container ${spec.name} failed ${kind} probe, will be restarted`;
    recordContainerEvent(pod, spec, 'Normal', 'Killing', message, work);
    const probe = kind === 'startup' ? spec.startupProbe : spec.livenessProbe;
    const grace =
      probe?.terminationGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30;
    container.restartBy = context.now + grace * SECOND;
    stopProbes(container, work);
  }
  if (stopContainer(pod, spec, container, container.restartBy, 'now', work)) {
    runContainer(pod, spec, container, work);
  } else work.wakeAt(Math.min(context.now + RELIST, container.restartBy), 'work');
}

function runOne(pod: Pod, spec: Container, container: ContainerRuntime, work: PodWork): void {
  if (container.restartBy !== undefined && container.run.state === 'running') {
    restart(pod, spec, container, work);
    return;
  }
  runContainer(pod, spec, container, work);
  refreshFiles(pod, spec, container, work);
  if (container.run.state !== 'running') return;
  if (runProbes(pod, spec, container, work) === 'restart') restart(pod, spec, container, work);
}

/** What is mounted has changed: running containers see it. */
function refreshFiles(pod: Pod, spec: Container, { run }: ContainerRuntime, work: PodWork): void {
  if (run.state !== 'running' || !spec.volumeMounts) return;
  const process = work.context.network.processes[run.pid];
  const files = mountedFiles(spec, surroundingsOf(pod, work), 'leave');
  for (const [path, content] of Object.entries(files)) {
    if (process && process.files[path] !== content) process.files[path] = content;
  }
}

/** Init containers in order. True when the others may start. */
function runInitContainers(pod: Pod, work: PodWork): boolean {
  for (const spec of pod.spec.initContainers ?? []) {
    const container = work.runtime.containers[spec.name];
    if (!container) continue;
    noticeExit(container, work);
    const { run } = container;
    const isDone = run.state === 'exited' && run.termination.exitCode === 0;
    if (isDone && !isSidecar(spec)) continue;
    runOne(pod, spec, container, work);
    const hasStarted =
      container.run.state === 'running' &&
      !container.run.postStart &&
      (!spec.startupProbe || container.probes.startup?.verdict === 'success');
    if (!isSidecar(spec) || !hasStarted) return false;
  }
  return true;
}

function runContainers(pod: Pod, work: PodWork): void {
  if (!runInitContainers(pod, work)) return;
  for (const spec of pod.spec.containers) {
    const container = work.runtime.containers[spec.name];
    if (!container) continue;
    runOne(pod, spec, container, work);
    if (isBusy(container)) return;
  }
}

/** Containers that `kubectl debug` added: they start when the sandbox is there, and never again. */
function runEphemeral(pod: Pod, work: PodWork): void {
  for (const spec of pod.spec.ephemeralContainers ?? []) {
    const container = (work.runtime.containers[spec.name] ??= newContainerRuntime());
    runContainer(pod, { ...spec, restartPolicy: 'Never' }, container, work);
  }
}

/** Longer active than it may be (pkg/kubelet/active_deadline.go). */
function checkDeadline(pod: Pod, work: PodWork): void {
  const { context, runtime } = work;
  const { activeDeadlineSeconds } = pod.spec;
  if (activeDeadlineSeconds === undefined || runtime.failure) return;
  const deadline = runtime.startedAt + activeDeadlineSeconds * SECOND;
  if (context.now < deadline) {
    work.wakeAt(deadline, 'periodic');
    return;
  }
  const reason = 'DeadlineExceeded';
  const message = 'Pod was active on the node longer than the specified deadline';
  context.recordEvent(pod, 'Normal', reason, message);
  runtime.failure = { reason, message };
}

/** Whether nothing of the pod will be started again: its containers have done their work, or failed for good. */
function isFinished(pod: Pod, { runtime }: PodWork): boolean {
  const endOf = ({ name }: Container) => {
    const run = runtime.containers[name]?.run;
    return run?.state === 'exited' ? run.termination.exitCode : undefined;
  };
  const isOver = (spec: Container) => {
    const exitCode = endOf(spec);
    return exitCode !== undefined && !restarts(pod, spec, exitCode);
  };
  const isDeadEnd = (spec: Container) => !isSidecar(spec) && endOf(spec) !== 0 && isOver(spec);
  return (pod.spec.initContainers ?? []).some(isDeadEnd) || pod.spec.containers.every(isOver);
}

/** While a pod ends, readiness still counts: traffic may still come. */
function probeWhileStopping(pod: Pod, work: PodWork): void {
  for (const spec of pod.spec.containers) {
    const container = work.runtime.containers[spec.name];
    if (container) runProbes(pod, spec, container, work);
  }
}

function writeStatus(work: PodWork): void {
  const { context, runtime } = work;
  const pod = context.store.get<Pod>('Pod', runtime.namespace, runtime.name);
  if (pod?.metadata.uid !== runtime.uid) return;
  const addresses = podAddresses(runtime);
  const status = podStatus(pod, runtime, addresses, hostAddresses(context), context.now);
  if (hasEnded({ status }) && runtime.sandbox.state === 'ready') {
    releaseSandbox(work);
    status.conditions =
      podStatus(pod, runtime, addresses, hostAddresses(context), context.now).conditions ?? [];
  }
  if (!isSameJson(status, pod.status)) context.store.updateStatus<Pod>({ ...pod, status });
}

/**
 * Brings one pod a step nearer to what its object asks, and says in its status how far it is. Does nothing when there
 * is nothing to do. Source: pkg/kubelet/kubelet.go, `SyncPod` and `SyncTerminatingPod`.
 */
export function syncPod(pod: Pod, cause: 'change' | 'timer', work: PodWork): void {
  const { runtime } = work;
  const isDeleted = pod.metadata.deletionTimestamp !== undefined;
  if (isDeleted) {
    if (stopPod(pod, work) === 'removed') return;
    probeWhileStopping(pod, work);
  } else if (!runtime.stopping && ensureSandbox(pod, cause, work)) {
    runContainers(pod, work);
    runEphemeral(pod, work);
  }
  if (!isDeleted && !isFinished(pod, work)) checkDeadline(pod, work);
  if (!isDeleted && (runtime.failure ?? isFinished(pod, work))) {
    stopContainers(pod, pod.spec.terminationGracePeriodSeconds ?? 30, work);
  }
  writeStatus(work);
}
