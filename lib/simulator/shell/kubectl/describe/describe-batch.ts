import type { DaemonSet } from '../../../api/apps/daemon-set.ts';
import type { StatefulSet } from '../../../api/apps/stateful-set.ts';
import type { CronJob } from '../../../api/batch/cron-job.ts';
import type { Job } from '../../../api/batch/job.ts';
import type { Pod } from '../../../api/core/pod.ts';
import { formatLabelSelector } from '../../../api/meta/label-selector.ts';
import { humanDuration } from '../../../api/meta/human-duration.ts';
import { parseTimestamp } from '../../../base/clock.ts';
import { controllerOf } from './describe-pod.ts';
import { annotationLines, formatRfc1123, headLines, labelLines, Lines } from './lines.ts';
import { templateLines } from './pod-template.ts';

const countPhase = (pods: readonly Pod[], phase: string) =>
  pods.filter(({ status }) => status?.phase === phase).length;

/** `2 Running / 0 Waiting / 0 Succeeded / 0 Failed`. */
export const phasesText = (pods: readonly Pod[]): string =>
  [
    `${countPhase(pods, 'Running')} Running`,
    `${countPhase(pods, 'Pending')} Waiting`,
    `${countPhase(pods, 'Succeeded')} Succeeded`,
    `${countPhase(pods, 'Failed')} Failed`,
  ].join(' / ');

function claimLines(lines: Lines, claims: StatefulSet['spec']['volumeClaimTemplates'] = []): void {
  if (claims.length === 0) {
    lines.line(0, 'Volume Claims:\t<none>');
    return;
  }
  lines.line(0, 'Volume Claims:');
  for (const { metadata, spec } of claims) {
    const { storageClassName, resources, accessModes } = (spec ?? {}) as {
      storageClassName?: string;
      resources?: { requests?: { storage?: string } };
      accessModes?: string[];
    };
    lines.line(1, `Name:\t${metadata?.name ?? ''}`);
    lines.line(1, `StorageClass:\t${storageClassName ?? ''}`);
    labelLines(lines, 1, 'Labels', metadata?.labels);
    annotationLines(lines, metadata?.annotations, 1);
    lines.line(1, `Capacity:\t${resources?.requests?.storage ?? '<default>'}`);
    lines.line(1, `Access Modes:\t[${(accessModes ?? []).join(' ')}]`);
  }
}

/** `kubectl describe statefulset`, without the events at its end. */
export function describeStatefulSet(set: StatefulSet, pods: readonly Pod[]): Lines {
  const lines = new Lines();
  const { metadata, spec, status } = set;
  lines.line(0, `Name:\t${metadata.name}`);
  lines.line(0, `Namespace:\t${metadata.namespace}`);
  lines.line(0, `CreationTimestamp:\t${formatRfc1123(metadata.creationTimestamp)}`);
  lines.line(0, `Selector:\t${formatLabelSelector(spec.selector)}`);
  labelLines(lines, 0, 'Labels', metadata.labels);
  annotationLines(lines, metadata.annotations);
  lines.line(0, `Replicas:\t${spec.replicas ?? 0} desired | ${status?.replicas ?? 0} total`);
  lines.line(0, `Update Strategy:\t${spec.updateStrategy?.type ?? ''}`);
  const { partition, maxUnavailable } = spec.updateStrategy?.rollingUpdate ?? {};
  if (partition !== undefined) lines.line(1, `Partition:\t${partition}`);
  if (maxUnavailable !== undefined) lines.line(1, `MaxUnavailable:\t${maxUnavailable}`);
  lines.line(0, `Pods Status:\t${phasesText(pods)}`);
  templateLines(lines, spec.template);
  claimLines(lines, spec.volumeClaimTemplates);
  return lines;
}

/** `kubectl describe daemonset`, without the events at its end. */
export function describeDaemonSet(set: DaemonSet, pods: readonly Pod[]): Lines {
  const lines = new Lines();
  const { metadata, spec, status } = set;
  lines.line(0, `Name:\t${metadata.name}`);
  lines.line(0, `Namespace:\t${metadata.namespace}`);
  lines.line(0, `Selector:\t${formatLabelSelector(spec.selector)}`);
  const nodeSelector = Object.entries(spec.template.spec.nodeSelector ?? {});
  const chosen = nodeSelector.map(([key, value]) => `${key}=${value}`).sort();
  lines.line(0, `Node-Selector:\t${chosen.join(',') || '<none>'}`);
  labelLines(lines, 0, 'Labels', metadata.labels);
  annotationLines(lines, metadata.annotations);
  for (const [title, count] of [
    ['Desired Number of Nodes Scheduled', status?.desiredNumberScheduled],
    ['Current Number of Nodes Scheduled', status?.currentNumberScheduled],
    ['Number of Nodes Scheduled with Up-to-date Pods', status?.updatedNumberScheduled],
    ['Number of Nodes Scheduled with Available Pods', status?.numberAvailable],
    ['Number of Nodes Misscheduled', status?.numberMisscheduled],
  ] as const) {
    lines.line(0, `${title}: ${count ?? 0}`);
  }
  lines.line(0, `Pods Status:\t${phasesText(pods)}`);
  templateLines(lines, spec.template);
  return lines;
}

