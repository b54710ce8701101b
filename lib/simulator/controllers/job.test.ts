import { expect, test } from 'vitest';
import type { Job } from '../api/batch/job.ts';
import type { Pod } from '../api/core/pod.ts';
import { formatTimestamp, SECOND } from '../base/clock.ts';
import { aNamespace, aNode } from '../testing/objects.ts';
import { accept, runControllers, type ControllerBench } from '../testing/run-controllers.ts';
import { CONTROLLERS } from './list.ts';

const aJob = (spec: Partial<Job['spec']> = {}): Job => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'work', namespace: 'default' },
  spec: {
    template: {
      spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox' }] },
    },
    ...spec,
  },
});

function bench(): ControllerBench {
  const made = runControllers(CONTROLLERS);
  made.add(aNamespace('default'));
  made.add(aNode('node-a'));
  return made;
}

const jobOf = ({ store }: ControllerBench) => store.get<Job>('Job', 'default', 'work');
const podsOf = ({ store }: ControllerBench) => store.list<Pod>('Pod');
const running = (on: ControllerBench) =>
  podsOf(on).filter(
    ({ status, metadata }) =>
      (status?.phase === 'Running' || status?.phase === 'Pending') &&
      metadata.deletionTimestamp === undefined,
  );

/** Plays the kubelet: the pod's container ended. */
function end(on: ControllerBench, pod: Pod | undefined, exitCode: number): void {
  if (!pod) throw new Error('no pod');
  const current = on.store.get<Pod>('Pod', 'default', pod.metadata.name);
  if (!current) throw new Error('the pod is gone');
  const finishedAt = formatTimestamp(on.queue.now);
  const state = {
    terminated: { exitCode, finishedAt, startedAt: finishedAt, reason: 'Completed' },
  };
  const status = { name: 'main', ready: false, restartCount: 0, image: '', imageID: '', state };
  accept(
    on.store.updateStatus<Pod>({
      ...current,
      status: {
        ...current.status,
        phase: exitCode === 0 ? 'Succeeded' : 'Failed',
        conditions: [],
        containerStatuses: [status],
      },
    }),
  );
}

const endAll = (on: ControllerBench, exitCode: number) => {
  for (const pod of running(on)) end(on, pod, exitCode);
  on.settle();
};

const conditionsOf = (on: ControllerBench) =>
  jobOf(on)?.status?.conditions?.map(({ type, reason }) => `${type} ${reason ?? ''}`);

test('a pod that succeeds completes the Job', () => {
  const on = bench();
  on.add(aJob());
  on.playKubelets();
  expect(jobOf(on)?.status).toMatchObject({ active: 1, ready: 1, terminating: 0 });
  endAll(on, 0);
  expect(conditionsOf(on)).toEqual([
    'SuccessCriteriaMet CompletionsReached',
    'Complete CompletionsReached',
  ]);
  const status = jobOf(on)?.status;
  expect(status).toMatchObject({ succeeded: 1, ready: 0, uncountedTerminatedPods: {} });
  expect(status?.active).toBeUndefined();
  expect(status?.completionTime).toBeDefined();
  const [pod] = podsOf(on);
  expect(pod?.metadata.finalizers ?? []).toEqual([]);
  expect(on.events('Job')).toEqual([
    `SuccessfulCreate: Created pod: ${pod?.metadata.name ?? ''}`,
    'Completed: Job completed',
  ]);
});

test('the server makes selector and labels by the uid of the Job', () => {
  const on = bench();
  const { metadata, spec } = on.add(aJob());
  expect(spec.selector).toEqual({
    matchLabels: { 'batch.kubernetes.io/controller-uid': metadata.uid },
  });
  expect(spec.template.metadata?.labels).toEqual({
    'batch.kubernetes.io/controller-uid': metadata.uid,
    'batch.kubernetes.io/job-name': 'work',
    'controller-uid': metadata.uid,
    'job-name': 'work',
  });
});

test('completions are worked off, as many at once as parallelism says', () => {
  const on = bench();
  on.add(aJob({ completions: 5, parallelism: 2 }));
  on.playKubelets();
  expect(running(on)).toHaveLength(2);
  end(on, running(on)[0], 0);
  on.playKubelets();
  expect(running(on)).toHaveLength(2);
  expect(jobOf(on)?.status).toMatchObject({ active: 2, succeeded: 1 });
  for (let i = 0; i < 4; i++) {
    endAll(on, 0);
    on.playKubelets();
  }
  expect(jobOf(on)?.status).toMatchObject({ succeeded: 5 });
  expect(podsOf(on)).toHaveLength(5);
});

test('without completions one success is enough, and the others may finish', () => {
  const on = bench();
  on.add(aJob({ parallelism: 3 }));
  on.playKubelets();
  end(on, running(on)[0], 0);
  on.playKubelets();
  expect(running(on)).toHaveLength(2);
  expect(conditionsOf(on)).toBeUndefined();
  endAll(on, 1);
  expect(conditionsOf(on)?.at(-1)).toBe('Complete CompletionsReached');
});

