import type { Micros } from '../../../base/clock.ts';
import type { Lease } from '../../../api/coordination/lease.ts';
import type { Event } from '../../../api/core/event.ts';
import type { Node } from '../../../api/core/node.ts';
import { nodeRoles } from '../../../api/core/node-kind.ts';
import type { Pod } from '../../../api/core/pod.ts';
import { ageOf } from '../../../api/meta/human-duration.ts';
import { formatQuantity, parseQuantity } from '../../../api/meta/quantity.ts';
import { annotationLines, eventLines, formatRfc1123, labelLines, Lines } from './lines.ts';

/** Whole billionths are added, so that 0.1 and 0.05 make 0.15. */
const NANO = 1e9;

/** What a pod asks for in all, init containers aside. */
function sumOf(pods: readonly Pod[], kind: 'requests' | 'limits', resource: string): number {
  const nanos = pods
    .flatMap(({ spec }) => spec.containers)
    .reduce((sum, { resources }) => {
      const amount = parseQuantity(String(resources?.[kind]?.[resource] ?? 0)) ?? 0;
      return sum + Math.round(amount * NANO);
    }, 0);
  return nanos / NANO;
}

const percent = (part: number, whole: number) => (whole > 0 ? Math.trunc((part / whole) * 100) : 0);

function shareOf(
  node: Node,
  pods: readonly Pod[],
  kind: 'requests' | 'limits',
  resource: string,
): string {
  const used = sumOf(pods, kind, resource);
  const all = parseQuantity(String(node.status?.allocatable?.[resource] ?? 0)) ?? 0;
  return `${formatQuantity(used, resource === 'cpu' ? 'decimal' : 'binary')} (${percent(used, all)}%)`;
}

function conditionLines(lines: Lines, node: Node): void {
  const conditions = node.status?.conditions ?? [];
  if (conditions.length === 0) return;
  lines.line(
    0,
    'Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage',
  );
  lines.line(1, '----\t------\t-----------------\t------------------\t------\t-------');
  for (const {
    type,
    status,
    lastHeartbeatTime,
    lastTransitionTime,
    reason,
    message,
  } of conditions) {
    lines.line(
      1,
      `${type} \t${status} \t${formatRfc1123(lastHeartbeatTime)} \t${formatRfc1123(lastTransitionTime)} \t${reason ?? ''} \t${message ?? ''}`,
    );
  }
}

const resourceText = (name: string, value: string | number) => {
  const amount = parseQuantity(String(value));
  return `${name}:\t${amount !== undefined && name === 'cpu' ? formatQuantity(amount, 'decimal') : value}`;
};

function capacityLines(
  lines: Lines,
  title: string,
  map: Readonly<Record<string, string | number>> | undefined,
): void {
  if (!map || Object.keys(map).length === 0) return;
  lines.line(0, `${title}:`);
  for (const [name, value] of Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1))) {
    lines.line(1, resourceText(name, value));
  }
}

function systemLines(lines: Lines, node: Node): void {
  const info = node.status?.nodeInfo;
  lines.line(0, 'System Info:');
  lines.line(1, `Machine ID:\t${info?.machineID ?? ''}`);
  lines.line(1, `System UUID:\t${info?.systemUUID ?? ''}`);
  lines.line(1, `Boot ID:\t${info?.bootID ?? ''}`);
  lines.line(1, `Kernel Version:\t${info?.kernelVersion ?? ''}`);
  lines.line(1, `OS Image:\t${info?.osImage ?? ''}`);
  lines.line(1, `Operating System:\t${info?.operatingSystem ?? ''}`);
  lines.line(1, `Architecture:\t${info?.architecture ?? ''}`);
  lines.line(1, `Container Runtime Version:\t${info?.containerRuntimeVersion ?? ''}`);
  lines.line(1, `Kubelet Version:\t${info?.kubeletVersion ?? ''}`);
  lines.line(1, `Kube-Proxy Version:\t${info?.kubeProxyVersion ?? ''}`);
}

