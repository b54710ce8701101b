import { expect, test } from 'vitest';
import type { Event } from '../../api/core/event.ts';
import type { Container } from '../../api/core/container.ts';
import type { Pod } from '../../api/core/pod.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { MINUTE, parseTimestamp, SECOND } from '../../base/clock.ts';
import { startCluster } from '../../bootstrap.ts';
import type { Cluster } from '../../cluster.ts';
import { DEFAULT_CLUSTER, type ClusterOptions } from '../../cluster-options.ts';
import { aPod } from '../../testing/objects.ts';
import { accept } from '../../testing/run-controllers.ts';
import { containerProcess, readContainerLog } from './container-process.ts';

const START = parseTimestamp('2026-01-05T09:00:00Z') ?? 0;
const ONE_NODE: ClusterOptions = { ...DEFAULT_CLUSTER, nodes: DEFAULT_CLUSTER.nodes.slice(0, 1) };

const aCluster = (options = ONE_NODE) => startCluster(options, 'kubelet', START);

const container = (more: Partial<Container> = {}): Container => ({
  name: 'web',
  image: 'nginx',
  ...more,
});
const shell = (script: string): Container =>
  container({ image: 'busybox', command: ['sh', '-c', script] });

function run(cluster: Cluster, spec: Partial<Pod['spec']>, name = 'web'): void {
  accept(cluster.store.create(aPod(name, spec)));
  cluster.settle();
}

function podOf({ store }: Cluster, name = 'web'): Pod {
  const found = store.get<Pod>('Pod', 'default', name);
  if (!found) throw new Error(`no pod ${name}`);
  return found;
}

const statusOf = (cluster: Cluster, name?: string) => podOf(cluster, name).status;
const webOf = (cluster: Cluster) => statusOf(cluster)?.containerStatuses?.[0];
const conditionOf = (cluster: Cluster, wanted: string) =>
  statusOf(cluster)?.conditions?.find(({ type }) => type === wanted);

const eventsOf = ({ store }: Cluster, name = 'web') =>
  store
    .list<Event>('Event', { namespace: 'default' })
    .filter(({ involvedObject }) => involvedObject.name === name && involvedObject.kind === 'Pod')
    .map(({ reason, message, count }) => `${reason ?? ''} x${count ?? 1}: ${message ?? ''}`);

/** What a pod leaves behind on its node: links, chains, reservations, namespaces, processes. */
function traces({ network }: Cluster): unknown {
  const node = network.namespaces['node-a'];
  return {
    namespaces: Object.keys(network.namespaces).toSorted(),
    links: Object.keys(node?.links ?? {}).toSorted(),
    chains: Object.keys(node?.ruleset.tables.nat?.chains ?? {})
      .filter((name) => name.startsWith('CNI'))
      .toSorted(),
    jumps: node?.ruleset.tables.nat?.chains['POSTROUTING']?.rules.length,
    leases: Object.keys(network.machines['node-a']?.files ?? {}).filter(
      (path) => /\d$/.test(path) && !path.endsWith('.0'),
    ),
    processes: Object.keys(network.processes),
  };
}

test('a pod runs: events, address, conditions, process', () => {
  const cluster = aCluster();
  run(cluster, { containers: [container()] });
  const events = eventsOf(cluster);
  expect(
    events.map((text) => text.replace(/\d+ms/g, 'Nms').replace(/\d+ bytes/, 'N bytes')),
  ).toEqual([
    'Scheduled x1: Successfully assigned default/web to node-a',
    'Pulling x1: Pulling image "nginx"',
    'Pulled x1: Successfully pulled image "nginx" in Nms (Nms including waiting). Image size: N bytes.',
    'Created x1: Container created',
    'Started x1: Container started',
  ]);
  expect(statusOf(cluster)).toMatchObject({
    phase: 'Running',
    hostIP: '192.168.10.11',
    podIP: '10.244.0.4',
  });
  expect(statusOf(cluster)?.conditions?.map(({ type, status }) => `${type} ${status}`)).toEqual([
    'PodReadyToStartContainers True',
    'Initialized True',
    'Ready True',
    'ContainersReady True',
    'PodScheduled True',
  ]);
  const process = containerProcess(cluster.network, cluster.store, 'default', 'web');
  expect(process?.files['/etc/resolv.conf']).toContain('nameserver 10.96.0.10');
  expect(process?.environment['HOSTNAME']).toBe('web');
  const [link] = Object.values(
    cluster.network.namespaces[process?.namespace ?? '']?.links ?? {},
  ).filter(({ name }) => name === 'eth0');
  expect(link?.mtu).toBe(1500);
  expect(link?.mac).toMatch(/^.[26ae](:..){5}$/);
});

