import { expect, test } from 'vitest';
import type { Event } from '../api/core/event.ts';
import type { Node } from '../api/core/node.ts';
import type { Pod } from '../api/core/pod.ts';
import type { EndpointSlice } from '../api/discovery/endpoint-slice.ts';
import { handleRequest } from '../apiserver/rest.ts';
import { MINUTE, parseTimestamp, SECOND } from '../base/clock.ts';
import { startCluster } from '../bootstrap.ts';
import type { Cluster } from '../cluster.ts';
import { DEFAULT_CLUSTER } from '../cluster-options.ts';
import { aDeployment, aService } from '../testing/objects.ts';
import { accept } from '../testing/run-controllers.ts';

const START = parseTimestamp('2026-01-05T09:00:00Z') ?? 0;

/** Two nodes, with a pod of one Deployment on each. */
function aCluster(): Cluster {
  const cluster = startCluster(DEFAULT_CLUSTER, 'nodes', START);
  accept(cluster.store.create(aDeployment('web', { replicas: 2 })));
  accept(cluster.store.create(aService('web')));
  cluster.settle();
  return cluster;
}

const nodeOf = ({ store }: Cluster, name: string) => store.get<Node>('Node', undefined, name);
const conditionsOf = (cluster: Cluster, name: string) =>
  nodeOf(cluster, name)?.status?.conditions?.map(({ type, status }) => `${type} ${status}`);
const taintsOf = (cluster: Cluster, name: string) =>
  nodeOf(cluster, name)?.spec.taints?.map(({ key, effect }) => `${key}:${effect}`);
const podsOn = ({ store }: Cluster, name: string) =>
  store.list<Pod>('Pod', { namespace: 'default' }).filter(({ spec }) => spec.nodeName === name);
const readyEndpoints = ({ store }: Cluster) =>
  store
    .list<EndpointSlice>('EndpointSlice', { namespace: 'default' })
    .filter(({ metadata }) => metadata.name.startsWith('web'))
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready)
    .map(({ nodeName }) => nodeName);
const eventsOf = ({ store }: Cluster, kind: string) =>
  store
    .list<Event>('Event', { namespace: 'default' })
    .filter(({ involvedObject }) => involvedObject.kind === kind)
    .map(
      ({ reason, message, source }) =>
        `${source?.component ?? ''} ${reason ?? ''}: ${message ?? ''}`,
    );

const read = (cluster: Cluster, path: string) => {
  const response = handleRequest({ method: 'GET', path }, cluster.apiServer);
  return response.type === 'json'
    ? (JSON.parse(response.body) as Record<string, never>)
    : undefined;
};

const LEASE_PATH = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/node-b';
const renewal = (cluster: Cluster) =>
  (read(cluster, LEASE_PATH) as { spec?: { renewTime?: string } } | undefined)?.spec?.renewTime;

test('a Lease is renewed every ten seconds, and costs nothing', () => {
  const cluster = aCluster();
  const version = cluster.store.resourceVersion;
  const first = parseTimestamp(renewal(cluster) ?? '') ?? 0;
  cluster.advance(10 * SECOND);
  expect((parseTimestamp(renewal(cluster) ?? '') ?? 0) - first).toBe(10 * SECOND);
  cluster.advance(10 * MINUTE);
  expect(cluster.now - (parseTimestamp(renewal(cluster) ?? '') ?? 0)).toBeLessThan(10 * SECOND);
  expect(cluster.store.resourceVersion).toBe(version);
});

test('a silent kubelet: nothing for 50 s, then the node is unknown, its pods not ready, no traffic', () => {
  const cluster = aCluster();
  cluster.setAgent('kubelet', 'node-b', 'stopped');
  const last = renewal(cluster);
  cluster.advance(38 * SECOND);
  expect(conditionsOf(cluster, 'node-b')).toContain('Ready True');
  expect(renewal(cluster)).toBe(last);
  cluster.advance(15 * SECOND);
  expect(conditionsOf(cluster, 'node-b')).toEqual([
    'MemoryPressure Unknown',
    'DiskPressure Unknown',
    'PIDPressure Unknown',
    'Ready Unknown',
  ]);
  expect(nodeOf(cluster, 'node-b')?.status?.conditions?.at(-1)).toMatchObject({
    reason: 'NodeStatusUnknown',
    message: 'Kubelet stopped posting node status.',
  });
  expect(taintsOf(cluster, 'node-b')).toEqual([
    'node.kubernetes.io/unreachable:NoSchedule',
    'node.kubernetes.io/unreachable:NoExecute',
  ]);
  expect(readyEndpoints(cluster)).toEqual(['node-a']);
  expect(eventsOf(cluster, 'Node')).toContain(
    'node-controller NodeNotReady: Node node-b status is now: NodeNotReady',
  );
  expect(eventsOf(cluster, 'Pod')).toContain('node-controller NodeNotReady: Node is not ready');
});

