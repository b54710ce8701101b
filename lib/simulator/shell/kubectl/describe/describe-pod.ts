import type { Micros } from '../../../base/clock.ts';
import type { Event } from '../../../api/core/event.ts';
import { hasEnded, type Pod } from '../../../api/core/pod.ts';
import { ageOf } from '../../../api/meta/human-duration.ts';
import type { KubeObject } from '../../../api/meta/object.ts';
import { annotationLines, eventLines, formatRfc1123, labelLines, Lines } from './lines.ts';
import { containerLines, selectorLines, tolerationLines, volumeLines } from './pod-template.ts';

/** `ReplicaSet/web-7c9d`, or undefined. */
export function controllerOf({ metadata }: KubeObject): string | undefined {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  return owner && `${owner.kind}/${owner.name}`;
}

function headLines(lines: Lines, pod: Pod, now: Micros): void {
  const { metadata, spec, status = {} } = pod;
  lines.line(0, `Name:\t${metadata.name}`);
  lines.line(0, `Namespace:\t${metadata.namespace}`);
  if (spec.priority !== undefined) lines.line(0, `Priority:\t${spec.priority}`);
  if (spec.priorityClassName) lines.line(0, `Priority Class Name:\t${spec.priorityClassName}`);
  if (spec.serviceAccountName) lines.line(0, `Service Account:\t${spec.serviceAccountName}`);
  lines.line(0, `Node:\t${spec.nodeName ? `${spec.nodeName}/${status.hostIP ?? ''}` : '<none>'}`);
  if (status.startTime) lines.line(0, `Start Time:\t${formatRfc1123(status.startTime)}`);
  labelLines(lines, 0, 'Labels', metadata.labels);
  annotationLines(lines, metadata.annotations);
  if (metadata.deletionTimestamp !== undefined && !hasEnded({ status })) {
    lines.line(0, `Status:\tTerminating (lasts ${ageOf(metadata.deletionTimestamp, now)})`);
    lines.line(0, `Termination Grace Period:\t${metadata.deletionGracePeriodSeconds ?? 0}s`);
  } else lines.line(0, `Status:\t${status.phase ?? ''}`);
  if (status.reason) lines.line(0, `Reason:\t${status.reason}`);
  if (status.message) lines.line(0, `Message:\t${status.message}`);
  lines.line(0, `IP:\t${status.podIP ?? ''}`);
  if (!status.podIPs || status.podIPs.length === 0) lines.line(0, 'IPs:\t<none>');
  else {
    lines.line(0, 'IPs:');
    for (const { ip } of status.podIPs) lines.line(1, `IP:\t${ip}`);
  }
  const controller = controllerOf(pod);
  if (controller) lines.line(0, `Controlled By:\t${controller}`);
}

/** `kubectl describe pod`. */
export function describePod(pod: Pod, events: readonly Event[], now: Micros): string {
  const lines = new Lines();
  const { spec, status = {} } = pod;
  headLines(lines, pod, now);
  if (spec.initContainers && spec.initContainers.length > 0) {
    containerLines(
      lines,
      'Init Containers',
      spec.initContainers,
      status.initContainerStatuses ?? [],
      pod,
      '',
    );
  }
  containerLines(lines, 'Containers', spec.containers, status.containerStatuses ?? [], pod, '');
  if (spec.readinessGates && spec.readinessGates.length > 0) {
    lines.line(0, 'Readiness Gates:\n  Type\tStatus');
    for (const { conditionType } of spec.readinessGates) {
      const met = status.conditions?.find(({ type }) => type === conditionType);
      lines.line(1, `${conditionType} \t${met?.status ?? '<none>'} `);
    }
  }
  if (status.conditions && status.conditions.length > 0) {
    lines.line(0, 'Conditions:\n  Type\tStatus');
    for (const condition of status.conditions) {
      lines.line(1, `${condition.type} \t${condition.status} `);
    }
  }
  volumeLines(lines, spec.volumes ?? [], '');
  lines.line(0, `QoS Class:\t${status.qosClass ?? ''}`);
  selectorLines(lines, spec, '');
  tolerationLines(lines, spec.tolerations, '');
  eventLines(lines, events, now);
  return lines.text;
}
