import type { KubeObject, ObjectMeta } from '../meta/object.ts';
import type { JobSpec } from './job.ts';

/** batch/v1 CronJob. */
export interface CronJob extends KubeObject {
  apiVersion: 'batch/v1';
  kind: 'CronJob';
  spec: CronJobSpec;
  status?: CronJobStatus;
}

export interface CronJobSpec {
  schedule: string;
  timeZone?: string;
  startingDeadlineSeconds?: number;
  concurrencyPolicy?: 'Allow' | 'Forbid' | 'Replace';
  suspend?: boolean;
  jobTemplate: { metadata?: Partial<ObjectMeta>; spec: JobSpec };
  successfulJobsHistoryLimit?: number;
  failedJobsHistoryLimit?: number;
}

/** core/v1 ObjectReference to a Job that runs. */
export interface JobReference {
  apiVersion: 'batch/v1';
  kind: 'Job';
  namespace: string;
  name: string;
  uid: string;
  resourceVersion?: string;
}

export interface CronJobStatus {
  active?: JobReference[];
  lastScheduleTime?: string;
  lastSuccessfulTime?: string;
}
