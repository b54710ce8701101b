import { describe, expect, test } from 'vitest';
import { SECOND } from '../base/clock.ts';
import type { Node } from '../api/core/node.ts';
import type { Pod } from '../api/core/pod.ts';
import type { Service } from '../api/core/service.ts';
import type { EndpointSlice } from '../api/discovery/endpoint-slice.ts';
import { startCluster, WORKSTATION } from '../bootstrap.ts';
import { DUAL_STACK_CLUSTER, type ClusterOptions, type ProxyMode } from '../cluster-options.ts';
import type { Cluster } from '../cluster.ts';
import { startProcess } from '../linux/process.ts';
import { LAB_PROGRAMS } from '../testing/lab-programs.ts';
import { aPod, aService } from '../testing/objects.ts';

const NODE_PORT = 30_080;

function dualStack(more: Partial<ClusterOptions> = {}): Cluster {
  const cluster = startCluster({ ...DUAL_STACK_CLUSTER, ...more }, 'dual', 1_763_800_000 * SECOND);
  Object.assign(cluster.environment.programs, LAB_PROGRAMS);
  const ipFamilyPolicy = 'PreferDualStack';
  const ports = [{ port: 80, targetPort: 8080, nodePort: NODE_PORT }];
  const objects = [
    aPod('client', { nodeName: 'node-a' }),
    aPod('near', { nodeName: 'node-a' }, { app: 'near' }),
    aPod('far', { nodeName: 'node-b' }, { app: 'far' }),
    aService('near', { ipFamilyPolicy, ports: [{ port: 80, targetPort: 8080 }] }),
    aService('far', { ipFamilyPolicy, type: 'NodePort', ports }),
    aService('local', { ipFamilyPolicy, selector: { app: 'client' } }),
    aService('nobody', { ipFamilyPolicy }),
    aService('single'),
    aService('six', { ipFamilies: ['IPv6'] }),
  ];
  for (const object of objects) {
    const created = cluster.store.create(object);
    if (!created.ok) throw new Error(created.status.message);
  }
  cluster.settle();
  cluster.advance(10 * SECOND);
  for (const name of ['client', 'near', 'far']) listen(cluster, name, 8080);
  return cluster;
}

const podOf = (cluster: Cluster, name: string) => cluster.store.get<Pod>('Pod', 'default', name)!;
const serviceOf = (cluster: Cluster, name: string) =>
  cluster.store.get<Service>('Service', 'default', name)!.spec;
const podIps = (cluster: Cluster, name: string) =>
  (podOf(cluster, name).status?.podIPs ?? []).map(({ ip }) => ip);

function netnsOf(cluster: Cluster, place: string): string {
  const label = `default/${place}`;
  const found = Object.values(cluster.network.namespaces).find((each) => each.label === label);
  return found?.id ?? place;
}

function start(cluster: Cluster, place: string, program: string, args: string[]): number {
  return startProcess(cluster.network, cluster.environment, {
    program,
    args,
    namespace: netnsOf(cluster, place),
    hostname: place,
    files: {},
    environment: {},
  });
}

function listen(cluster: Cluster, pod: string, port: number): void {
  start(cluster, pod, 'tcp-server', [String(port)]);
}

/** What a client hears, or `silence`. */
function ask(cluster: Cluster, from: string, to: string, program = 'tcp-client'): string {
  const pid = start(cluster, from, program, [to]);
  const process = () => cluster.network.processes[pid];
  cluster.runUntil(() => process()?.exitCode !== undefined, 8 * SECOND);
  return process()?.output || 'silence';
}

const at = (address: string | undefined, port: number) =>
  address?.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

test('a node has a part of both ranges and two internal addresses', () => {
  const cluster = dualStack();
  const node = cluster.store.get<Node>('Node', undefined, 'node-b')!;
  expect(node.spec.podCIDRs).toEqual(['10.244.1.0/24', 'fd00:10:244:1::/64']);
  expect(node.status?.addresses).toEqual([
    { type: 'InternalIP', address: '192.168.10.12' },
    { type: 'InternalIP', address: 'fd00:10::12' },
    { type: 'Hostname', address: 'node-b' },
  ]);
});

test('a pod has an address of both families, and says so', () => {
  const { status } = podOf(dualStack(), 'far');
  expect(status?.podIP).toMatch(/^10\.244\.1\.\d+$/);
  expect(status?.podIPs?.[1]?.ip).toMatch(/^fd00:10:244:1::[\da-f]+$/);
  expect(status?.hostIPs).toEqual([{ ip: '192.168.10.12' }, { ip: 'fd00:10::12' }]);
});