function jobTimes(lines: Lines, { startTime, completionTime }: NonNullable<Job['status']>): void {
  if (startTime) lines.line(0, `Start Time:\t${formatRfc1123(startTime)}`);
  if (completionTime) lines.line(0, `Completed At:\t${formatRfc1123(completionTime)}`);
  const [from, to] = [startTime, completionTime].map((text) => parseTimestamp(text ?? ''));
  if (from !== undefined && to !== undefined) {
    lines.line(0, `Duration:\t${humanDuration(to - from)}`);
  }
}

/** `kubectl describe job`, without the events at its end. */
export function describeJob(job: Job): Lines {
  const lines = new Lines();
  const { metadata, spec, status = {} } = job;
  lines.line(0, `Name:\t${metadata.name}`);
  lines.line(0, `Namespace:\t${metadata.namespace}`);
  if (spec.selector) lines.line(0, `Selector:\t${formatLabelSelector(spec.selector)}`);
  labelLines(lines, 0, 'Labels', metadata.labels);
  annotationLines(lines, metadata.annotations);
  const controller = controllerOf(job);
  if (controller) lines.line(0, `Controlled By:\t${controller}`);
  if (spec.parallelism !== undefined) lines.line(0, `Parallelism:\t${spec.parallelism}`);
  lines.line(0, `Completions:\t${spec.completions ?? '<unset>'}`);
  if (spec.completionMode) lines.line(0, `Completion Mode:\t${spec.completionMode}`);
  if (spec.suspend !== undefined) lines.line(0, `Suspend:\t${spec.suspend}`);
  if (spec.backoffLimit !== undefined) lines.line(0, `Backoff Limit:\t${spec.backoffLimit}`);
  if (spec.ttlSecondsAfterFinished !== undefined) {
    lines.line(0, `TTL Seconds After Finished:\t${spec.ttlSecondsAfterFinished}`);
  }
  jobTimes(lines, status);
  if (spec.activeDeadlineSeconds !== undefined) {
    lines.line(0, `Active Deadline Seconds:\t${spec.activeDeadlineSeconds}s`);
  }
  const { active = 0, ready, succeeded = 0, failed = 0, completedIndexes } = status;
  const isReady = ready === undefined ? '' : ` (${ready} Ready)`;
  lines.line(
    0,
    `Pods Statuses:\t${active} Active${isReady} / ${succeeded} Succeeded / ${failed} Failed`,
  );
  if (spec.completionMode === 'Indexed') {
    const all = completedIndexes || '<none>';
    const cut = all.length > 50 ? `${all.slice(0, all.lastIndexOf(',', 50) + 1)}...` : all;
    lines.line(0, `Completed Indexes:\t${cut}`);
  }
  templateLines(lines, spec.template);
  return lines;
}

/** `kubectl describe cronjob`, without the events at its end. */
export function describeCronJob({ metadata, spec, status }: CronJob): Lines {
  const lines = new Lines();
  headLines(lines, metadata);
  const unset = (value: number | undefined, unit = '') =>
    value === undefined ? '<unset>' : `${value}${unit}`;
  const job = spec.jobTemplate.spec;
  lines.line(0, `Schedule:\t${spec.schedule}`);
  lines.line(0, `Concurrency Policy:\t${spec.concurrencyPolicy ?? ''}`);
  lines.line(
    0,
    `Suspend:\t${spec.suspend === undefined ? '<unset>' : spec.suspend ? 'True' : 'False'}`,
  );
  lines.line(0, `Successful Job History Limit:\t${unset(spec.successfulJobsHistoryLimit)}`);
  lines.line(0, `Failed Job History Limit:\t${unset(spec.failedJobsHistoryLimit)}`);
  lines.line(0, `Starting Deadline Seconds:\t${unset(spec.startingDeadlineSeconds, 's')}`);
  lines.line(0, `Selector:\t${job.selector ? formatLabelSelector(job.selector) : '<unset>'}`);
  lines.line(0, `Parallelism:\t${unset(job.parallelism)}`);
  lines.line(0, `Completions:\t${unset(job.completions)}`);
  if (job.activeDeadlineSeconds !== undefined) {
    lines.line(0, `Active Deadline Seconds:\t${job.activeDeadlineSeconds}s`);
  }
  templateLines(lines, job.template);
  const last = status?.lastScheduleTime;
  lines.line(0, `Last Schedule Time:\t${last ? formatRfc1123(last) : '<unset>'}`);
  const active = (status?.active ?? []).map(({ name }) => name);
  lines.line(0, `Active Jobs:\t${active.join(', ') || '<none>'}`);
  return lines;
}
