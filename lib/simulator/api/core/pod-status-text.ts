import type { Micros } from '../../base/clock.ts';
import { ageOf } from '../meta/human-duration.ts';
import type { Container, ContainerStatus } from './container.ts';
import { hasEnded, type Pod } from './pod.ts';

const isSidecar = (container: Container | undefined) => container?.restartPolicy === 'Always';

function terminatedText(status: ContainerStatus): string | undefined {
  const { terminated } = status.state ?? {};
  if (!terminated) return undefined;
  if (terminated.reason) return terminated.reason;
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`;
}

/** `Init:1/2`, `Init:Error`, `Init:CrashLoopBackOff`; undefined when the init containers are done. */
function initText(pod: Pod): string | undefined {
  const containers = pod.spec.initContainers ?? [];
  const statuses = pod.status?.initContainerStatuses ?? [];
  for (const [index, status] of statuses.entries()) {
    const { waiting, terminated } = status.state ?? {};
    if (terminated?.exitCode === 0) continue;
    const container = containers.find(({ name }) => name === status.name);
    if (isSidecar(container) && status.started) continue;
    if (terminated) return `Init:${terminatedText(status)}`;
    if (waiting?.reason && waiting.reason !== 'PodInitializing') return `Init:${waiting.reason}`;
    return `Init:${index}/${containers.length}`;
  }
  return undefined;
}

function containersText(pod: Pod, before: string): string {
  let text = before;
  let hasRunning = false;
  const statuses = pod.status?.containerStatuses ?? [];
  for (const status of [...statuses].reverse()) {
    const waiting = status.state?.waiting?.reason;
    if (waiting) text = waiting;
    else if (status.state?.terminated) text = terminatedText(status) ?? text;
    else if (status.ready && status.state?.running) hasRunning = true;
  }
  if (text !== 'Completed' || !hasRunning) return text;
  const isReady = (pod.status?.conditions ?? []).some(
    ({ type, status }) => type === 'Ready' && status === 'True',
  );
  return isReady ? 'Running' : 'NotReady';
}

/** The STATUS column of a pod (pkg/printers/internalversion `printPod`). */
export function podStatusText(pod: Pod): string {
  const { status } = pod;
  let text: string = status?.reason || status?.phase || 'Unknown';
  const gated = (status?.conditions ?? []).some(
    ({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated',
  );
  if (gated) text = 'SchedulingGated';
  const isInitialized = (status?.conditions ?? []).some(
    (condition) => condition.type === 'Initialized' && condition.status === 'True',
  );
  const init = initText(pod);
  text = init ?? text;
  if (init === undefined || isInitialized) text = containersText(pod, text);
  if (pod.metadata.deletionTimestamp === undefined) return text;
  if (status?.reason === 'NodeLost') return 'Unknown';
  return hasEnded(pod) ? text : 'Terminating';
}

/** The READY column: `1/2`, sidecars counted. */
export function podReadyText(pod: Pod): string {
  const sidecars = (pod.spec.initContainers ?? []).filter(isSidecar);
  const readySidecars = sidecars.filter(({ name }) =>
    pod.status?.initContainerStatuses?.some((status) => status.name === name && status.ready),
  );
  const ready = (pod.status?.containerStatuses ?? []).filter(
    (status) => status.ready && status.state?.running,
  );
  return `${ready.length + readySidecars.length}/${pod.spec.containers.length + sidecars.length}`;
}

/** The RESTARTS column: `0`, or `3 (5m ago)`. */
export function podRestartsText(pod: Pod, now: Micros): string {
  const statuses = pod.status?.containerStatuses ?? [];
  const restarts = statuses.reduce((sum, status) => sum + status.restartCount, 0);
  const last = statuses
    .map((status) => status.lastState?.terminated?.finishedAt ?? '')
    .sort()
    .at(-1);
  return restarts > 0 && last ? `${restarts} (${ageOf(last, now)} ago)` : String(restarts);
}
