import { expect, test } from 'vitest';
import type { Container } from '../../api/core/container.ts';
import type { Event } from '../../api/core/event.ts';
import type { Pod } from '../../api/core/pod.ts';
import { parseTimestamp, SECOND } from '../../base/clock.ts';
import { startCluster } from '../../bootstrap.ts';
import type { Cluster } from '../../cluster.ts';
import { DEFAULT_CLUSTER } from '../../cluster-options.ts';
import { aPod } from '../../testing/objects.ts';
import { accept } from '../../testing/run-controllers.ts';

const START = parseTimestamp('2026-01-05T09:00:00Z') ?? 0;

const aCluster = () =>
  startCluster({ ...DEFAULT_CLUSTER, nodes: DEFAULT_CLUSTER.nodes.slice(0, 1) }, 'ends', START);

const shell = (name: string, script: string, more: Partial<Container> = {}): Container => ({
  name,
  image: 'busybox',
  command: ['sh', '-c', script],
  ...more,
});
const nginx = (name: string, more: Partial<Container> = {}): Container => ({
  name,
  image: 'nginx',
  ...more,
});

function run(cluster: Cluster, spec: Partial<Pod['spec']>): void {
  accept(cluster.store.create(aPod('web', spec)));
  cluster.settle();
}

const podOf = ({ store }: Cluster) => store.get<Pod>('Pod', 'default', 'web');
const eventsOf = ({ store }: Cluster) =>
  store
    .list<Event>('Event', { namespace: 'default' })
    .filter(({ involvedObject }) => involvedObject.name === 'web')
    .map(({ reason, message }) => `${reason ?? ''}: ${message ?? ''}`);

test.each([
  ['Never', 'exit 0', 'Succeeded', 0],
  ['Never', 'exit 3', 'Failed', 0],
  ['OnFailure', 'exit 0', 'Succeeded', 0],
  ['OnFailure', 'exit 3', 'Running', 1],
] as const)('restartPolicy %s, `%s`: phase %s', (restartPolicy, script, phase, restarts) => {
  const cluster = aCluster();
  run(cluster, { restartPolicy, containers: [shell('work', script)] });
  const status = podOf(cluster)?.status;
  expect(status?.phase).toBe(phase);
  expect(status?.containerStatuses?.[0]?.restartCount).toBe(restarts);
});

test('a pod has failed when one of two containers did, and not before both are over', () => {
  const cluster = aCluster();
  const containers = [shell('short', 'exit 1'), shell('long', 'sleep 20')];
  run(cluster, { restartPolicy: 'Never', containers });
  expect(podOf(cluster)?.status?.phase).toBe('Running');
  cluster.advance(30 * SECOND);
  expect(podOf(cluster)?.status?.phase).toBe('Failed');
});

test('an init container that fails ends a pod that is never restarted', () => {
  const cluster = aCluster();
  run(cluster, {
    restartPolicy: 'Never',
    initContainers: [shell('migrate', 'exit 2')],
    containers: [nginx('web')],
  });
  const status = podOf(cluster)?.status;
  expect(status?.phase).toBe('Failed');
  expect(status?.containerStatuses?.[0]?.state?.waiting?.reason).toBe('PodInitializing');
});

const sidecar = (name: string): Container => ({
  name,
  image: 'registry.k8s.io/e2e-test-images/agnhost:2.53',
  restartPolicy: 'Always',
});

test('a sidecar does not keep a pod from succeeding: it is stopped when the work is done', () => {
  const cluster = aCluster();
  run(cluster, {
    restartPolicy: 'Never',
    initContainers: [sidecar('proxy')],
    containers: [shell('work', 'sleep 5')],
  });
  cluster.advance(10 * SECOND);
  const status = podOf(cluster)?.status;
  expect(status?.phase).toBe('Succeeded');
  expect(status?.initContainerStatuses?.[0]?.state?.terminated).toBeDefined();
  expect(eventsOf(cluster)).toContain('Killing: Stopping container proxy');
});

test('a deleted pod: containers end first, then sidecars, the last started first', () => {
  const cluster = aCluster();
  run(cluster, {
    initContainers: [sidecar('one'), sidecar('two')],
    containers: [nginx('web', { lifecycle: { preStop: { sleep: { seconds: 4 } } } })],
  });
  accept(cluster.store.delete('Pod', 'default', 'web'));
  const ends: string[] = [];
  cluster.store.subscribe(({ object }) => {
    if (object.kind !== 'Pod') return;
    const { containerStatuses = [], initContainerStatuses = [] } = (object as Pod).status ?? {};
    for (const { name, state } of [...containerStatuses, ...initContainerStatuses]) {
      if (state?.terminated && !ends.includes(name)) ends.push(name);
    }
  });
  cluster.settle();
  expect(ends).toEqual(['web', 'two', 'one']);
  expect(podOf(cluster)).toBeUndefined();
});

