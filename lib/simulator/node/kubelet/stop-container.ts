import type { Container } from '../../api/core/container.ts';
import type { Pod } from '../../api/core/pod.ts';
import { SECOND, type Micros } from '../../base/clock.ts';
import { hookResult, startHook } from './hooks.ts';
import { recordContainerEvent } from './pod-containers.ts';
import type { ContainerRuntime, PodWork } from './pod-runtime.ts';
import { endProcess, kill, terminate } from './processes.ts';
import { noticeExit } from './run-container.ts';

/** `minimumGracePeriodInSeconds`: what is left between SIGTERM and SIGKILL when a hook has used up the rest. */
const LEAST_GRACE: Micros = 2 * SECOND;

/** How often the end is looked for (PLEG relists every second). */
const RELIST: Micros = 1 * SECOND;

/** `later`: another container has to end before this one is asked to (KEP-753, `terminationOrdering`). */
export type Turn = 'now' | 'later';

type Stop = NonNullable<ContainerRuntime['stop']>;

/** The preStop hook runs in the grace period, and beside those of the other containers. */
function begin(pod: Pod, spec: Container, deadline: Micros, work: PodWork): Stop {
  const handler = spec.lifecycle?.preStop;
  const hasTime = deadline > work.context.now;
  if (!handler || !hasTime) return { deadline };
  return { deadline, hook: startHook(pod, spec, 'preStop', handler, work) };
}

/** Whether SIGTERM waits for the hook. One that outlives the grace period is left behind. */
function isHookRunning(pod: Pod, spec: Container, stop: Stop, work: PodWork): boolean {
  const { hook } = stop;
  if (!hook || work.context.now >= stop.deadline) return false;
  switch (hookResult(hook, work)) {
    case 'running':
      if (hook.type === 'sleep') work.wakeAt(Math.min(hook.until, stop.deadline), 'work');
      return true;
    case 'failed':
      recordContainerEvent(pod, spec, 'Warning', 'FailedPreStopHook', 'PreStopHook failed', work);
      break;
    case 'done':
      break;
  }
  if (hook.type === 'process') endProcess(hook.pid, work);
  delete stop.hook;
  return false;
}

/**
 * Takes the end of one container a step further: hook, its turn, SIGTERM, SIGKILL. True when it is over. `deadline` is
 * the end of the grace period; a later call may bring it forward.
 * Source: pkg/kubelet/kuberuntime/kuberuntime_container.go, `killContainer`.
 */
export function stopContainer(
  pod: Pod,
  spec: Container,
  container: ContainerRuntime,
  deadline: Micros,
  turn: Turn,
  work: PodWork,
): boolean {
  const { now } = work.context;
  noticeExit(container, work);
  if (container.run.state === 'starting') {
    container.run = { state: 'waiting', reason: 'ContainerCreating' };
  }
  if (container.run.state !== 'running') return true;
  const { pid } = container.run;
  const stop = (container.stop ??= begin(pod, spec, deadline, work));
  if (deadline < stop.deadline) {
    stop.deadline = deadline;
    if (stop.killAt !== undefined) stop.killAt = Math.min(stop.killAt, now + LEAST_GRACE);
  }
  if (stop.killAt === undefined) {
    if (isHookRunning(pod, spec, stop, work)) return false;
    if (turn === 'later' && now < stop.deadline) return false;
    stop.killAt = Math.max(stop.deadline, now + LEAST_GRACE);
    terminate(pid, work);
  }
  if (now >= stop.killAt) kill(pid, work);
  else work.wakeAt(Math.min(now + RELIST, stop.killAt), 'work');
  noticeExit(container, work);
  // What `noticeExit` wrote is not what the narrowing above remembers.
  return (container.run as ContainerRuntime['run']).state !== 'running';
}