test('failures are tried again after 10, 20 and 40 seconds, until the limit', () => {
  const on = bench();
  on.add(aJob({ backoffLimit: 2 }));
  on.playKubelets();
  endAll(on, 1);
  for (const wait of [10, 20]) {
    on.advance((wait - 3) * SECOND);
    expect(running(on)).toHaveLength(0);
    on.advance(4 * SECOND);
    on.playKubelets();
    expect(running(on)).toHaveLength(1);
    endAll(on, 1);
  }
  expect(conditionsOf(on)).toEqual([
    'FailureTarget BackoffLimitExceeded',
    'Failed BackoffLimitExceeded',
  ]);
  expect(jobOf(on)?.status).toMatchObject({ failed: 3 });
  expect(on.events('Job').at(-1)).toBe(
    'BackoffLimitExceeded: Job has reached the specified backoff limit',
  );
});

test('a Job past its deadline ends its pods and has failed when they are gone', () => {
  const on = bench();
  on.add(aJob({ activeDeadlineSeconds: 30 }));
  on.playKubelets();
  on.advance(31 * SECOND);
  expect(conditionsOf(on)).toEqual(['FailureTarget DeadlineExceeded']);
  on.playKubelets();
  expect(conditionsOf(on)?.at(-1)).toBe('Failed DeadlineExceeded');
  expect(podsOf(on)).toEqual([]);
  expect(on.events('Job').at(-1)).toBe(
    'DeadlineExceeded: Job was active longer than specified deadline',
  );
});

test('an Indexed Job gives each pod an index, and tries failed ones again', () => {
  const on = bench();
  on.add(aJob({ completions: 3, parallelism: 3, completionMode: 'Indexed' }));
  on.playKubelets();
  const indexOf = ({ metadata }: Pod) =>
    metadata.annotations?.['batch.kubernetes.io/job-completion-index'] ?? '';
  const byIndex = (index: string) => running(on).find((pod) => indexOf(pod) === index);
  expect(running(on).map(indexOf).toSorted()).toEqual(['0', '1', '2']);
  const pod = byIndex('1');
  expect(pod?.metadata.name).toMatch(/^work-1-[a-z0-9]{5}$/);
  expect(pod?.spec.hostname).toBe('work-1');
  expect(pod?.spec.containers[0]?.env).toEqual([
    {
      name: 'JOB_COMPLETION_INDEX',
      valueFrom: {
        fieldRef: {
          apiVersion: 'v1',
          fieldPath: "metadata.labels['batch.kubernetes.io/job-completion-index']",
        },
      },
    },
  ]);
  end(on, pod, 1);
  end(on, byIndex('0'), 0);
  end(on, byIndex('2'), 0);
  on.settle();
  expect(jobOf(on)?.status).toMatchObject({ completedIndexes: '0,2', succeeded: 2, failed: 1 });
  on.advance(12 * SECOND);
  on.playKubelets();
  expect(running(on).map(indexOf)).toEqual(['1']);
  endAll(on, 0);
  expect(jobOf(on)?.status).toMatchObject({ completedIndexes: '0-2', succeeded: 3 });
});

test('with a limit for each index the others go on, and the Job has failed indexes', () => {
  const on = bench();
  on.add(
    aJob({ completions: 2, parallelism: 2, completionMode: 'Indexed', backoffLimitPerIndex: 0 }),
  );
  on.playKubelets();
  end(on, running(on)[0], 1);
  on.settle();
  expect(running(on)).toHaveLength(1);
  endAll(on, 0);
  expect(conditionsOf(on)?.at(-1)).toBe('Failed FailedIndexes');
  expect(jobOf(on)?.status?.failedIndexes).toMatch(/^[01]$/);
});

test('a success policy ends the Job when its rule is met', () => {
  const on = bench();
  const successPolicy = { rules: [{ succeededCount: 1 }] };
  on.add(aJob({ completions: 3, parallelism: 3, completionMode: 'Indexed', successPolicy }));
  on.playKubelets();
  end(on, running(on)[0], 0);
  on.playKubelets();
  expect(conditionsOf(on)).toEqual(['SuccessCriteriaMet SuccessPolicy', 'Complete SuccessPolicy']);
  expect(running(on)).toEqual([]);
});

