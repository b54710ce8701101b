import { isJobFinished, type Job } from '../api/batch/job.ts';
import { parseTimestamp, SECOND, type Micros } from '../base/clock.ts';
import type { KubeObject } from '../api/meta/object.ts';
import type { Controller } from './controller.ts';
import { objectKey, splitKey } from './ownership.ts';

/** When a Job that is over is to go; undefined while it is not over, or when it stays. */
function expiryOf(job: Job): Micros | undefined {
  const { ttlSecondsAfterFinished } = job.spec;
  if (ttlSecondsAfterFinished === undefined || !isJobFinished(job)) return undefined;
  const end = job.status?.conditions?.find(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  );
  return (parseTimestamp(end?.lastTransitionTime ?? '') ?? 0) + ttlSecondsAfterFinished * SECOND;
}

/** Deletes Jobs some time after their end. Source: pkg/controller/ttlafterfinished. */
export const ttlAfterFinishedController: Controller = {
  name: 'ttl-after-finished-controller',
  keysOf({ type, object }: { type: string; object: KubeObject }) {
    if (object.kind !== 'Job' || type === 'DELETED') return [];
    return expiryOf(object as Job) === undefined ? [] : [objectKey(object)];
  },
  reconcile(queued, context) {
    const key = queued.replace(/^periodic:/, '');
    const { namespace, name } = splitKey(key);
    const job = context.store.get<Job>('Job', namespace, name);
    const expiry = job && expiryOf(job);
    if (expiry === undefined || job?.metadata.deletionTimestamp !== undefined) return;
    if (expiry > context.now) context.requeue(`periodic:${key}`, expiry - context.now);
    else context.store.delete('Job', namespace, name, { propagationPolicy: 'Foreground' });
  },
};
