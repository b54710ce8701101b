import type { CronJob, CronJobStatus, JobReference } from '../api/batch/cron-job.ts';
import { nextRun, parseCronSchedule, type CronSchedule } from '../api/batch/cron-schedule.ts';
import { hasJobCondition, isJobFinished, type Job } from '../api/batch/job.ts';
import {
  DAY,
  formatTimestamp,
  MILLISECOND,
  MINUTE,
  parseTimestamp,
  SECOND,
  type Micros,
} from '../base/clock.ts';
import { isSameJson } from '../base/same-json.ts';
import type { Controller, ControllerContext } from './controller.ts';
import {
  controllerOf,
  controllerReference,
  isControlledBy,
  objectKey,
  splitKey,
} from './ownership.ts';

/** A Job is made a moment after its time, for clocks that are not quite equal (`nextScheduleDelta`). */
const DELTA = 100 * MILLISECOND;
/** More missed times than this are reported. */
const MANY_MISSED = 100;

const createdAt = ({ metadata }: Job | CronJob) =>
  parseTimestamp(metadata.creationTimestamp ?? '') ?? 0;

const jobsOf = (cronJob: CronJob, { store }: ControllerContext) =>
  store
    .list<Job>('Job', { namespace: cronJob.metadata.namespace ?? '' })
    .filter((job) => isControlledBy(job, cronJob));

const referenceTo = ({ metadata }: Job): JobReference => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  namespace: metadata.namespace ?? '',
  name: metadata.name,
  uid: metadata.uid ?? '',
  ...(metadata.resourceVersion === undefined ? {} : { resourceVersion: metadata.resourceVersion }),
});

const outcomeOf = (job: Job) => (hasJobCondition(job, 'Complete') ? 'Complete' : 'Failed');

/** Takes out of the status what is over or gone, with events. */
function followJobs(
  cronJob: CronJob,
  status: CronJobStatus,
  jobs: readonly Job[],
  { recordEvent }: ControllerContext,
): void {
  status.active = (status.active ?? []).filter(({ uid, name }) => {
    const job = jobs.find(({ metadata }) => metadata.uid === uid);
    if (!job) {
      recordEvent(cronJob, 'Normal', 'MissingJob', `Active job went missing: ${name}`);
      return false;
    }
    if (!isJobFinished(job)) return true;
    const message = `Saw completed job: ${name}, condition: ${outcomeOf(job)}`;
    recordEvent(cronJob, 'Normal', 'SawCompletedJob', message);
    return false;
  });
  for (const job of jobs) {
    const { name, uid } = job.metadata;
    if (isJobFinished(job) || status.active.some((each) => each.uid === uid)) continue;
    const message = `Saw a job that the controller did not create or forgot: ${name}`;
    recordEvent(cronJob, 'Warning', 'UnexpectedJob', message);
  }
  const ends = jobs
    .filter((job) => hasJobCondition(job, 'Complete'))
    .map(({ status: of }) => of?.completionTime ?? '');
  const last = [status.lastSuccessfulTime ?? '', ...ends].sort().at(-1);
  if (last) status.lastSuccessfulTime = last;
}

function deleteJob(
  cronJob: CronJob,
  name: string,
  { store, recordEvent }: ControllerContext,
): void {
  const options = { propagationPolicy: 'Background' } as const;
  const deleted = store.delete('Job', cronJob.metadata.namespace, name, options);
  if (deleted.ok) recordEvent(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${name}`);
}

/** Deletes finished Jobs beyond the limits of history, oldest first. */
function cleanUp(cronJob: CronJob, jobs: readonly Job[], context: ControllerContext): void {
  const { successfulJobsHistoryLimit = 3, failedJobsHistoryLimit = 1 } = cronJob.spec;
  const limits = [
    ['Complete', successfulJobsHistoryLimit],
    ['Failed', failedJobsHistoryLimit],
  ] as const;
  for (const [outcome, limit] of limits) {
    const done = jobs
      .filter((job) => isJobFinished(job) && outcomeOf(job) === outcome)
      .toSorted((a, b) => createdAt(a) - createdAt(b) || (objectKey(a) < objectKey(b) ? -1 : 1));
    for (const { metadata } of done.slice(0, Math.max(0, done.length - limit))) {
      deleteJob(cronJob, metadata.name, context);
    }
  }
}

/** From when on times count that may have been missed. */
function earliestOf(
  { spec }: CronJob,
  status: CronJobStatus,
  created: Micros,
  now: Micros,
): Micros {
  const last = parseTimestamp(status.lastScheduleTime ?? '') ?? created;
  const { startingDeadlineSeconds } = spec;
  return startingDeadlineSeconds === undefined
    ? last
    : Math.max(last, now - startingDeadlineSeconds * SECOND);
}

/** The last time that is due since `from`, and how many there were (utils.go `mostRecentScheduleTime`). */
function lastDue(
  schedule: CronSchedule,
  from: Micros,
  now: Micros,
): { at?: Micros; missed: number } {
  let missed = 0;
  let at: Micros | undefined;
  for (let next = nextRun(schedule, from); next !== undefined && next <= now; missed++) {
    at = next;
    // Far behind: upstream jumps by the distance of two times; here the last day is enough.
    const behind = missed > MANY_MISSED && now - next > 2 * DAY ? now - DAY : next;
    next = nextRun(schedule, behind);
  }
  return { missed, ...(at === undefined ? {} : { at }) };
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const WEEKDAYS = 'Thu Fri Sat Sun Mon Tue Wed'.split(' ');

/** `Mon, 05 Jan 2026 09:00:00 +0000` (Go's RFC1123Z). */
function formatRfc1123(time: Micros): string {
  const [date = '', clock = ''] = formatTimestamp(time).replace('Z', '').split('T');
  const [year = '', month = '', day = ''] = date.split('-');
  const weekday = WEEKDAYS[Math.floor(time / DAY) % 7] ?? '';
  return `${weekday}, ${day} ${MONTHS[Number(month) - 1] ?? ''} ${year} ${clock} +0000`;
}

function createJob(cronJob: CronJob, at: Micros, context: ControllerContext): Job | undefined {
  const { jobTemplate } = cronJob.spec;
  const { labels, annotations } = jobTemplate.metadata ?? {};
  const created = context.store.create<Job>({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${cronJob.metadata.name}-${Math.floor(at / MINUTE)}`,
      namespace: cronJob.metadata.namespace ?? '',
      ...(labels ? { labels } : {}),
      annotations: {
        ...annotations,
        'batch.kubernetes.io/cronjob-scheduled-timestamp': formatTimestamp(at),
      },
      ownerReferences: [controllerReference(cronJob)],
    },
    spec: jobTemplate.spec,
  });
  if (created.ok) {
    const message = `Created job ${created.value.metadata.name}`;
    context.recordEvent(cronJob, 'Normal', 'SuccessfulCreate', message);
    return created.value;
  }
  if (created.status.reason !== 'AlreadyExists') {
    const message = `Error creating job: ${created.status.message ?? ''}`;
    context.recordEvent(cronJob, 'Warning', 'FailedCreate', message);
  }
  return undefined;
}