test.each([
  ['FailJob', 'Failed PodFailurePolicy', 1],
  ['Ignore', undefined, undefined],
] as const)('a pod failure policy: %s', (action, condition, failed) => {
  const on = bench();
  const onExitCodes = { operator: 'In' as const, values: [42] };
  on.add(aJob({ podFailurePolicy: { rules: [{ action, onExitCodes }] } }));
  on.playKubelets();
  const name = podsOf(on)[0]?.metadata.name ?? '';
  endAll(on, 42);
  expect(conditionsOf(on)?.at(-1)).toBe(condition);
  expect(jobOf(on)?.status?.failed).toBe(failed);
  if (condition === undefined) return;
  expect(jobOf(on)?.status?.conditions?.at(-1)?.message).toBe(
    `Container main for pod default/${name} failed with exit code 42 matching FailJob rule at index 0`,
  );
});

test('restarts inside a pod count against the limit', () => {
  const on = bench();
  const containers = [{ name: 'main', image: 'busybox' }];
  on.add(aJob({ backoffLimit: 2, template: { spec: { restartPolicy: 'OnFailure', containers } } }));
  on.playKubelets();
  const [pod] = podsOf(on);
  if (!pod) throw new Error('no pod');
  const restarted = { name: 'main', ready: true, restartCount: 2, image: '', imageID: '' };
  accept(
    on.store.updateStatus<Pod>({
      ...pod,
      status: { ...pod.status, containerStatuses: [restarted] },
    }),
  );
  on.playKubelets();
  expect(conditionsOf(on)?.at(-1)).toBe('Failed BackoffLimitExceeded');
  expect(podsOf(on)).toEqual([]);
});

test('a pod that is being deleted is replaced when it is gone, if the Job says so', () => {
  const on = bench();
  on.add(aJob({ podReplacementPolicy: 'Failed' }));
  on.playKubelets();
  accept(on.store.delete('Pod', 'default', podsOf(on)[0]?.metadata.name ?? ''));
  on.advance(20 * SECOND);
  expect(podsOf(on)).toHaveLength(1);
  expect(jobOf(on)?.status).toMatchObject({ terminating: 1 });
  endAll(on, 1);
  const going = podsOf(on)[0];
  end(on, going, 1);
  on.settle();
  on.advance(20 * SECOND);
  expect(running(on)).toHaveLength(1);
});

test('a suspended Job loses its pods, and begins anew when it is resumed', () => {
  const on = bench();
  on.add(aJob());
  on.playKubelets();
  const suspend = (value: boolean) => {
    const job = jobOf(on);
    if (!job) throw new Error('no job');
    accept(on.store.update({ ...job, spec: { ...job.spec, suspend: value } }));
    on.playKubelets();
  };
  suspend(true);
  expect(podsOf(on)).toEqual([]);
  expect(conditionsOf(on)).toEqual(['Suspended JobSuspended']);
  expect(jobOf(on)?.status?.failed).toBeUndefined();
  suspend(false);
  expect(running(on)).toHaveLength(1);
  expect(conditionsOf(on)).toEqual(['Suspended JobResumed']);
  expect(on.events('Job')).toEqual(
    expect.arrayContaining(['Suspended: Job suspended', 'Resumed: Job resumed']),
  );
});

test('a finished Job goes after its time to live, with its pods', () => {
  const on = bench();
  on.add(aJob({ ttlSecondsAfterFinished: 60 }));
  on.playKubelets();
  endAll(on, 0);
  on.advance(50 * SECOND);
  expect(jobOf(on)).toBeDefined();
  on.advance(12 * SECOND);
  on.playKubelets();
  expect(jobOf(on)).toBeUndefined();
  expect(podsOf(on)).toEqual([]);
});

test.each(['Background', 'Foreground', 'Orphan'] as const)(
  'deleting a Job that runs lets its pods go: %s',
  (propagationPolicy) => {
    const on = bench();
    on.add(aJob());
    on.playKubelets();
    accept(on.store.delete('Job', 'default', 'work', { propagationPolicy }));
    on.playKubelets();
    expect(jobOf(on)).toBeUndefined();
    const left = podsOf(on);
    expect(left).toHaveLength(propagationPolicy === 'Orphan' ? 1 : 0);
    expect(left.flatMap(({ metadata }) => metadata.finalizers ?? [])).toEqual([]);
  },
);

test('a namespace with a Job that runs goes when it is deleted', () => {
  const on = bench();
  on.add(aNamespace('shop'));
  on.add({ ...aJob(), metadata: { name: 'work', namespace: 'shop' } });
  on.playKubelets();
  accept(on.store.delete('Namespace', undefined, 'shop'));
  on.playKubelets();
  expect(on.store.get('Namespace', undefined, 'shop')).toBeUndefined();
});

test('a pod of a Job that somebody deletes counts as failed and is made anew', () => {
  const on = bench();
  on.add(aJob());
  on.playKubelets();
  const [pod] = podsOf(on);
  accept(on.store.delete('Pod', 'default', pod?.metadata.name ?? ''));
  on.playKubelets();
  expect(jobOf(on)?.status).toMatchObject({ failed: 1 });
  on.advance(15 * SECOND);
  on.playKubelets();
  expect(running(on)).toHaveLength(1);
});
