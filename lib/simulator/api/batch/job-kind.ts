import { parseTimestamp, type Micros } from '../../base/clock.ts';
import { templateColumns } from '../apps/template-columns.ts';
import { fill, setPodSpecDefaults } from '../core/pod-defaults.ts';
import { humanDuration } from '../meta/human-duration.ts';
import { AGE_COLUMN, column, NAME_COLUMN } from '../schema/columns.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import { PLAIN_KIND } from '../schema/plain-kind.ts';
import { hasJobCondition, type Job } from './job.ts';
import { JOB_NAME_LABEL, JOB_UID_LABEL, validateJob, validateJobUpdate } from './validate-job.ts';

const MOST_RETRIES = 2_147_483_647;

/** pkg/apis/batch/v1/defaults.go, `SetDefaults_Job`. */
function setDefaults(job: Job): void {
  fill(job, 'spec', { template: { spec: { containers: [] } } });
  const { spec } = job;
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  fill(spec, 'parallelism', 1);
  fill(spec, 'backoffLimit', spec.backoffLimitPerIndex === undefined ? 6 : MOST_RETRIES);
  fill(spec, 'completionMode', 'NonIndexed');
  fill(spec, 'suspend', false);
  fill(spec, 'manualSelector', false);
  fill(spec, 'podReplacementPolicy', spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed');
  if (spec.template?.spec) setPodSpecDefaults(spec.template.spec);
}

/** The selector of a Job is the server's, by its uid (registry/batch/job `generateSelector`). */
function generateSelector({ metadata, spec }: Job): void {
  if (spec.manualSelector || !spec.template) return;
  const { uid = '', name } = metadata;
  const template = (spec.template.metadata ??= {});
  template.labels = {
    ...template.labels,
    'controller-uid': uid,
    'job-name': name,
    [JOB_UID_LABEL]: uid,
    [JOB_NAME_LABEL]: name,
  };
  spec.selector ??= {};
  spec.selector.matchLabels = { ...spec.selector.matchLabels, [JOB_UID_LABEL]: uid };
}

const STATUS_WORDS = ['Complete', 'Failed', 'Terminating', 'Suspended', 'FailureTarget'] as const;

const statusText = (job: Job) =>
  STATUS_WORDS.find((word) =>
    word === 'Terminating'
      ? job.metadata.deletionTimestamp !== undefined
      : hasJobCondition(job, word),
  ) ?? 'Running';

function completionsText({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const { parallelism = 0 } = spec;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationText({ status }: Job, now: Micros): string {
  const start = parseTimestamp(status?.startTime ?? '');
  if (start === undefined) return '';
  return humanDuration((parseTimestamp(status?.completionTime ?? '') ?? now) - start);
}

export const JOB: KindDescription<Job> = {
  ...PLAIN_KIND,
  kind: 'Job',
  group: 'batch',
  plural: 'jobs',
  singular: 'job',
  categories: ['all'],
  type: 'batch.Job',
  description: 'A Job runs pods until a number of them have succeeded.',
  subresources: ['status'],
  columns: [
    NAME_COLUMN,
    column('Status', 'How far it is, in one word.', statusText),
    column('Completions', 'Pods that succeeded of those that must.', completionsText),
    column('Duration', 'How long it ran.', durationText),
    AGE_COLUMN,
    ...templateColumns(({ spec }: Job) => spec),
  ],
  fieldLabels: { 'status.successful': ({ status }) => String(status?.succeeded ?? 0) },
  setDefaults,
  prepareForCreate(job) {
    generateSelector(job);
    job.status = {};
  },
  validate: validateJob,
  validateUpdate: validateJobUpdate,
  generationOf: ({ spec }) => spec,
};
