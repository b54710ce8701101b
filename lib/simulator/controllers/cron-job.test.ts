import { expect, test } from 'vitest';
import type { CronJob } from '../api/batch/cron-job.ts';
import type { Job } from '../api/batch/job.ts';
import { MINUTE, SECOND } from '../base/clock.ts';
import { aNamespace } from '../testing/objects.ts';
import { accept, runControllers, type ControllerBench } from '../testing/run-controllers.ts';
import { cronJobController } from './cron-job.ts';

/** Jobs end when the test says so; no pods. */
function bench(spec: Partial<CronJob['spec']> = {}): ControllerBench {
  const on = runControllers([cronJobController]);
  on.add(aNamespace('default'));
  on.add<CronJob>({
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'report', namespace: 'default' },
    spec: {
      schedule: '* * * * *',
      jobTemplate: {
        metadata: { labels: { app: 'report' } },
        spec: {
          template: {
            spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox' }] },
          },
        },
      },
      ...spec,
    },
  });
  on.settle();
  return on;
}

const cronOf = ({ store }: ControllerBench) => {
  const found = store.get<CronJob>('CronJob', 'default', 'report');
  if (!found) throw new Error('no cron job');
  return found;
};
const jobsOf = ({ store }: ControllerBench) => store.list<Job>('Job');
const names = (on: ControllerBench) => jobsOf(on).map(({ metadata }) => metadata.name);

const end = (on: ControllerBench, type: 'Complete' | 'Failed') => {
  for (const job of jobsOf(on).filter(({ status }) => !status?.conditions)) {
    const completionTime = '2026-01-05T09:01:30Z';
    const status = { conditions: [{ type, status: 'True' as const }], completionTime };
    accept(on.store.updateStatus<Job>({ ...job, status }));
  }
  on.settle();
};

// The bench begins at 2026-01-05T09:00:00Z, minute 29,460,060 since 1970.
test('a Job is made at each time of the schedule, named after the minute', () => {
  const on = bench();
  expect(names(on)).toEqual([]);
  on.advance(61 * SECOND);
  expect(names(on)).toEqual(['report-29460061']);
  const [job] = jobsOf(on);
  expect(job?.metadata.labels).toMatchObject({ app: 'report' });
  expect(job?.metadata.annotations).toEqual({
    'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-05T09:01:00Z',
  });
  expect(cronOf(on).status).toMatchObject({
    lastScheduleTime: '2026-01-05T09:01:00Z',
    active: [{ kind: 'Job', name: 'report-29460061', uid: job?.metadata.uid }],
  });
  end(on, 'Complete');
  expect(cronOf(on).status).toEqual({
    lastScheduleTime: '2026-01-05T09:01:00Z',
    lastSuccessfulTime: '2026-01-05T09:01:30Z',
  });
  expect(on.events('CronJob')).toEqual([
    'SuccessfulCreate: Created job report-29460061',
    'SawCompletedJob: Saw completed job: report-29460061, condition: Complete',
  ]);
});

test.each([
  ['Allow', ['report-29460061', 'report-29460062']],
  ['Forbid', ['report-29460061']],
  ['Replace', ['report-29460062']],
] as const)('a Job that still runs: %s', (concurrencyPolicy, expected) => {
  const on = bench({ concurrencyPolicy });
  on.advance(121 * SECOND);
  expect(names(on)).toEqual(expected);
  const said = on.events('CronJob').at(-1) ?? on.events('CronJob')[0];
  expect(said).toBe(
    concurrencyPolicy === 'Forbid'
      ? 'JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is Forbid'
      : 'SuccessfulCreate: Created job report-29460062',
  );
});

test('of finished Jobs only as many stay as the history may have', () => {
  const on = bench({ successfulJobsHistoryLimit: 2, failedJobsHistoryLimit: 0 });
  for (let i = 0; i < 4; i++) {
    on.advance(MINUTE);
    end(on, 'Complete');
  }
  on.settle();
  const finished = () => jobsOf(on).filter(({ status }) => status?.conditions);
  expect(finished()).toHaveLength(2);
  expect(on.events('CronJob')).toContain('SuccessfulDelete: Deleted job report-29460061');
  on.advance(MINUTE);
  end(on, 'Failed');
  on.settle();
  expect(finished().map(({ status }) => status?.conditions?.[0]?.type)).toEqual([
    'Complete',
    'Complete',
  ]);
});

const suspend = (on: ControllerBench, value: boolean) => {
  const current = cronOf(on);
  accept(on.store.update({ ...current, spec: { ...current.spec, suspend: value } }));
  on.settle();
};

test('a suspended one rests; resumed, it makes up for the last time alone', () => {
  const on = bench({ suspend: true });
  on.advance(10 * MINUTE + SECOND);
  expect(names(on)).toEqual([]);
  suspend(on, false);
  expect(names(on)).toEqual(['report-29460070']);
});

test('what is later than the starting deadline is not made up for', () => {
  const on = bench({ suspend: true, schedule: '0 * * * *', startingDeadlineSeconds: 30 });
  on.advance(61 * MINUTE);
  suspend(on, false);
  expect(names(on)).toEqual([]);
});

test('more than a hundred missed times are reported', () => {
  const on = bench({ suspend: true });
  on.advance(200 * MINUTE);
  suspend(on, false);
  expect(names(on)).toHaveLength(1);
  expect(on.events('CronJob')).toContain(
    'TooManyMissedTimes: too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
  );
});