test('a second pod of the same image does not pull', () => {
  const cluster = aCluster();
  run(cluster, { containers: [container({ image: 'nginx:1.27' })] });
  run(cluster, { containers: [container({ image: 'nginx:1.27' })] }, 'two');
  expect(eventsOf(cluster, 'two')).toContain(
    'Pulled x1: Container image "nginx:1.27" already present on machine and can be accessed by the pod',
  );
});

test('nothing is written when nothing is to do, and all memory is plain data', () => {
  const cluster = aCluster();
  run(cluster, { containers: [container()] });
  const written = () =>
    ['Pod', 'Node', 'EndpointSlice'].flatMap((kind) =>
      cluster.store.list(kind).map(({ metadata }) => metadata.resourceVersion),
    );
  const before = written();
  const memory = JSON.stringify(cluster.state.agentMemory);
  for (const agent of ['kubelet', 'routed-cni']) {
    cluster.setAgent(agent, 'node-a', 'stopped');
    cluster.setAgent(agent, 'node-a', 'running');
  }
  cluster.settle();
  expect(written()).toEqual(before);
  expect(JSON.parse(memory)).toEqual(cluster.state.agentMemory);
});

test('an image that does not exist: ErrImagePull, then ImagePullBackOff with growing waits', () => {
  const cluster = aCluster();
  run(cluster, { containers: [container({ image: 'ngnix' })] });
  expect(webOf(cluster)?.state?.waiting?.reason).toBe('ImagePullBackOff');
  expect(statusOf(cluster)?.phase).toBe('Pending');
  cluster.advance(45 * SECOND);
  const events = eventsOf(cluster);
  expect(events).toContain('Pulling x3: Pulling image "ngnix"');
  expect(events).toContain('Failed x3: Error: ErrImagePull');
  expect(
    events.some((text) => text.startsWith('Failed x3: Failed to pull image "ngnix": rpc error')),
  ).toBe(true);
});

test('a container that ends is restarted at once, then after 10 s, 20 s, 40 s', () => {
  const cluster = aCluster();
  run(cluster, { containers: [shell('echo hello; exit 3')] });
  expect(webOf(cluster)).toMatchObject({
    restartCount: 1,
    state: { waiting: { reason: 'CrashLoopBackOff' } },
    lastState: { terminated: { exitCode: 3, reason: 'Error' } },
  });
  const { uid = '' } = podOf(cluster).metadata;
  expect(webOf(cluster)?.state?.waiting?.message).toBe(
    `back-off 10s restarting failed container=web pod=web_default(${uid})`,
  );
  cluster.advance(11 * SECOND);
  expect(webOf(cluster)?.restartCount).toBe(2);
  cluster.advance(22 * SECOND);
  expect(webOf(cluster)?.restartCount).toBe(3);
  expect(eventsOf(cluster)).toContain(
    `BackOff x3: Back-off restarting failed container web in pod web_default(${uid})`,
  );
  const { network, store } = cluster;
  expect(readContainerLog(network, store, 'default', 'web')).toBe('hello\n');
  expect(readContainerLog(network, store, 'default', 'web', 'web', 'previous')).toBe('hello\n');
});

test('a command that the image does not have cannot start', () => {
  const cluster = aCluster();
  run(cluster, { containers: [container({ command: ['ngninx'] })], restartPolicy: 'Never' });
  expect(webOf(cluster)?.state?.terminated).toMatchObject({ exitCode: 128, reason: 'StartError' });
  expect(statusOf(cluster)?.phase).toBe('Failed');
});

test('a job-like pod completes, keeps its log and gives its address back', () => {
  const cluster = aCluster();
  const before = traces(cluster) as { leases: string[] };
  run(cluster, { containers: [shell('echo done')], restartPolicy: 'Never' });
  expect(statusOf(cluster)?.phase).toBe('Succeeded');
  expect(conditionOf(cluster, 'Ready')).toMatchObject({ status: 'False', reason: 'PodCompleted' });
  expect(readContainerLog(cluster.network, cluster.store, 'default', 'web')).toBe('done\n');
  expect((traces(cluster) as { leases: string[] }).leases).toEqual(before.leases);
});

const probed = (probe: 'readinessProbe' | 'livenessProbe', path: string, port: number) =>
  container({ [probe]: { httpGet: { path, port }, periodSeconds: 2, failureThreshold: 2 } });

