import { isJobFinished, type Job } from '../api/batch/job.ts';
import type { Container } from '../api/core/container.ts';
import { hasEnded, isPodReady, type Pod } from '../api/core/pod.ts';
import type { Store } from '../apiserver/store.ts';
import { parseTimestamp, SECOND, type Micros } from '../base/clock.ts';
import type { ControllerContext } from './controller.ts';
import { isPodActive, isTerminating } from './pod-condition.ts';
import { createPod, deletePod, podOf } from './pod-control.ts';
import { rankPodsForDeletion } from './rank-pods.ts';

/** Holds a pod until its end has been counted. */
export const TRACKING_FINALIZER = 'batch.kubernetes.io/job-tracking';
/** Annotation and label of a pod of an Indexed Job. */
const INDEX_KEY = 'batch.kubernetes.io/job-completion-index';
const FAILURES_KEY = 'batch.kubernetes.io/job-index-failure-count';

export const isIndexed = ({ spec }: Job) => spec.completionMode === 'Indexed';

export const isTracked = ({ metadata }: Pod) =>
  metadata.finalizers?.includes(TRACKING_FINALIZER) === true;

/** The completion index of a pod; undefined when it has none that counts. */
export function indexOf({ spec }: Job, { metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[INDEX_KEY] ?? '';
  const index = /^[0-9]+$/.test(text) ? Number(text) : -1;
  return index >= 0 && index < (spec.completions ?? 0) ? index : undefined;
}

/** How often the index of a pod had failed before it. */
export const failuresBefore = ({ metadata }: Pod) =>
  Number(metadata.annotations?.[FAILURES_KEY] ?? 0) || 0;

const replacesFailedOnly = ({ spec }: Job) =>
  spec.podReplacementPolicy === 'Failed' || spec.podFailurePolicy !== undefined;

/** A pod that is being deleted counts as failed, unless the Job waits for the end of its pods. */
export function isPodFailed(pod: Pod, job: Job): boolean {
  if (pod.status?.phase === 'Failed') return true;
  return !replacesFailedOnly(job) && isTerminating(pod) && pod.status?.phase !== 'Succeeded';
}

export const isGoing = (pod: Pod) => isTerminating(pod) && !hasEnded(pod);

const FIRST_BACKOFF = 10 * SECOND;
const MOST_BACKOFF = 600 * SECOND;

/** When a pod ended: its last container, else when it was deleted (backoff_utils.go `getFinishedTime`). */
function endOf({ status, metadata }: Pod): Micros {
  const statuses = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  const ends = statuses.flatMap(
    ({ state }) => parseTimestamp(state?.terminated?.finishedAt ?? '') ?? [],
  );
  if (ends.length > 0) return Math.max(...ends);
  const gone = parseTimestamp(metadata.deletionTimestamp ?? '') ?? 0;
  return gone - (metadata.deletionGracePeriodSeconds ?? 0) * SECOND;
}

/**
 * When the next pod may be made: 10 s after the last failure, twice as long with each failure in a row, at most ten
 * minutes (backoff_utils.go). Counted from the pods that are left.
 */
export function mayRetryAt(job: Job, pods: readonly Pod[]): Micros {
  const ended = pods
    .filter((pod) => pod.status?.phase === 'Succeeded' || isPodFailed(pod, job))
    .toSorted((a, b) => endOf(a) - endOf(b));
  const lastSuccess = ended.findLastIndex(({ status }) => status?.phase === 'Succeeded');
  const failures = ended.slice(lastSuccess + 1);
  const last = failures.at(-1);
  if (!last) return 0;
  return endOf(last) + Math.min(MOST_BACKOFF, FIRST_BACKOFF * 2 ** (failures.length - 1));
}

const withIndex = (container: Container): Container =>
  container.env?.some(({ name }) => name === 'JOB_COMPLETION_INDEX')
    ? container
    : {
        ...container,
        env: [
          ...(container.env ?? []),
          {
            name: 'JOB_COMPLETION_INDEX',
            valueFrom: { fieldRef: { fieldPath: `metadata.labels['${INDEX_KEY}']` } },
          },
        ],
      };

/** The pod of a Job; one of an index knows it by its environment, labels and host name. */
function jobPod(job: Job, index: number | undefined, failures: number): Pod {
  const pod = podOf(job, job.spec.template);
  const metadata = {
    ...pod.metadata,
    finalizers: [...(pod.metadata.finalizers ?? []), TRACKING_FINALIZER],
  };
  if (index === undefined) return { ...pod, metadata };
  const own = { [INDEX_KEY]: String(index) };
  const counted =
    job.spec.backoffLimitPerIndex === undefined ? {} : { [FAILURES_KEY]: String(failures) };
  const { initContainers } = pod.spec;
  return {
    ...pod,
    metadata: {
      ...metadata,
      generateName: `${job.metadata.name}-${index}-`,
      labels: { ...metadata.labels, ...own },
      annotations: { ...metadata.annotations, ...own, ...counted },
    },
    spec: {
      ...pod.spec,
      hostname: `${job.metadata.name}-${index}`,
      containers: pod.spec.containers.map(withIndex),
      ...(initContainers ? { initContainers: initContainers.map(withIndex) } : {}),
    },
  };
}

/** The end of a pod has been counted: nothing holds it any more. */
export function stopTracking(pod: Pod, { store }: ControllerContext): Pod {
  const finalizers = (pod.metadata.finalizers ?? []).filter((name) => name !== TRACKING_FINALIZER);
  const freed = store.update<Pod>({ ...pod, metadata: { ...pod.metadata, finalizers } });
  return freed.ok ? freed.value : pod;
}

/** What one look at a Job and its pods finds. */
export interface JobView {
  readonly job: Job;
  readonly pods: readonly Pod[];
  readonly active: readonly Pod[];
  /** Ended since the last look: not in the status yet. */
  readonly newlySucceeded: readonly Pod[];
  readonly newlyFailed: readonly Pod[];
  readonly succeeded: number;
  readonly succeededIndexes: readonly number[];
  /** With a limit of failures for each index alone. */
  readonly failedIndexes: readonly number[] | undefined;
}

/** Takes pods out before their end counts: they are neither successes nor failures (`deleteJobPods`). */
function drop(job: Job, pods: readonly Pod[], context: ControllerContext): void {
  for (const pod of pods) {
    stopTracking(pod, context);
    deletePod(job, pod, context);
  }
}

/** Active pods to take out: those of an index that is no more or has another pod, then the least worth keeping. */
function excess({ job, active }: JobView, atLeast: number): readonly Pod[] {
  const seen = new Set<number>();
  const misfits = isIndexed(job)
    ? active.filter((pod) => {
        const index = indexOf(job, pod);
        const isMisfit = index === undefined || seen.has(index);
        if (index !== undefined) seen.add(index);
        return isMisfit;
      })
    : [];
  const others = rankPodsForDeletion(
    active.filter((pod) => !misfits.includes(pod)),
    active,
  );
  return [...misfits, ...others.slice(0, Math.max(0, atLeast - misfits.length))];
}

function wantedActive({ job, active, succeeded }: JobView): number {
  const { completions, parallelism = 1 } = job.spec;
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism;
  return Math.max(0, Math.min(completions - succeeded, parallelism));
}

function pendingIndexes(view: JobView, count: number): readonly (number | undefined)[] {
  const { job, pods, active } = view;
  if (!isIndexed(job)) return Array.from({ length: count }, () => undefined);
  const held = replacesFailedOnly(job) ? [...active, ...pods.filter(isGoing)] : active;
  const taken = new Set([
    ...view.succeededIndexes,
    ...(view.failedIndexes ?? []),
    ...held.map((pod) => indexOf(job, pod)),
  ]);
  const all = Array.from({ length: job.spec.completions ?? 0 }, (_, index) => index);
  return all.filter((index) => !taken.has(index)).slice(0, count);
}

/** Makes or takes out as many pods as a Job that goes on needs (`manageJob`). */
export function manageJobPods(view: JobView, key: string, context: ControllerContext): void {
  const { job, pods, active } = view;
  if (job.spec.suspend) {
    drop(job, active, context);
    return;
  }
  const wanted = wantedActive(view);
  const tooMany = excess(view, Math.max(0, active.length - wanted));
  if (tooMany.length > 0) {
    drop(job, tooMany, context);
    return;
  }
  const going = replacesFailedOnly(job) ? pods.filter(isGoing).length : 0;
  const missing = wanted - going - active.length;
  if (missing <= 0) return;
  const isPerIndex = job.spec.backoffLimitPerIndex !== undefined;
  const all = isPerIndex ? 0 : mayRetryAt(job, pods);
  for (const index of pendingIndexes(view, missing)) {
    const siblings = isPerIndex ? pods.filter((pod) => indexOf(job, pod) === index) : [];
    const at = isPerIndex ? mayRetryAt(job, siblings) : all;
    if (at > context.now) {
      context.requeue(`periodic:${key}`, at - context.now);
      if (!isPerIndex) return;
      continue;
    }
    const failures = siblings.filter((pod) => isPodFailed(pod, job)).length;
    if (createPod(job, jobPod(job, index, failures), context) !== undefined) return;
  }
}

/** Counts that a status shows of the pods as they are now. */
export function jobCounts(pods: readonly Pod[]) {
  const active = pods.filter(isPodActive);
  return {
    active: active.length,
    ready: active.filter(isPodReady).length,
    terminating: pods.filter(isGoing).length,
  };
}

/** Whether a pod waits for a Job that will never count it: it is over, or gone. */
export function isOrphan(pod: Pod, store: Store): boolean {
  const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller);
  const job =
    owner?.kind === 'Job' ? store.get<Job>('Job', pod.metadata.namespace, owner.name) : undefined;
  return isTracked(pod) && (job?.metadata.uid !== owner?.uid || !job || isJobFinished(job));
}