function podLines(lines: Lines, node: Node, pods: readonly Pod[], now: Micros): void {
  lines.line(0, `Non-terminated Pods:\t(${pods.length} in total)`);
  lines.line(1, 'Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge');
  lines.line(1, '---------\t----\t\t------------\t----------\t---------------\t-------------\t---');
  for (const pod of pods) {
    const shares = [
      shareOf(node, [pod], 'requests', 'cpu'),
      shareOf(node, [pod], 'limits', 'cpu'),
      shareOf(node, [pod], 'requests', 'memory'),
      shareOf(node, [pod], 'limits', 'memory'),
    ];
    const { namespace, name, creationTimestamp } = pod.metadata;
    lines.line(
      1,
      `${namespace}\t${name}\t\t${shares.join('\t')}\t${ageOf(creationTimestamp, now)}`,
    );
  }
}

function allocatedLines(lines: Lines, node: Node, pods: readonly Pod[]): void {
  lines.line(
    0,
    'Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n  Resource\tRequests\tLimits',
  );
  lines.line(1, '--------\t--------\t------');
  const pages = Object.keys(node.status?.allocatable ?? {}).filter((name) =>
    name.startsWith('hugepages-'),
  );
  for (const resource of ['cpu', 'memory', 'ephemeral-storage', ...pages.sort()]) {
    lines.line(
      1,
      `${resource}\t${shareOf(node, pods, 'requests', resource)}\t${shareOf(node, pods, 'limits', resource)}`,
    );
  }
}

function taintLines(lines: Lines, node: Node): void {
  const taints = (node.spec.taints ?? [])
    .map(({ key, value, effect }) => `${key}${value ? `=${value}` : ''}:${effect}`)
    .sort();
  lines.line(0, `Taints:\t${taints[0] ?? '<none>'}`);
  for (const taint of taints.slice(1)) lines.line(0, `\t${taint}`);
}

/** `kubectl describe node`. `pods` are those on it that have not ended. `lease` is its Lease, or why there is none. */
export function describeNode(
  node: Node,
  pods: readonly Pod[],
  events: readonly Event[],
  lease: Lease | string,
  now: Micros,
): string {
  const lines = new Lines();
  const { metadata, spec, status } = node;
  lines.line(0, `Name:\t${metadata.name}`);
  lines.line(0, `Roles:\t${nodeRoles(node)}`);
  labelLines(lines, 0, 'Labels', metadata.labels);
  annotationLines(lines, metadata.annotations);
  lines.line(0, `CreationTimestamp:\t${formatRfc1123(metadata.creationTimestamp)}`);
  taintLines(lines, node);
  lines.line(0, `Unschedulable:\t${spec.unschedulable ?? false}`);
  if (typeof lease === 'string') lines.line(0, `Lease:\tFailed to get lease: ${lease}`);
  else {
    const { holderIdentity, acquireTime, renewTime } = lease.spec ?? {};
    const at = (time: string | undefined) => (time ? formatRfc1123(time) : '<unset>');
    lines.line(0, 'Lease:');
    lines.line(1, `HolderIdentity:\t${holderIdentity ?? '<unset>'}`);
    lines.line(1, `AcquireTime:\t${at(acquireTime)}`);
    lines.line(1, `RenewTime:\t${at(renewTime)}`);
  }
  conditionLines(lines, node);
  lines.line(0, 'Addresses:');
  for (const { type, address } of status?.addresses ?? []) lines.line(1, `${type}:\t${address}`);
  capacityLines(lines, 'Capacity', status?.capacity);
  capacityLines(lines, 'Allocatable', status?.allocatable);
  systemLines(lines, node);
  if (spec.podCIDR) lines.line(0, `PodCIDR:\t${spec.podCIDR}`);
  if (spec.podCIDRs && spec.podCIDRs.length > 0)
    lines.line(0, `PodCIDRs:\t${spec.podCIDRs.join(',')}`);
  if (spec.providerID) lines.line(0, `ProviderID:\t${spec.providerID}`);
  podLines(lines, node, pods, now);
  allocatedLines(lines, node, pods);
  eventLines(lines, events, now);
  return lines.text;
}
