import type { Container } from '../../api/core/container.ts';
import type { Pod } from '../../api/core/pod.ts';
import type { PodWork } from './pod-runtime.ts';

/** An init container that stays (KEP-753): it starts in order, runs beside the others and ends after them. */
export const isSidecar = ({ restartPolicy }: Container) => restartPolicy === 'Always';

/** Containers of every sort, in the order in which they start. Those for debugging come last. */
export const everyContainer = ({ spec }: Pod): readonly Container[] => [
  ...(spec.initContainers ?? []),
  ...spec.containers,
  ...(spec.ephemeralContainers ?? []),
];

/** Where a container stands in its pod: `spec.containers{web}` (kubecontainer `GenerateContainerRef`). */
export function fieldPathOf({ spec }: Pod, name: string): string {
  const has = (list: readonly Container[] | undefined) => list?.some((one) => one.name === name);
  if (has(spec.initContainers)) return `spec.initContainers{${name}}`;
  return has(spec.ephemeralContainers)
    ? `spec.ephemeralContainers{${name}}`
    : `spec.containers{${name}}`;
}

/** Records an Event about one container of a pod. */
export function recordContainerEvent(
  pod: Pod,
  { name }: Container,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
  { context }: PodWork,
): void {
  context.recordEvent(pod, type, reason, message, fieldPathOf(pod, name));
}
