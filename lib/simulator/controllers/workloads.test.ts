import { beforeAll, expect, test } from 'vitest';
import type { StatefulSet } from '../api/apps/stateful-set.ts';
import type { CronJob } from '../api/batch/cron-job.ts';
import type { Job } from '../api/batch/job.ts';
import type { Pod } from '../api/core/pod.ts';
import { MINUTE, SECOND } from '../base/clock.ts';
import { act, startScenario, type Sandbox } from '../scenario/sandbox.ts';
import type { Scenario } from '../scenario/scenario.ts';

const SCENARIO: Scenario = {
  name: 'workloads',
  manifests: [
    `apiVersion: v1
kind: Pod
metadata: {name: toolbox}
spec:
  containers:
  - {name: main, image: nicolaka/netshoot, command: [sleep, infinity]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  clusterIP: None
  selector: {app: web}
  ports: [{name: http, port: 80}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: web
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: nginx
        volumeMounts: [{name: data, mountPath: /data}]
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      containers: [{name: agent, image: nginx}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, image: busybox, command: [sh, -c, echo done]}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: never}
spec:
  backoffLimit: 1
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, image: busybox, command: [sh, -c, exit 3]}]
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: tick}
spec:
  schedule: '*/5 * * * *'
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: OnFailure
          containers: [{name: main, image: busybox, command: [date]}]
`,
  ],
};

let sandbox: Sandbox;

beforeAll(() => {
  sandbox = startScenario(SCENARIO, 'workloads');
  sandbox.cluster.advance(MINUTE);
});

const type = (line: string) => act(sandbox, { type: 'command', line }).output;
const get = <T extends Pod | Job | CronJob | StatefulSet>(kind: string, name: string) =>
  sandbox.cluster.store.get<T>(kind, 'default', name);
const addressOf = (name: string) => get<Pod>('Pod', name)?.status?.podIP ?? '';

test('pods of a StatefulSet have names in DNS, below their headless Service', () => {
  for (const name of ['web-0', 'web-1']) {
    expect(addressOf(name)).toMatch(/^10\.244\./);
    expect(type(`kubectl exec toolbox -- dig +short ${name}.web.default.svc.cluster.local`)).toBe(
      `${addressOf(name)}\n`,
    );
  }
  expect(type('kubectl exec toolbox -- curl -s -o /dev/null -w "%{http_code}" web-0.web')).toBe(
    '200',
  );
  expect(type('kubectl exec web-1 -- hostname -f')).toBe('web-1.web.default.svc.cluster.local\n');
});

test('the name stays when the pod is replaced, and leads to the new address', () => {
  const before = get<Pod>('Pod', 'web-1')?.metadata.uid;
  type('kubectl delete pod web-1');
  sandbox.cluster.advance(MINUTE);
  expect(get<Pod>('Pod', 'web-1')?.metadata.uid).not.toBe(before);
  expect(type('kubectl exec toolbox -- dig +short web-1.web.default.svc.cluster.local')).toBe(
    `${addressOf('web-1')}\n`,
  );
});

test('a DaemonSet has a running pod on each node', () => {
  const pods = sandbox.cluster.store.list<Pod>('Pod', { labelSelector: 'app=agent' });
  expect(pods.map(({ spec, status }) => [spec.nodeName, status?.phase]).toSorted()).toEqual(
    sandbox.cluster.options.nodes.map(({ name }) => [name, 'Running']),
  );
});

test('a Job whose pod succeeds is complete; one whose pods fail has failed', () => {
  expect(type('kubectl get jobs')).toMatch(/^NAME +STATUS +COMPLETIONS +DURATION +AGE\n/);
  expect(get<Job>('Job', 'once')?.status).toMatchObject({ succeeded: 1 });
  expect(get<Job>('Job', 'never')?.status).toMatchObject({ failed: 2 });
  expect(get<Job>('Job', 'never')?.status?.conditions?.at(-1)).toMatchObject({
    type: 'Failed',
    reason: 'BackoffLimitExceeded',
  });
  expect(type('kubectl logs job/once')).toBe('done\n');
});

test('a CronJob makes its Jobs while time goes by, and they complete', () => {
  sandbox.cluster.advance(5 * MINUTE + 30 * SECOND);
  const { status } = get<CronJob>('CronJob', 'tick') ?? {};
  expect(status?.lastSuccessfulTime).toBeDefined();
  expect(status?.active).toBeUndefined();
});
