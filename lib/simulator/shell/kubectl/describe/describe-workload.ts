import type { Micros } from '../../../base/clock.ts';
import { isSameJson } from '../../../base/same-json.ts';
import { copyPlain } from '../../../base/copy.ts';
import { POD_TEMPLATE_HASH_LABEL, type Deployment } from '../../../api/apps/deployment.ts';
import type { ReplicaSet } from '../../../api/apps/replica-set.ts';
import type { Event } from '../../../api/core/event.ts';
import type { ReplicationController } from '../../../api/core/replication-controller.ts';
import type { Pod, PodTemplateSpec } from '../../../api/core/pod.ts';
import { formatLabelSelector } from '../../../api/meta/label-selector.ts';
import { phasesText } from './describe-batch.ts';
import { controllerOf } from './describe-pod.ts';
import { annotationLines, eventLines, formatRfc1123, labelLines, Lines } from './lines.ts';
import { templateLines } from './pod-template.ts';

function withoutHash(template: PodTemplateSpec | undefined): PodTemplateSpec | undefined {
  const copy = copyPlain(template);
  delete copy?.metadata?.labels?.[POD_TEMPLATE_HASH_LABEL];
  return copy;
}

const replicaSetsText = (sets: readonly ReplicaSet[]) =>
  sets.length === 0
    ? '<none>'
    : sets
        .map(
          ({ metadata, spec, status }) =>
            `${metadata.name} (${status?.replicas ?? 0}/${spec.replicas ?? 0} replicas created)`,
        )
        .join(', ');

function deploymentHead(lines: Lines, { metadata, spec, status = {} }: Deployment): void {
  lines.line(0, `Name:\t${metadata.name}`);
  lines.line(0, `Namespace:\t${metadata.namespace}`);
  lines.line(0, `CreationTimestamp:\t${formatRfc1123(metadata.creationTimestamp)}`);
  labelLines(lines, 0, 'Labels', metadata.labels);
  annotationLines(lines, metadata.annotations);
  lines.line(0, `Selector:\t${formatLabelSelector(spec.selector)}`);
  const counts = [
    `${spec.replicas ?? 1} desired`,
    `${status.updatedReplicas ?? 0} updated`,
    `${status.replicas ?? 0} total`,
    `${status.availableReplicas ?? 0} available`,
    `${status.unavailableReplicas ?? 0} unavailable`,
  ];
  lines.line(0, `Replicas:\t${counts.join(' | ')}`);
  lines.line(0, `StrategyType:\t${spec.strategy?.type ?? ''}`);
  lines.line(0, `MinReadySeconds:\t${spec.minReadySeconds ?? 0}`);
  const rolling = spec.strategy?.rollingUpdate;
  if (rolling) {
    lines.line(
      0,
      `RollingUpdateStrategy:\t${rolling.maxUnavailable} max unavailable, ${rolling.maxSurge} max surge`,
    );
  }
}

/** `kubectl describe deployment`. `sets` are its ReplicaSets. */
export function describeDeployment(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  events: readonly Event[],
  now: Micros,
): string {
  const lines = new Lines();
  deploymentHead(lines, deployment);
  templateLines(lines, deployment.spec.template);
  const conditions = deployment.status?.conditions ?? [];
  if (conditions.length > 0) {
    lines.line(0, 'Conditions:\n  Type\tStatus\tReason');
    lines.line(1, '----\t------\t------');
    for (const { type, status, reason } of conditions) {
      lines.line(1, `${type} \t${status}\t${reason ?? ''}`);
    }
  }
  const wanted = withoutHash(deployment.spec.template);
  const current = sets.find((set) => isSameJson(withoutHash(set.spec.template), wanted));
  const old = sets.filter((set) => set !== current);
  lines.line(0, `OldReplicaSets:\t${replicaSetsText(old)}`);
  lines.line(0, `NewReplicaSet:\t${replicaSetsText(current ? [current] : [])}`);
  eventLines(lines, events, now);
  return lines.text;
}

/** `kubectl describe replicaset` and `replicationcontroller`. `pods` are those it controls. */
export function describeReplicaSet(
  set: ReplicaSet | ReplicationController,
  pods: readonly Pod[],
  events: readonly Event[],
  now: Micros,
): string {
  const lines = new Lines();
  const { metadata, spec, status } = set;
  lines.line(0, `Name:\t${metadata.name}`);
  lines.line(0, `Namespace:\t${metadata.namespace}`);
  const selector =
    set.kind === 'ReplicaSet' ? set.spec.selector : { matchLabels: set.spec.selector ?? {} };
  lines.line(0, `Selector:\t${formatLabelSelector(selector)}`);
  labelLines(lines, 0, 'Labels', metadata.labels);
  annotationLines(lines, metadata.annotations);
  const controller = controllerOf(set);
  if (controller) lines.line(0, `Controlled By:\t${controller}`);
  lines.line(0, `Replicas:\t${status?.replicas ?? 0} current / ${spec.replicas ?? 0} desired`);
  lines.line(0, `Pods Status:\t${phasesText(pods)}`);
  templateLines(lines, spec.template);
  const conditions = status?.conditions ?? [];
  if (conditions.length > 0) {
    lines.line(0, 'Conditions:\n  Type\tStatus\tReason');
    lines.line(1, '----\t------\t------');
    for (const condition of conditions) {
      lines.line(1, `${condition.type} \t${condition.status}\t${condition.reason ?? ''}`);
    }
  }
  eventLines(lines, events, now);
  return lines.text;
}