test('policy and families decide which addresses a Service gets, and which slices', () => {
  const cluster = dualStack();
  const { ipFamilies, ipFamilyPolicy, clusterIPs, clusterIP } = serviceOf(cluster, 'far');
  expect([ipFamilies, ipFamilyPolicy]).toEqual([['IPv4', 'IPv6'], 'PreferDualStack']);
  expect(clusterIPs).toEqual([clusterIP, expect.stringMatching(/^fd00:10:96::/)]);
  const single = serviceOf(cluster, 'single');
  expect([single.ipFamilies, single.ipFamilyPolicy]).toEqual([['IPv4'], 'SingleStack']);
  expect(serviceOf(cluster, 'six').clusterIPs).toEqual([expect.stringMatching(/^fd00:10:96::/)]);
  const slices = cluster.store.list<EndpointSlice>('EndpointSlice', {
    namespace: 'default',
    labelSelector: 'kubernetes.io/service-name=far',
  });
  const found = slices.map(({ addressType, endpoints }) => [
    addressType,
    endpoints?.flatMap(({ addresses }) => addresses),
  ]);
  const [v4, v6] = podIps(cluster, 'far');
  expect(found).toContainEqual(['IPv4', [v4]]);
  expect(found).toContainEqual(['IPv6', [v6]]);
});

describe.each(['iptables', 'nftables'] as const)('%s', (proxyMode: ProxyMode) => {
  const cluster = dualStack({ proxyMode });
  const [client4 = '', client6 = ''] = podIps(cluster, 'client');
  const far = serviceOf(cluster, 'far').clusterIPs ?? [];
  const near = serviceOf(cluster, 'near').clusterIPs ?? [];
  const nodeB6 = at('fd00:10::12', NODE_PORT);
  const rows: (readonly [name: string, from: string, to: string, answer: string | RegExp])[] = [
    ['pod to pod on one node', 'client', at(podIps(cluster, 'near')[1], 8080), `hello ${client6}`],
    ['pod to pod on two nodes', 'client', at(podIps(cluster, 'far')[1], 8080), `hello ${client6}`],
    ['a ClusterIP of each family: IPv6', 'client', at(far[1], 80), `hello ${client6}`],
    ['a ClusterIP of each family: IPv4', 'client', at(far[0], 80), `hello ${client4}`],
    ['a ClusterIP whose pod is near', 'client', at(near[1], 80), `hello ${client6}`],
    ['a ClusterIP from a node', 'node-a', at(far[1], 80), 'hello fd00:10::11'],
    ['a node port from outside', WORKSTATION, nodeB6, 'hello fd00:10:244:1::1'],
    [
      'a node port of a node without the pod',
      WORKSTATION,
      at('fd00:10::11', NODE_PORT),
      'hello fd00:10::11',
    ],
    ['a node port over IPv4', WORKSTATION, at('192.168.10.12', NODE_PORT), 'hello 10.244.1.1'],
    [
      'a port without endpoints',
      'client',
      at(serviceOf(cluster, 'nobody').clusterIPs?.[1], 80),
      'ECONNREFUSED',
    ],
    ['a port that nobody listens on', 'client', at(podIps(cluster, 'far')[1], 81), 'ECONNREFUSED'],
    [
      'egress takes the address of the node',
      'client',
      at('fd00:10::100', 8080),
      'hello fd00:10::11',
    ],
  ];
  listen(cluster, WORKSTATION, 8080);
  test.each(rows)('%s', (_name, from, to, answer) => {
    expect(ask(cluster, from, to)).toBe(answer);
  });

  test('an echo request crosses the nodes', () => {
    const [, far6 = ''] = podIps(cluster, 'far');
    expect(ask(cluster, 'client', far6, 'ping')).toBe(`from ${far6} seq=1 ttl=62`);
  });
});

test('IPv6 alone: pods, Services and the API server have no other addresses', () => {
  const cluster = startCluster(
    {
      ...DUAL_STACK_CLUSTER,
      nodes: [
        { name: 'node-a', address: 'fd00:10::11' },
        { name: 'node-b', address: 'fd00:10::12' },
      ],
      podCidr: 'fd00:10:244::/56',
      serviceCidr: 'fd00:10:96::/112',
      dnsServiceIp: 'fd00:10:96::a',
    },
    'six',
    1_763_800_000 * SECOND,
  );
  Object.assign(cluster.environment.programs, LAB_PROGRAMS);
  cluster.store.create(aPod('client', { nodeName: 'node-a' }));
  cluster.store.create(aPod('far', { nodeName: 'node-b' }));
  cluster.store.create(aService('far', { ports: [{ port: 80, targetPort: 8080 }] }));
  cluster.settle();
  cluster.advance(10 * SECOND);
  listen(cluster, 'far', 8080);
  expect(podIps(cluster, 'far')).toEqual([expect.stringMatching(/^fd00:10:244:1::/)]);
  const { clusterIP } = serviceOf(cluster, 'far');
  expect(ask(cluster, 'client', at(clusterIP, 80))).toBe(`hello ${podIps(cluster, 'client')[0]}`);
  expect(serviceOf(cluster, 'kubernetes').clusterIPs).toEqual(['fd00:10:96::1']);
});
