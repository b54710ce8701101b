import type { ContainerPort } from '../api/core/container.ts';
import type { Pod } from '../api/core/pod.ts';

const hostPortsOf = ({ spec }: Pod): ContainerPort[] =>
  spec.containers.flatMap(({ ports = [] }) => ports).filter(({ hostPort }) => hostPort);

const isAnyAddress = (address: string | undefined) => !address || address === '0.0.0.0';

const conflicts = (a: ContainerPort, b: ContainerPort) =>
  a.hostPort === b.hostPort &&
  (a.protocol ?? 'TCP') === (b.protocol ?? 'TCP') &&
  (isAnyAddress(a.hostIP) || isAnyAddress(b.hostIP) || a.hostIP === b.hostIP);

/**
 * Whether the host ports that `pod` wants are free beside the pods of a node: two may share a port on different
 * addresses. Source: pkg/scheduler/framework/plugins/nodeports and `HostPortInfo.CheckConflict`.
 */
export function areHostPortsFree(pod: Pod, beside: readonly Pod[]): boolean {
  const wanted = hostPortsOf(pod);
  if (wanted.length === 0) return true;
  const taken = beside.flatMap(hostPortsOf);
  return !wanted.some((port) => taken.some((other) => conflicts(port, other)));
}
