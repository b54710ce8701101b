import type { Container } from '../../api/core/container.ts';
import type { Pod } from '../../api/core/pod.ts';
import { SECOND } from '../../base/clock.ts';
import { nextUint32, type RandomState } from '../../base/random.ts';
import { formatGoDuration, mayRetryAt, nextBackOff } from './back-off.ts';
import { drawLatency } from './latencies.ts';
import { hookResult, startHook } from './hooks.ts';
import { recordContainerEvent } from './pod-containers.ts';
import { formatPod, type ContainerRuntime, type PodWork, type Termination } from './pod-runtime.ts';
import { endProcess } from './processes.ts';
import { ensureImage } from './pull-image.ts';
import { findImage } from './find-image.ts';
import {
  containerCommand,
  containerFiles,
  environmentOf,
  ownerOfProcess,
  startInPod,
} from './start-process.ts';

/** An id as containerd makes them: 64 hexadecimal digits. */
export function newContainerId(random: RandomState): string {
  return Array.from({ length: 8 }, () => nextUint32(random).toString(16).padStart(8, '0')).join('');
}

/** Whether a container that ended is started again (kubecontainer `ShouldContainerBeRestarted`). */
export function restarts(pod: Pod, spec: Container, exitCode: number): boolean {
  const policy = spec.restartPolicy ?? pod.spec.restartPolicy ?? 'Always';
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

function create(pod: Pod, spec: Container, container: ContainerRuntime, work: PodWork): void {
  const { context } = work;
  const image = findImage(spec.image ?? '', context.images);
  if (!image) return;
  const environment = environmentOf(pod, spec, image, work);
  if (!environment.ok) {
    const { message } = environment;
    const reason = 'CreateContainerConfigError';
    const isNews = container.run.state !== 'waiting' || container.run.message !== message;
    if (isNews) recordContainerEvent(pod, spec, 'Warning', 'Failed', `Error: ${message}`, work);
    container.run = { state: 'waiting', reason, message };
    return;
  }
  recordContainerEvent(pod, spec, 'Normal', 'Created', 'Container created', work);
  const startsAt = context.now + drawLatency('containerStart', context.random);
  container.run = { state: 'starting', startsAt, id: newContainerId(context.random) };
  work.wakeAt(startsAt, 'work');
}

const lookUpProblem = (path: string) =>
  path.includes('/')
    ? `stat ${path}: no such file or directory`
    : 'executable file not found in $PATH';

const noExecutable = (path: string) =>
  `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "${path}": ${lookUpProblem(path)}`;

function start(pod: Pod, spec: Container, container: ContainerRuntime, work: PodWork): void {
  const { context } = work;
  const image = findImage(spec.image ?? '', context.images);
  if (container.run.state !== 'starting' || !image) return;
  const { id } = container.run;
  const environment = environmentOf(pod, spec, image, work);
  const variables = environment.ok ? environment.variables : {};
  const argv = containerCommand(spec, image, variables);
  const files = containerFiles(pod, spec, image, work);
  const pid = startInPod(
    pod,
    { image, argv, files, variables, detail: spec.name, ...ownerOfProcess(pod, spec) },
    work,
  );
  if (pid === undefined) {
    const message = noExecutable(argv[0] ?? '');
    recordContainerEvent(pod, spec, 'Warning', 'Failed', `Error: ${message}`, work);
    const finishedAt = context.now;
    const ended = { exitCode: 128, reason: 'StartError', message, startedAt: 0, finishedAt, id };
    container.run = { state: 'exited', termination: ended };
    return;
  }
  recordContainerEvent(pod, spec, 'Normal', 'Started', 'Container started', work);
  container.run = { state: 'running', pid, startedAt: context.now, id };
  const handler = spec.lifecycle?.postStart;
  if (handler) container.run.postStart = startHook(pod, spec, 'postStart', handler, work);
}

/** Whether a container that runs waits for its postStart hook. One that fails has the container stopped. */
function awaitPostStart(
  pod: Pod,
  spec: Container,
  container: ContainerRuntime,
  work: PodWork,
): void {
  if (container.run.state !== 'running' || !container.run.postStart) return;
  const { postStart } = container.run;
  const result = hookResult(postStart, work);
  if (result === 'running') {
    if (postStart.type === 'sleep') work.wakeAt(postStart.until, 'work');
    return;
  }
  if (postStart.type === 'process') endProcess(postStart.pid, work);
  delete container.run.postStart;
  if (result === 'done') return;
  const reason = 'FailedPostStartHook';
  recordContainerEvent(pod, spec, 'Warning', reason, 'PostStartHook failed', work);
  recordContainerEvent(pod, spec, 'Normal', 'Killing', reason, work);
  const grace = pod.spec.terminationGracePeriodSeconds ?? 30;
  container.restartBy = work.context.now + grace * SECOND;
}

/** Notices that a container's process has ended. */
export function noticeExit(container: ContainerRuntime, { context }: PodWork): void {
  const { run } = container;
  if (run.state !== 'running') return;
  const process = context.network.processes[run.pid];
  if (process && process.exitCode === undefined) return;
  const exitCode = process?.exitCode ?? 137;
  const termination: Termination = {
    exitCode,
    reason: exitCode === 0 ? 'Completed' : 'Error',
    startedAt: run.startedAt,
    finishedAt: context.now,
    id: run.id,
  };
  container.run = { state: 'exited', pid: run.pid, termination };
}

/** Forgets a run, so that the next may begin; its process stays for `kubectl logs --previous`. */
function putAside(container: ContainerRuntime, termination: Termination, work: PodWork): void {
  if (container.run.state === 'exited') {
    if (container.previousPid !== undefined) endProcess(container.previousPid, work);
    if (container.run.pid === undefined) delete container.previousPid;
    else container.previousPid = container.run.pid;
  }
  container.last = termination;
  delete container.stop;
  delete container.restartBy;
  for (const kind of ['startup', 'liveness', 'readiness'] as const) delete container.probes[kind];
}

/** What follows an end: another start at once the first time, then after a back-off that doubles. */
function startAgain(
  pod: Pod,
  spec: Container,
  container: ContainerRuntime,
  work: PodWork,
): boolean {
  const { context, runtime } = work;
  const ended = container.run.state === 'exited' ? container.run.termination : container.last;
  if (!ended) return true;
  const retryAt = mayRetryAt(container.backOff, ended.finishedAt, context.now);
  if (context.now >= retryAt) {
    putAside(container, ended, work);
    container.backOff = nextBackOff(container.backOff, context.now);
    container.restarts += 1;
    container.run = { state: 'waiting', reason: 'ContainerCreating' };
    container.image = { state: 'unknown' };
    return true;
  }
  if (container.run.state === 'exited') {
    putAside(container, ended, work);
    const about = `restarting failed container`;
    const text = `Back-off ${about} ${spec.name} in pod ${formatPod(runtime)}`;
    recordContainerEvent(pod, spec, 'Warning', 'BackOff', text, work);
    const delay = formatGoDuration(container.backOff?.delay ?? 0);
    const message = `back-off ${delay} ${about}=${spec.name} pod=${formatPod(runtime)}`;
    container.run = { state: 'waiting', reason: 'CrashLoopBackOff', message };
  }
  work.wakeAt(retryAt, 'periodic');
  return false;
}

const isCrashLooping = ({ run }: ContainerRuntime) =>
  run.state === 'waiting' && run.reason === 'CrashLoopBackOff';

/**
 * Takes a container one step further towards running: image, created, started, and again when it ended.
 * Source: pkg/kubelet/kuberuntime/kuberuntime_manager.go and kuberuntime_container.go.
 */
export function runContainer(
  pod: Pod,
  spec: Container,
  container: ContainerRuntime,
  work: PodWork,
): void {
  noticeExit(container, work);
  awaitPostStart(pod, spec, container, work);
  if (container.run.state === 'exited') {
    if (!restarts(pod, spec, container.run.termination.exitCode)) return;
    if (!startAgain(pod, spec, container, work)) return;
  } else if (isCrashLooping(container) && !startAgain(pod, spec, container, work)) {
    return;
  }
  if (container.run.state === 'waiting') {
    if (!ensureImage(pod, spec, container, work)) return;
    create(pod, spec, container, work);
  }
  if (container.run.state !== 'starting') return;
  if (work.context.now >= container.run.startsAt) {
    start(pod, spec, container, work);
    awaitPostStart(pod, spec, container, work);
  } else work.wakeAt(container.run.startsAt, 'work');
  // A process that could not be started has ended already: look again at once.
  if (container.run.state !== 'starting') work.wakeAt(work.context.now, 'work');
}