/** Makes the Job of a time that is due, unless it is too late or the one before still runs. */
function runDue(
  cronJob: CronJob,
  status: CronJobStatus,
  schedule: CronSchedule,
  context: ControllerContext,
): void {
  const { now, recordEvent } = context;
  const { startingDeadlineSeconds, concurrencyPolicy } = cronJob.spec;
  const from = earliestOf(cronJob, status, createdAt(cronJob), now);
  const { at, missed } = lastDue(schedule, from, now);
  if (missed > MANY_MISSED) {
    const message =
      'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
    recordEvent(cronJob, 'Warning', 'TooManyMissedTimes', message);
  }
  if (at === undefined) return;
  const isLate =
    startingDeadlineSeconds !== undefined && at + startingDeadlineSeconds * SECOND < now;
  if (isLate) {
    const message = `Missed scheduled time to start a job: ${formatRfc1123(at)}`;
    recordEvent(cronJob, 'Warning', 'MissSchedule', message);
    return;
  }
  const active = status.active ?? [];
  if (concurrencyPolicy === 'Forbid' && active.length > 0) {
    const message =
      'Not starting job because prior execution is running and concurrency policy is Forbid';
    recordEvent(cronJob, 'Normal', 'JobAlreadyActive', message);
    return;
  }
  if (concurrencyPolicy === 'Replace') {
    for (const { name } of active) deleteJob(cronJob, name, context);
    status.active = [];
  }
  const job = createJob(cronJob, at, context);
  if (!job) return;
  status.active = [...(status.active ?? []), referenceTo(job)];
  status.lastScheduleTime = formatTimestamp(at);
}

function reconcile(queued: string, context: ControllerContext): void {
  const key = queued.replace(/^periodic:/, '');
  const { namespace, name } = splitKey(key);
  const cronJob = context.store.get<CronJob>('CronJob', namespace, name);
  if (!cronJob) return;
  const jobs = jobsOf(cronJob, context);
  const status: CronJobStatus = { ...cronJob.status };
  followJobs(cronJob, status, jobs, context);
  const schedule = parseCronSchedule(cronJob.spec.schedule);
  const rests = cronJob.spec.suspend || cronJob.metadata.deletionTimestamp !== undefined;
  if (!rests && typeof schedule !== 'string') {
    runDue(cronJob, status, schedule, context);
    const next = nextRun(schedule, context.now);
    if (next !== undefined) context.requeue(`periodic:${key}`, next + DELTA - context.now);
  }
  cleanUp(cronJob, jobs, context);
  const { active = [], ...rest } = status;
  const tidied = active.length > 0 ? { ...rest, active } : rest;
  if (!isSameJson(tidied, cronJob.status)) {
    context.store.updateStatus<CronJob>({ ...cronJob, status: tidied });
  }
}

/**
 * Makes Jobs by the clock. Source: pkg/controller/cronjob/cronjob_controllerv2.go, v1.35.
 * Simplified: schedules are in UTC, which is also the time zone of the simulated controller.
 */
export const cronJobController: Controller = {
  name: 'cronjob-controller',
  keysOf({ type, object }) {
    if (object.kind === 'CronJob') return type === 'DELETED' ? [] : [objectKey(object)];
    if (object.kind !== 'Job') return [];
    const owner = controllerOf(object);
    return owner?.kind === 'CronJob' ? [`${object.metadata.namespace ?? ''}/${owner.name}`] : [];
  },
  reconcile,
};