test('after five minutes pods are evicted: others start elsewhere, the old ones end when the node returns', () => {
  const cluster = aCluster();
  const [old] = podsOn(cluster, 'node-b');
  cluster.setAgent('kubelet', 'node-b', 'stopped');
  cluster.advance(5 * MINUTE);
  expect(podsOn(cluster, 'node-b')[0]?.metadata.deletionTimestamp).toBeUndefined();
  cluster.advance(MINUTE);
  expect(podsOn(cluster, 'node-b')[0]?.metadata.deletionTimestamp).toBeDefined();
  expect(podsOn(cluster, 'node-b')[0]?.status?.conditions).toContainEqual(
    expect.objectContaining({ type: 'DisruptionTarget', reason: 'DeletionByTaintManager' }),
  );
  expect(podsOn(cluster, 'node-a')).toHaveLength(2);
  expect(eventsOf(cluster, 'Pod')).toContain(
    `taint-eviction-controller TaintManagerEviction: Marking for deletion Pod default/${old?.metadata.name ?? ''}`,
  );
  cluster.advance(10 * MINUTE);
  expect(podsOn(cluster, 'node-b')).toHaveLength(1);
  cluster.setAgent('kubelet', 'node-b', 'running');
  cluster.settle();
  expect(podsOn(cluster, 'node-b')).toEqual([]);
  expect(conditionsOf(cluster, 'node-b')).toContain('Ready True');
  expect(taintsOf(cluster, 'node-b')).toBeUndefined();
  expect(eventsOf(cluster, 'Node')).toEqual(
    expect.arrayContaining([
      'kubelet Starting: Starting kubelet.',
      'kubelet NodeReady: Node node-b status is now: NodeReady',
    ]),
  );
});

test('a kubelet that comes back in time: its pods are ready again, and stay', () => {
  const cluster = aCluster();
  cluster.setAgent('kubelet', 'node-b', 'stopped');
  cluster.advance(2 * MINUTE);
  const [before] = podsOn(cluster, 'node-b');
  cluster.setAgent('kubelet', 'node-b', 'running');
  cluster.settle();
  expect(readyEndpoints(cluster).toSorted()).toEqual(['node-a', 'node-b']);
  cluster.advance(10 * MINUTE);
  const [after] = podsOn(cluster, 'node-b');
  expect(after?.metadata.uid).toBe(before?.metadata.uid);
  expect(after?.status?.podIP).toBe(before?.status?.podIP);
  expect(eventsOf(cluster, 'Pod')).toContain(
    `taint-eviction-controller TaintManagerEviction: Cancelling deletion of Pod default/${after?.metadata.name ?? ''}`,
  );
});

test('a NoExecute taint of somebody evicts at once those who do not bear it', () => {
  const cluster = aCluster();
  const node = nodeOf(cluster, 'node-b');
  if (!node) throw new Error('no node');
  const taints = [{ key: 'maintenance', effect: 'NoExecute' as const }];
  accept(cluster.store.update<Node>({ ...node, spec: { ...node.spec, taints } }));
  cluster.settle();
  expect(podsOn(cluster, 'node-b')).toEqual([]);
  expect(podsOn(cluster, 'node-a')).toHaveLength(2);
});

test('a cordoned node says so by a taint too, which goes with the cordon', () => {
  const cluster = aCluster();
  const cordon = (unschedulable: boolean) => {
    const node = nodeOf(cluster, 'node-b');
    if (!node) throw new Error('no node');
    const { unschedulable: _, ...spec } = node.spec;
    accept(
      cluster.store.update<Node>({
        ...node,
        spec: unschedulable ? { ...spec, unschedulable } : spec,
      }),
    );
    cluster.settle();
  };
  cordon(true);
  expect(taintsOf(cluster, 'node-b')).toEqual(['node.kubernetes.io/unschedulable:NoSchedule']);
  cordon(false);
  expect(taintsOf(cluster, 'node-b')).toBeUndefined();
});

test('the pods of a node that is deleted are given up after 40 s', () => {
  const cluster = aCluster();
  cluster.setAgent('kubelet', 'node-b', 'stopped');
  accept(cluster.store.delete('Node', undefined, 'node-b'));
  cluster.advance(35 * SECOND);
  expect(podsOn(cluster, 'node-b')).toHaveLength(1);
  cluster.advance(15 * SECOND);
  expect(podsOn(cluster, 'node-b')).toEqual([]);
  expect(podsOn(cluster, 'node-a')).toHaveLength(2);
});

test('a reader is told the images of a node and its last heartbeat', () => {
  const cluster = aCluster();
  cluster.advance(17 * MINUTE);
  const node = read(cluster, '/api/v1/nodes/node-b') as unknown as Node;
  expect(node.status?.images?.map(({ names }) => names?.[1])).toContain(
    'docker.io/library/nginx:1.27',
  );
  const heartbeat = parseTimestamp(node.status?.conditions?.[0]?.lastHeartbeatTime ?? '') ?? 0;
  expect(cluster.now - heartbeat).toBeLessThan(5 * MINUTE);
  expect(nodeOf(cluster, 'node-b')?.status?.images).toBeUndefined();
});
