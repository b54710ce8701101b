import { formatIndexes, parseIndexes } from '../api/batch/index-list.ts';
import { isJobFinished, type Job, type JobCondition, type JobStatus } from '../api/batch/job.ts';
import type { Pod } from '../api/core/pod.ts';
import { formatTimestamp, parseTimestamp, SECOND, type Micros } from '../base/clock.ts';
import { isSameJson } from '../base/same-json.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { judgeFailure, metSuccessRule } from './job-policies.ts';
import {
  failuresBefore,
  indexOf,
  isIndexed,
  isOrphan,
  isPodFailed,
  isTracked,
  jobCounts,
  manageJobPods,
  stopTracking,
  type JobView,
} from './job-pods.ts';
import { controllerOf, objectKey, splitKey } from './ownership.ts';
import { isPodActive } from './pod-condition.ts';
import { claimPods, deletePod, ownedPods, ownersOfPod } from './pod-control.ts';

/** Changes of pods are looked at together (job_controller.go `syncJobBatchPeriod`). */
const BATCH = 1 * SECOND;

/** How a Job ends: the interim condition says so first, the final one when all pods are over. */
interface Verdict {
  readonly type: 'FailureTarget' | 'SuccessCriteriaMet';
  readonly reason: string;
  readonly message: string;
}

const failure = (reason: string, message: string): Verdict => ({
  type: 'FailureTarget',
  reason,
  message,
});

function lookAt(job: Job, context: ControllerContext): JobView {
  const pods = claimPods(job, job.spec.selector, context);
  const completions = job.spec.completions ?? 0;
  const counts = (pod: Pod) =>
    isTracked(pod) && (!isIndexed(job) || indexOf(job, pod) !== undefined);
  const newlySucceeded = pods.filter((pod) => counts(pod) && pod.status?.phase === 'Succeeded');
  const newlyFailed = pods.filter((pod) => counts(pod) && isPodFailed(pod, job));
  const indexes = newlySucceeded.flatMap((pod) => indexOf(job, pod) ?? []);
  const succeededIndexes = [
    ...new Set([...parseIndexes(job.status?.completedIndexes, completions), ...indexes]),
  ];
  const succeeded = isIndexed(job)
    ? succeededIndexes.length
    : (job.status?.succeeded ?? 0) + newlySucceeded.length;
  const view = { job, pods, active: pods.filter(isPodActive), newlySucceeded, newlyFailed };
  return { ...view, succeeded, succeededIndexes, failedIndexes: failedIndexes(view, completions) };
}

/** Indexes that have failed more often than each may, or that a rule gives up. */
function failedIndexes(
  { job, newlyFailed }: Pick<JobView, 'job' | 'newlyFailed'>,
  completions: number,
): number[] | undefined {
  const limit = job.spec.backoffLimitPerIndex;
  if (limit === undefined) return undefined;
  const fresh = newlyFailed
    .filter((pod) => failuresBefore(pod) >= limit || judgeFailure(job, pod).action === 'FailIndex')
    .flatMap((pod) => indexOf(job, pod) ?? []);
  return [...new Set([...parseIndexes(job.status?.failedIndexes, completions), ...fresh])];
}

const countsAsFailure = (job: Job) => (pod: Pod) => judgeFailure(job, pod).action !== 'Ignore';

/** Restarts of containers count against the limit when pods restart them themselves. */
function pastRestartLimit({ job, pods }: JobView): boolean {
  const { backoffLimit = 6, template } = job.spec;
  if (template.spec.restartPolicy !== 'OnFailure') return false;
  const restarts = pods
    .filter(({ status }) => status?.phase === 'Running' || status?.phase === 'Pending')
    .flatMap(({ status }) => [
      ...(status?.initContainerStatuses ?? []),
      ...(status?.containerStatuses ?? []),
    ])
    .reduce((sum, { restartCount }) => sum + restartCount, 0);
  return backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit;
}

function deadlineOf({ spec, status }: Job): Micros | undefined {
  const start = parseTimestamp(status?.startTime ?? '');
  return spec.activeDeadlineSeconds === undefined || start === undefined || spec.suspend
    ? undefined
    : start + spec.activeDeadlineSeconds * SECOND;
}

function failedIndexesVerdict(view: JobView): Verdict | undefined {
  const { failedIndexes: failed, succeededIndexes, job } = view;
  const { maxFailedIndexes, completions = 0 } = job.spec;
  if (!failed || failed.length === 0) return undefined;
  if (maxFailedIndexes !== undefined && failed.length > maxFailedIndexes) {
    return failure(
      'MaxFailedIndexesExceeded',
      'Job has exceeded the specified maximal number of failed indexes',
    );
  }
  return failed.length + succeededIndexes.length >= completions
    ? failure('FailedIndexes', 'Job has failed indexes')
    : undefined;
}

