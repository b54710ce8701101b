import { validateCounts } from '../apps/validate-counts.ts';
import { templateColumns } from '../apps/template-columns.ts';
import { fill, setPodSpecDefaults } from '../core/pod-defaults.ts';
import { ageOf } from '../meta/human-duration.ts';
import { AGE_COLUMN, column, NAME_COLUMN } from '../schema/columns.ts';
import { invalid, notSupported, required, type FieldProblem } from '../schema/field-problem.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import { PLAIN_KIND } from '../schema/plain-kind.ts';
import type { CronJob } from './cron-job.ts';
import { parseCronSchedule } from './cron-schedule.ts';
import { validateJobSpec } from './validate-job.ts';

function setDefaults(cronJob: CronJob): void {
  fill(cronJob, 'spec', {
    schedule: '',
    jobTemplate: { spec: { template: { spec: { containers: [] } } } },
  });
  const { spec } = cronJob;
  spec.concurrencyPolicy ||= 'Allow';
  fill(spec, 'suspend', false);
  fill(spec, 'successfulJobsHistoryLimit', 3);
  fill(spec, 'failedJobsHistoryLimit', 1);
  const pods = spec.jobTemplate?.spec?.template?.spec;
  if (pods) setPodSpecDefaults(pods);
}

/** Simplified: no time zones but UTC are known; a real server has the whole IANA database. */
const ZONES = ['UTC', 'Etc/UTC', 'Etc/GMT', 'GMT'];

function validateTimeZone(zone: string | undefined): FieldProblem[] {
  const field = 'spec.timeZone';
  if (zone === undefined || ZONES.includes(zone)) return [];
  if (zone === '') return [invalid(field, zone, 'timeZone must be nil or non-empty string')];
  return zone.toLowerCase() === 'local'
    ? [
        invalid(
          field,
          zone,
          'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
        ),
      ]
    : [invalid(field, zone, `unknown time zone ${zone}`)];
}

function validateSchedule(schedule: string): FieldProblem[] {
  const field = 'spec.schedule';
  if (!schedule) return [required(field)];
  const parsed = parseCronSchedule(schedule);
  return [
    ...(typeof parsed === 'string' ? [invalid(field, schedule, parsed)] : []),
    ...(schedule.includes('TZ')
      ? [
          invalid(
            field,
            schedule,
            'cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
          ),
        ]
      : []),
  ];
}

function validateCronJob({ metadata, spec }: CronJob): FieldProblem[] {
  const { startingDeadlineSeconds, successfulJobsHistoryLimit, failedJobsHistoryLimit } = spec;
  const policies = ['Allow', 'Forbid', 'Replace'];
  const policy = spec.concurrencyPolicy ?? '';
  const at = 'spec.jobTemplate.spec';
  const job = spec.jobTemplate?.spec;
  return [
    ...validateSchedule(spec.schedule),
    ...validateCounts({ startingDeadlineSeconds }, 'spec'),
    ...validateTimeZone(spec.timeZone),
    ...(policies.includes(policy)
      ? []
      : [notSupported('spec.concurrencyPolicy', policy, policies)]),
    ...(job ? validateJobSpec(job, at) : [required(at)]),
    ...(job?.selector
      ? [invalid(`${at}.selector`, job.selector, '`selector` will be auto-generated')]
      : []),
    ...(job?.manualSelector ? [notSupported(`${at}.manualSelector`, true, ['nil', 'false'])] : []),
    ...validateCounts({ successfulJobsHistoryLimit, failedJobsHistoryLimit }, 'spec'),
    // A Job's name is the CronJob's with eleven characters more.
    ...(metadata.name.length > 52
      ? [invalid('metadata.name', metadata.name, 'must be no more than 52 characters')]
      : []),
  ];
}

export const CRON_JOB: KindDescription<CronJob> = {
  ...PLAIN_KIND,
  kind: 'CronJob',
  group: 'batch',
  plural: 'cronjobs',
  singular: 'cronjob',
  shortNames: ['cj'],
  categories: ['all'],
  type: 'batch.CronJob',
  description: 'A CronJob makes a Job whenever its schedule says so.',
  subresources: ['status'],
  columns: [
    NAME_COLUMN,
    column('Schedule', 'When it makes Jobs.', ({ spec }: CronJob) => spec.schedule),
    column('Timezone', 'The time zone of the schedule.', ({ spec }: CronJob) => {
      return spec.timeZone ?? '<none>';
    }),
    column('Suspend', 'Whether it rests.', ({ spec }: CronJob) => {
      return spec.suspend ? 'True' : 'False';
    }),
    column(
      'Active',
      'Jobs that run.',
      ({ status }: CronJob) => status?.active?.length ?? 0,
      'integer',
    ),
    column('Last Schedule', 'When it made the last Job.', ({ status }: CronJob, now) =>
      status?.lastScheduleTime ? ageOf(status.lastScheduleTime, now) : '<none>',
    ),
    AGE_COLUMN,
    ...templateColumns(({ spec }: CronJob) => spec.jobTemplate.spec),
  ],
  setDefaults,
  prepareForCreate(cronJob) {
    cronJob.status = {};
  },
  validate: validateCronJob,
  generationOf: ({ spec }) => spec,
};