test('a preStop hook uses up the grace period, and two seconds are left between SIGTERM and SIGKILL', () => {
  const cluster = aCluster();
  const preStop = { exec: { command: ['sleep', '60'] } };
  run(cluster, {
    containers: [shell('web', 'sleep 3600', { lifecycle: { preStop } })],
    terminationGracePeriodSeconds: 6,
  });
  const since = cluster.now;
  accept(cluster.store.delete('Pod', 'default', 'web'));
  cluster.runUntil(() => podOf(cluster) === undefined, 60 * SECOND);
  expect(cluster.now - since).toBeGreaterThanOrEqual(8 * SECOND);
  expect(cluster.now - since).toBeLessThan(10 * SECOND);
});

test('a preStop hook that fails is told of, and SIGTERM follows at once', () => {
  const cluster = aCluster();
  const preStop = { exec: { command: ['sh', '-c', 'exit 1'] } };
  run(cluster, { containers: [nginx('web', { lifecycle: { preStop } })] });
  const since = cluster.now;
  accept(cluster.store.delete('Pod', 'default', 'web'));
  cluster.settle();
  expect(eventsOf(cluster)).toContain('FailedPreStopHook: PreStopHook failed');
  expect(cluster.now - since).toBeLessThan(4 * SECOND);
});

test('an httpGet preStop hook is a request from the node', () => {
  const cluster = aCluster();
  const preStop = { httpGet: { path: '/quit', port: 80 } };
  run(cluster, { containers: [nginx('web', { lifecycle: { preStop } })] });
  accept(cluster.store.delete('Pod', 'default', 'web'));
  const asked = cluster.runUntil(
    () =>
      Object.values(cluster.network.processes).some(({ output }) =>
        output.includes('"GET /quit HTTP/1.1" 404'),
      ),
    5 * SECOND,
  );
  expect(asked).toBe(true);
  cluster.settle();
  expect(podOf(cluster)).toBeUndefined();
});

test('a container does not count as running before its postStart hook is over', () => {
  const cluster = aCluster();
  const postStart = { sleep: { seconds: 3 } };
  accept(
    cluster.store.create(
      aPod('web', {
        containers: [
          nginx('web', { lifecycle: { postStart } }),
          nginx('two', { command: ['sleep', '1000'] }),
        ],
      }),
    ),
  );
  cluster.advance(3 * SECOND);
  const states = () => podOf(cluster)?.status?.containerStatuses?.map(({ state }) => state);
  expect(states()).toMatchObject([
    { waiting: { reason: 'ContainerCreating' } },
    { waiting: { reason: 'ContainerCreating' } },
  ]);
  cluster.settle();
  expect(states()).toMatchObject([{ running: {} }, { running: {} }]);
});

test('a postStart hook that fails has its container stopped and started again', () => {
  const cluster = aCluster();
  const postStart = { exec: { command: ['sh', '-c', 'exit 1'] } };
  run(cluster, { containers: [nginx('web', { lifecycle: { postStart } })] });
  expect(eventsOf(cluster)).toEqual(
    expect.arrayContaining([
      'FailedPostStartHook: PostStartHook failed',
      'Killing: FailedPostStartHook',
    ]),
  );
  expect(podOf(cluster)?.status?.containerStatuses?.[0]?.restartCount).toBeGreaterThanOrEqual(1);
});

test('a pod that is active for too long has failed, and its containers are stopped', () => {
  const cluster = aCluster();
  run(cluster, { containers: [nginx('web')], activeDeadlineSeconds: 20 });
  cluster.advance(30 * SECOND);
  expect(podOf(cluster)?.status).toMatchObject({
    phase: 'Failed',
    reason: 'DeadlineExceeded',
    message: 'Pod was active on the node longer than the specified deadline',
  });
  expect(eventsOf(cluster)).toContain('Killing: Stopping container web');
});

test('a container for debugging runs beside the others and is not restarted', () => {
  const cluster = aCluster();
  run(cluster, { containers: [nginx('web')] });
  const pod = podOf(cluster);
  if (!pod) throw new Error('no pod');
  const debug = { name: 'debugger', image: 'busybox', command: ['sh', '-c', 'exit 4'] };
  const spec = { ...pod.spec, ephemeralContainers: [debug] };
  accept(cluster.store.update<Pod>({ ...pod, spec }));
  cluster.settle();
  cluster.advance(20 * SECOND);
  const status = podOf(cluster)?.status;
  expect(status?.phase).toBe('Running');
  expect(status?.ephemeralContainerStatuses?.[0]).toMatchObject({
    name: 'debugger',
    restartCount: 0,
    state: { terminated: { exitCode: 4 } },
  });
});