/** Whether the Job is to end now, in the order of `syncJob`; what was decided before stays. */
function judge(view: JobView, now: Micros): Verdict | undefined {
  const { job, newlyFailed } = view;
  const before = job.status?.conditions?.find(
    ({ type, status }) =>
      (type === 'SuccessCriteriaMet' || type === 'FailureTarget') && status === 'True',
  );
  if (before) return before as Verdict;
  for (const pod of newlyFailed) {
    const verdict = judgeFailure(job, pod);
    if (verdict.action === 'FailJob') return failure('PodFailurePolicy', verdict.message);
  }
  const failed = (job.status?.failed ?? 0) + newlyFailed.filter(countsAsFailure(job)).length;
  if (failed > (job.spec.backoffLimit ?? 6) || pastRestartLimit(view)) {
    return failure('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  }
  if ((deadlineOf(job) ?? Infinity) <= now) {
    return failure('DeadlineExceeded', 'Job was active longer than specified deadline');
  }
  if (!isIndexed(job)) return undefined;
  const met = metSuccessRule(job, view.succeededIndexes);
  return (
    failedIndexesVerdict(view) ??
    (met === undefined
      ? undefined
      : { type: 'SuccessCriteriaMet', reason: 'SuccessPolicy', message: met })
  );
}

function isComplete({ job, succeeded }: JobView, active: number): boolean {
  const { completions } = job.spec;
  const isEnough = completions === undefined ? succeeded > 0 : succeeded >= completions;
  return isEnough && active === 0;
}

const COMPLETED: Verdict = {
  type: 'SuccessCriteriaMet',
  reason: 'CompletionsReached',
  message: 'Reached expected number of succeeded pods',
};

type Conditions = readonly JobCondition[];

/** `ensureJobConditionStatus`: a condition that never was does not begin as False. */
function withCondition(
  conditions: Conditions,
  wanted: Pick<JobCondition, 'type' | 'status' | 'reason' | 'message'>,
  now: Micros,
): Conditions {
  const current = conditions.find(({ type }) => type === wanted.type);
  if (!current && wanted.status === 'False') return conditions;
  const isSame =
    current?.status === wanted.status &&
    current.reason === wanted.reason &&
    current.message === wanted.message;
  if (isSame) return conditions;
  const time = formatTimestamp(now);
  const fresh = { ...wanted, lastProbeTime: time, lastTransitionTime: time };
  return current
    ? conditions.map((each) => (each === current ? fresh : each))
    : [...conditions, fresh];
}

/** Notes in the status that the Job rests, or works again: then its time begins anew. */
function noteSuspension(status: JobStatus, job: Job, { now, recordEvent }: ControllerContext) {
  const before = status.conditions ?? [];
  const [value, reason, message] = job.spec.suspend
    ? (['True', 'JobSuspended', 'Job suspended'] as const)
    : (['False', 'JobResumed', 'Job resumed'] as const);
  const after = withCondition(before, { type: 'Suspended', status: value, reason, message }, now);
  if (after === before) return;
  status.conditions = [...after];
  recordEvent(job, 'Normal', job.spec.suspend ? 'Suspended' : 'Resumed', message);
  if (!job.spec.suspend) status.startTime = formatTimestamp(now);
}

/** What leaves out zeros as Go's `omitempty` does; an empty list of conditions too. */
function tidy(status: JobStatus): JobStatus {
  const { active, succeeded, failed, completedIndexes, conditions, ...rest } = status;
  return {
    ...rest,
    ...(conditions?.length ? { conditions } : {}),
    ...(active ? { active } : {}),
    ...(succeeded ? { succeeded } : {}),
    ...(failed ? { failed } : {}),
    ...(completedIndexes ? { completedIndexes } : {}),
  };
}

function write(job: Job, status: JobStatus, { store }: ControllerContext): Job {
  const tidied = tidy(status);
  if (isSameJson(tidied, job.status)) return job;
  const written = store.updateStatus<Job>({ ...job, status: tidied });
  return written.ok ? written.value : job;
}

/** Pods whose end is counted now, and may go. */
function countable(view: JobView, verdict: Verdict | undefined): readonly Pod[] {
  const { job, pods } = view;
  const isLast = job.metadata.deletionTimestamp !== undefined || verdict !== undefined;
  return pods.filter(
    (pod) =>
      isTracked(pod) && (isLast || pod.status?.phase === 'Succeeded' || isPodFailed(pod, job)),
  );
}

/** Of those, the ones that count as failures: with a Job that failed, all that did not succeed. */
function failuresAmong(view: JobView, ended: readonly Pod[], verdict: Verdict | undefined) {
  const { job } = view;
  return ended.filter(
    (pod) =>
      pod.status?.phase !== 'Succeeded' &&
      (isPodFailed(pod, job) || verdict?.type === 'FailureTarget') &&
      (!isIndexed(job) || indexOf(job, pod) !== undefined) &&
      countsAsFailure(job)(pod),
  );
}

function finish(
  job: Job,
  status: JobStatus,
  { type, reason, message }: Verdict,
  context: ControllerContext,
): void {
  const isDone = type === 'SuccessCriteriaMet';
  const time = formatTimestamp(context.now);
  const final = { type: isDone ? 'Complete' : 'Failed', status: 'True', reason, message } as const;
  status.conditions = [...withCondition(status.conditions ?? [], final, context.now)];
  if (isDone) status.completionTime = time;
  write(job, status, context);
  if (isDone) context.recordEvent(job, 'Normal', 'Completed', 'Job completed');
  else context.recordEvent(job, 'Warning', reason, message);
}

/**
 * Counts pods that ended: first their uids are written down and the interim condition, then the pods are let go, then
 * the counters move, and the Job is over when no pod is left (`trackJobStatusAndRemoveFinalizers`).
 */
function track(
  view: JobView,
  status: JobStatus,
  verdict: Verdict | undefined,
  context: ControllerContext,
): void {
  const ended = countable(view, verdict);
  const failed = failuresAmong(view, ended, verdict);
  const succeeded = isIndexed(view.job)
    ? []
    : ended.filter(({ status: of }) => of?.phase === 'Succeeded');
  const uids = (pods: readonly Pod[]) => pods.map(({ metadata }) => metadata.uid ?? '');
  if (isIndexed(view.job)) {
    status.completedIndexes = formatIndexes(view.succeededIndexes);
    status.succeeded = view.succeededIndexes.length;
    if (view.failedIndexes) status.failedIndexes = formatIndexes(view.failedIndexes);
  }
  if (verdict) {
    const { type, reason, message } = verdict;
    const interim = { type, status: 'True', reason, message } as const;
    status.conditions = [...withCondition(status.conditions ?? [], interim, context.now)];
  }
  const uncounted = {
    ...(succeeded.length > 0 ? { succeeded: uids(succeeded) } : {}),
    ...(failed.length > 0 ? { failed: uids(failed) } : {}),
  };
  const noted = write(view.job, { ...status, uncountedTerminatedPods: uncounted }, context);
  for (const pod of ended) stopTracking(pod, context);
  status.succeeded = (status.succeeded ?? 0) + succeeded.length;
  status.failed = (status.failed ?? 0) + failed.length;
  status.uncountedTerminatedPods = {};
  Object.assign(status, jobCounts(ownedPods(context.store, view.job)));
  if (verdict && status.terminating === 0) finish(noted, status, verdict, context);
  else write(noted, status, context);
}

function sync(key: string, context: ControllerContext): void {
  const { namespace, name } = splitKey(key);
  const job = context.store.get<Job>('Job', namespace, name);
  if (!job || isJobFinished(job)) return;
  const status: JobStatus = { ...job.status };
  if (status.startTime === undefined && !job.spec.suspend) {
    status.startTime = formatTimestamp(context.now);
  }
  const view = lookAt({ ...job, status }, context);
  let verdict = judge(view, context.now);
  if (verdict) {
    for (const pod of view.active) deletePod(job, pod, context);
  } else if (job.metadata.deletionTimestamp === undefined) {
    manageJobPods(view, key, context);
    const { active } = jobCounts(ownedPods(context.store, job));
    if (isComplete(view, active)) verdict = COMPLETED;
    else noteSuspension(status, job, context);
  }
  const pods = ownedPods(context.store, job);
  Object.assign(status, jobCounts(pods));
  track({ ...view, job, pods }, status, verdict, context);
  const deadline = verdict ? undefined : deadlineOf({ ...job, status });
  if (deadline !== undefined) {
    context.requeue(`periodic:${key}`, Math.max(0, deadline - context.now));
  }
}

function reconcile(queued: string, context: ControllerContext): void {
  const [how = '', rest] = queued.includes(':') ? queued.split(':') : ['now', queued];
  const key = rest ?? '';
  if (how === 'batched') context.requeue(key, BATCH);
  else if (how === 'orphan') {
    const { namespace, name } = splitKey(key);
    const pod = context.store.get<Pod>('Pod', namespace, name);
    if (pod && isOrphan(pod, context.store)) stopTracking(pod, context);
  } else sync(key, context);
}

/**
 * Runs pods until enough of them have succeeded. Source: pkg/controller/job/job_controller.go, v1.35.
 *
 * Simplified: the back-off is counted from the pods that are left; of an index that may fail only so often, failures
 * are counted from its pods, where upstream hands a number on from pod to pod; a refused create is tried again when
 * something changes.
 */
export const jobController: Controller = {
  name: 'job-controller',
  keysOf(change, store) {
    const { object, previous } = change;
    if (object.kind === 'Job') {
      const isStatusAlone =
        previous !== undefined &&
        previous.metadata.generation === object.metadata.generation &&
        previous.metadata.deletionTimestamp === object.metadata.deletionTimestamp;
      if (change.type === 'DELETED') {
        return ownedPods(store, object)
          .filter(isTracked)
          .map((pod) => `orphan:${objectKey(pod)}`);
      }
      return [isStatusAlone ? `batched:${objectKey(object)}` : objectKey(object)];
    }
    if (object.kind !== 'Pod') return [];
    const pod = object as Pod;
    if (isTracked(pod) && (controllerOf(pod)?.kind ?? 'Job') === 'Job' && isOrphan(pod, store)) {
      return [`orphan:${objectKey(pod)}`];
    }
    return ownersOfPod(change, 'Job', store, (owner) => (owner as Job).spec.selector).map(
      (key) => `batched:${key}`,
    );
  },
  reconcile,
};