test.each([
  ['it answers', '/', 80, 'True', undefined],
  [
    'no such page',
    '/none',
    80,
    'False',
    'Readiness probe failed: HTTP probe failed with statuscode: 404',
  ],
  [
    'nobody listens',
    '/',
    8080,
    'False',
    'Readiness probe failed: Get "http://10.244.0.4:8080/": dial tcp 10.244.0.4:8080: connect: connection refused',
  ],
] as const)('readiness over the network: %s', (_, path, port, ready, message) => {
  const cluster = aCluster();
  run(cluster, { containers: [probed('readinessProbe', path, port)] });
  expect(conditionOf(cluster, 'Ready')?.status).toBe(ready);
  expect(
    eventsOf(cluster)
      .find((text) => text.startsWith('Unhealthy'))
      ?.replace(/^Unhealthy x\d+: /, ''),
  ).toBe(message);
  const attempts = Object.values(cluster.network.processes).filter(
    ({ program }) => program === 'kubelet-probe',
  );
  expect(attempts.length).toBeLessThanOrEqual(1);
});

test.each([
  [
    'HTTP',
    { httpGet: { path: '/', port: 80, host: '10.244.0.200' } },
    'Readiness probe failed: Get "http://10.244.0.200:80/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
  ],
  [
    'TCP',
    { tcpSocket: { port: 80, host: '10.244.0.200' } },
    'Readiness probe failed: dial tcp 10.244.0.200:80: i/o timeout',
  ],
])('a readiness probe that nobody answers times out: %s', (_, probe, message) => {
  const cluster = aCluster();
  run(cluster, { containers: [container({ readinessProbe: { ...probe, failureThreshold: 1 } })] });
  expect(conditionOf(cluster, 'Ready')?.status).toBe('False');
  expect(eventsOf(cluster).at(-1)).toBe(`Unhealthy x1: ${message}`);
});

test('a TCP readiness probe needs a listener and no more', () => {
  const cluster = aCluster();
  run(cluster, { containers: [container({ readinessProbe: { tcpSocket: { port: 80 } } })] });
  expect(conditionOf(cluster, 'Ready')?.status).toBe('True');
});

test('a startup probe holds the others back until it succeeds', () => {
  const cluster = aCluster();
  const startupProbe = {
    httpGet: { path: '/none', port: 80 },
    periodSeconds: 1,
    failureThreshold: 30,
  };
  const readinessProbe = { tcpSocket: { port: 80 } };
  accept(
    cluster.store.create(
      aPod('web', { containers: [container({ startupProbe, readinessProbe })] }),
    ),
  );
  cluster.advance(10 * SECOND);
  expect(webOf(cluster)).toMatchObject({ started: false, ready: false });
  expect(eventsOf(cluster).at(-1)).toMatch(
    /^Unhealthy x\d+: Startup probe failed: HTTP probe failed with statuscode: 404$/,
  );
});

test('a readiness probe that runs a command', () => {
  const cluster = aCluster();
  const readinessProbe = {
    exec: { command: ['sh', '-c', 'exit 1'] },
    periodSeconds: 1,
    failureThreshold: 1,
  };
  run(cluster, { containers: [container({ readinessProbe })] });
  expect(conditionOf(cluster, 'Ready')).toMatchObject({
    status: 'False',
    reason: 'ContainersNotReady',
    message: 'containers with unready status: [web]',
  });
});

test('a container that fails its liveness probe is stopped and started again', () => {
  const cluster = aCluster();
  run(cluster, {
    containers: [probed('livenessProbe', '/none', 80)],
    terminationGracePeriodSeconds: 5,
  });
  cluster.advance(20 * SECOND);
  expect(webOf(cluster)?.restartCount).toBeGreaterThanOrEqual(1);
  expect(eventsOf(cluster).join('\n')).toContain(
    'Container web failed liveness probe, will be restarted',
  );
});

test('a deleted pod ends gracefully and leaves nothing on the node', () => {
  const cluster = aCluster();
  const before = traces(cluster);
  run(cluster, { containers: [container()] });
  expect(traces(cluster)).not.toEqual(before);
  accept(cluster.store.delete('Pod', 'default', 'web'));
  cluster.settle();
  expect(cluster.store.get('Pod', 'default', 'web')).toBeUndefined();
  expect(eventsOf(cluster)).toContain('Killing x1: Stopping container web');
  expect(traces(cluster)).toEqual(before);
});

test('a process that does not listen to SIGTERM is killed when the grace period is over', () => {
  const cluster = aCluster();
  run(cluster, {
    containers: [shell('trap "" TERM; sleep 3600')],
    terminationGracePeriodSeconds: 7,
  });
  const since = cluster.now;
  const preStop = { sleep: { seconds: 3 } };
  run(cluster, { containers: [container({ lifecycle: { preStop } })] }, 'slow');
  const sinceSlow = cluster.now;
  accept(cluster.store.delete('Pod', 'default', 'slow'));
  cluster.runUntil(() => !cluster.store.get('Pod', 'default', 'slow'), MINUTE);
  expect(cluster.now - sinceSlow).toBeGreaterThan(3 * SECOND);
  expect(cluster.now - sinceSlow).toBeLessThan(6 * SECOND);
  accept(cluster.store.delete('Pod', 'default', 'web'));
  const killedSince = cluster.now;
  cluster.runUntil(() => !cluster.store.get('Pod', 'default', 'web'), MINUTE);
  expect(cluster.now - killedSince).toBeLessThan(9 * SECOND);
  expect(cluster.now).toBeGreaterThan(since);
});

test('a pod that is deleted without grace goes at once, and another may take its name', () => {
  const cluster = aCluster();
  const before = traces(cluster);
  run(cluster, { containers: [container()] });
  accept(cluster.store.delete('Pod', 'default', 'web', { gracePeriodSeconds: 0 }));
  run(cluster, { containers: [container()] });
  expect(statusOf(cluster)).toMatchObject({ phase: 'Running', podIP: '10.244.0.5' });
  accept(cluster.store.delete('Pod', 'default', 'web'));
  cluster.settle();
  expect(traces(cluster)).toEqual(before);
});

test("a pod on the host's network has the node's address and name", () => {
  const cluster = aCluster();
  run(cluster, { containers: [container()], hostNetwork: true });
  expect(statusOf(cluster)).toMatchObject({ phase: 'Running', podIP: '192.168.10.11' });
  const process = containerProcess(cluster.network, cluster.store, 'default', 'web');
  expect(process).toMatchObject({ namespace: 'node-a', hostname: 'node-a' });
});

test('init containers run one after the other before the others', () => {
  const cluster = aCluster();
  const initContainers = [
    { ...shell('echo one'), name: 'one' },
    { ...shell('echo two'), name: 'two' },
  ];
  run(cluster, { initContainers, containers: [container()] });
  const status = statusOf(cluster);
  expect(status?.phase).toBe('Running');
  const ends = status?.initContainerStatuses?.map(({ state }) => state?.terminated);
  expect(ends?.map((end) => end?.reason)).toEqual(['Completed', 'Completed']);
  expect((ends?.[0]?.finishedAt ?? '') <= (ends?.[1]?.startedAt ?? '')).toBe(true);
});

test('a pod waits for a ConfigMap it mounts, and sees its changes', () => {
  const cluster = aCluster();
  const volumes = [{ name: 'config', configMap: { name: 'settings' } }];
  const volumeMounts = [{ name: 'config', mountPath: '/etc/app' }];
  run(cluster, { containers: [container({ volumeMounts })], volumes });
  expect(eventsOf(cluster).at(-1)).toBe(
    'FailedMount x1: MountVolume.SetUp failed for volume "config" : configmap "settings" not found',
  );
  const map = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'default' },
  };
  const created = accept(
    cluster.store.create<KubeObject & { data: object }>({ ...map, data: { color: 'red' } }),
  );
  cluster.settle();
  const color = () =>
    containerProcess(cluster.network, cluster.store, 'default', 'web')?.files['/etc/app/color'];
  expect(color()).toBe('red');
  accept(cluster.store.update({ ...created, data: { color: 'blue' } }));
  cluster.settle();
  expect(color()).toBe('blue');
});

test('when the node has no address left, the pod waits and says why', () => {
  const cluster = aCluster({ ...ONE_NODE, podCidr: '10.244.0.0/29' });
  for (const name of ['one', 'two', 'three']) run(cluster, { containers: [container()] }, name);
  run(cluster, { containers: [container()] });
  expect(statusOf(cluster)?.phase).toBe('Pending');
  expect(eventsOf(cluster).at(-1)).toMatch(
    /^FailedCreatePodSandBox x\d+: Failed to create pod sandbox: .*failed to allocate for range 0: no IP addresses available in range set: 10.244.0.1-10.244.0.6$/,
  );
  accept(cluster.store.delete('Pod', 'default', 'one'));
  cluster.settle();
  cluster.advance(15 * SECOND);
  expect(statusOf(cluster)).toMatchObject({ phase: 'Running', podIP: '10.244.0.4' });
});
