import { SECOND } from '../base/clock.ts';
import type { Pod } from '../api/core/pod.ts';
import type { EndpointSlice } from '../api/discovery/endpoint-slice.ts';
import type { Service } from '../api/core/service.ts';
import { startCluster, WORKSTATION } from '../bootstrap.ts';
import { ipVersion, type IpVersion } from '../base/ip.ts';
import {
  DEFAULT_CLUSTER,
  DUAL_STACK_CLUSTER,
  type ClusterOptions,
  type CniName,
  type ProxyMode,
} from '../cluster-options.ts';
import type { Cluster } from '../cluster.ts';
import { startProcess } from '../linux/process.ts';
import { addRoute } from '../linux/routes.ts';
import { LAB_PROGRAMS } from '../testing/lab-programs.ts';
import { aPod, aService } from '../testing/objects.ts';
import { printTrace } from '../trace/print-trace.ts';
import { inFamily } from './bench-family.ts';

/** Three nodes in two zones. */
export const NODES = ['node-a', 'node-b', 'node-c'].map((name, index) => ({
  name,
  address: `192.168.10.1${index + 1}`,
  labels: { 'topology.kubernetes.io/zone': index < 2 ? 'west' : 'east' },
}));

/** Pod → its node, and the app that Services choose it by. */
const PODS: Readonly<Record<string, readonly [node: string, app: string]>> = {
  client: ['node-a', 'client'],
  'web-a': ['node-a', 'web'],
  'web-b': ['node-b', 'web'],
  'web-c': ['node-c', 'web'],
  'far-b': ['node-b', 'far'],
};

export const BALANCER = '203.0.113.10';
export const PROXY_BALANCER = '203.0.113.20';
export const GUARDED = '203.0.113.30';
export const EXTERNAL = '203.0.113.40';

/** Service → spec, and the address that its balancer gives it, in IPv4. */
const SERVICES: Readonly<
  Record<string, Service['spec'] & { balancer?: { ip: string; ipMode?: 'VIP' | 'Proxy' } }>
> = {
  web: { clusterIP: '10.96.1.1' },
  named: { clusterIP: '10.96.1.2', ports: [{ port: 80, targetPort: 'http' }] },
  front: { clusterIP: '10.96.1.3', type: 'NodePort', ports: [port(30_080)] },
  far: {
    clusterIP: '10.96.1.4',
    type: 'NodePort',
    externalTrafficPolicy: 'Local',
    ports: [port(30_081)],
  },
  near: { clusterIP: '10.96.1.5', internalTrafficPolicy: 'Local' },
  'far-inside': { clusterIP: '10.96.1.6', internalTrafficPolicy: 'Local' },
  nobody: { clusterIP: '10.96.1.7', type: 'NodePort', ports: [port(30_082)] },
  balanced: { clusterIP: '10.96.1.8', type: 'LoadBalancer', balancer: { ip: BALANCER } },
  proxied: {
    clusterIP: '10.96.1.9',
    type: 'LoadBalancer',
    balancer: { ip: PROXY_BALANCER, ipMode: 'Proxy' },
  },
  guarded: {
    clusterIP: '10.96.1.10',
    type: 'LoadBalancer',
    loadBalancerSourceRanges: ['192.168.10.0/27'],
    balancer: { ip: GUARDED },
  },
  shared: { clusterIP: '10.96.1.11', externalIPs: [EXTERNAL] },
  sticky: { clusterIP: '10.96.1.12', sessionAffinity: 'ClientIP' },
  self: { clusterIP: '10.96.1.13' },
  udp: { clusterIP: '10.96.1.14', ports: [{ port: 53, targetPort: 8080, protocol: 'UDP' }] },
  'same-node': { clusterIP: '10.96.1.15', trafficDistribution: 'PreferSameNode' },
  'same-zone': { clusterIP: '10.96.1.16', trafficDistribution: 'PreferSameZone' },
  ending: { clusterIP: '10.96.1.17' },
};

const APPS: Readonly<Record<string, string>> = {
  far: 'far',
  'far-inside': 'far',
  nobody: 'nobody',
  self: 'client',
};

function port(nodePort: number) {
  return { port: 80, targetPort: 8080, nodePort };
}

function must<T>(result: { ok: boolean; object?: T; status?: { message?: string } }): void {
  if (!result.ok) throw new Error(result.status?.message ?? 'refused');
}

/** The same Service with addresses of one family. */
function specIn(spec: Service['spec'], family: IpVersion): Service['spec'] {
  if (family === 4) return spec;
  const { clusterIP = '', externalIPs, loadBalancerSourceRanges } = spec;
  return {
    ...spec,
    ipFamilies: ['IPv6'],
    clusterIP: inFamily(clusterIP, family),
    ...(externalIPs ? { externalIPs: externalIPs.map((ip) => inFamily(ip, family)) } : {}),
    // As 192.168.10.0/27: the nodes, and not the workstation.
    ...(loadBalancerSourceRanges ? { loadBalancerSourceRanges: ['fd00:10::/123'] } : {}),
  };
}

function addService(cluster: Cluster, name: string, family: IpVersion): void {
  const { balancer, ...spec } = SERVICES[name]!;
  const ports = [{ port: 80, targetPort: 8080 }];
  const selector = { app: APPS[name] ?? 'web' };
  const service = aService(name, { ports, ...specIn(spec, family), selector });
  if (name === 'ending') delete service.spec.selector;
  must(cluster.store.create(service));
  if (!balancer) return;
  const made = structuredClone(cluster.store.get<Service>('Service', 'default', name)!);
  const ingress = [{ ...balancer, ip: inFamily(balancer.ip, family) }];
  must(cluster.store.updateStatus({ ...made, status: { loadBalancer: { ingress } } }));
}

const podOf = (cluster: Cluster, name: string, family: IpVersion) =>
  cluster.store
    .get<Pod>('Pod', 'default', name)
    ?.status?.podIPs?.map(({ ip }) => ip)
    .find((ip) => ipVersion(ip) === family) ?? '';

/** Endpoints that end but still serve: one on each node, while none is ready. */
const endingSlice = (cluster: Cluster, family: IpVersion): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    name: 'ending-1',
    namespace: 'default',
    labels: { 'kubernetes.io/service-name': 'ending' },
  },
  addressType: `IPv${family}`,
  ports: [{ name: '', port: 8080, protocol: 'TCP' }],
  endpoints: ['web-a', 'web-b', 'web-c'].map((name, index) => ({
    addresses: [podOf(cluster, name, family)],
    nodeName: PODS[name]![0],
    conditions: { ready: false, serving: index < 2, terminating: true },
  })),
});

function namespaceOf(cluster: Cluster, place: string): string {
  const pod = Object.values(cluster.network.namespaces).find(
    ({ label }) => label === `default/${place}`,
  );
  return pod?.id ?? place;
}

function start(cluster: Cluster, place: string, program: string, args: readonly string[]): number {
  const tag = cluster.openTrace(`${place} ${args.join(' ')}`);
  return startProcess(cluster.network, cluster.environment, {
    program,
    args,
    namespace: namespaceOf(cluster, place),
    hostname: place,
    files: {},
    environment: {},
    tag,
  });
}

/** Whoever is outside sends to the cluster's addresses through node-a, as a router told to do so would. */
function addOutsideRoutes(cluster: Cluster, family: IpVersion): void {
  const outside = cluster.network.namespaces[WORKSTATION]!;
  const ranges =
    family === 4 ? ['10.96.0.0/16', '203.0.113.0/24'] : ['fd00:10:96::/112', '2001:db8:203::/64'];
  for (const destination of ranges) {
    const route = {
      destination,
      via: inFamily(NODES[0]!.address, family),
      device: 'eth0',
      protocol: 'static',
    } as const;
    const problem = addRoute(outside, route);
    if (problem !== undefined) throw new Error(problem);
  }
}

/** A cluster with a server in every pod and a Service of every sort. */
export interface ServiceBench {
  readonly cluster: Cluster;
  /** Of the Services. */
  readonly family: IpVersion;
  /** Pod → pid of its TCP and its UDP server. */
  readonly servers: ReadonlyMap<string, readonly number[]>;
}

/** For IPv6 a cluster of both families: every pod has addresses of both, every Service one of IPv6. */
function optionsFor(proxyMode: ProxyMode, cni: CniName, family: IpVersion): ClusterOptions {
  // The balancers' addresses are made up: behind the router nobody says that they are not there.
  const more = { proxyMode, cni, outside: 'none' } as const;
  if (family === 4) return { ...DEFAULT_CLUSTER, nodes: NODES, ...more };
  const nodes = NODES.map((node) => ({ ...node, address6: inFamily(node.address, family) }));
  return { ...DUAL_STACK_CLUSTER, nodes, ...more };
}

function build(proxyMode: ProxyMode, cni: CniName, family: IpVersion): ServiceBench {
  const options = optionsFor(proxyMode, cni, family);
  const cluster = startCluster(options, `rows ${proxyMode} ${cni}`, 1_767_603_600_000_000);
  Object.assign(cluster.environment.programs, LAB_PROGRAMS);
  for (const [name, [nodeName, app]] of Object.entries(PODS)) {
    const ports = [{ name: 'http', containerPort: 8080 }];
    const image = 'registry.k8s.io/pause:3.10';
    must(
      cluster.store.create(
        aPod(name, { nodeName, containers: [{ name: 'main', image, ports }] }, { app }),
      ),
    );
  }
  for (const name of Object.keys(SERVICES)) addService(cluster, name, family);
  cluster.settle();
  cluster.advance(30 * SECOND);
  must(cluster.store.create(endingSlice(cluster, family)));
  addOutsideRoutes(cluster, family);
  const servers = new Map(
    Object.keys(PODS).map((pod) => [
      pod,
      [
        start(cluster, pod, 'tcp-server', ['8080', pod]),
        start(cluster, pod, 'udp-server', ['8080']),
      ],
    ]),
  );
  cluster.advance(SECOND);
  return { cluster, family, servers };
}

const benches = new Map<string, ServiceBench>();

/** The bench of one proxy mode, CNI and family; built once a file. */
export function benchFor(mode: ProxyMode, cni: CniName, family: IpVersion = 4): ServiceBench {
  const key = `${mode} ${cni} ${family}`;
  const bench = benches.get(key) ?? build(mode, cni, family);
  benches.set(key, bench);
  return bench;
}

/** What the servers have printed, and forgotten: `web-a heard 10.244.0.3`. */
function heard({ cluster, servers }: ServiceBench): string[] {
  return [...servers].flatMap(([pod, pids]) =>
    pids.flatMap((pid) => {
      const process = cluster.network.processes[pid]!;
      const lines = process.output.trim().split('\n').filter(Boolean);
      process.output = '';
      return lines.map((line) => `${pod} ${line.replace(/^.* from /, '')}`);
    }),
  );
}

/** How one address is called in the rows. */
function nameOf({ cluster, family }: ServiceBench, address: string, from: string): string {
  if (address === podOf(cluster, from, family)) return 'itself';
  if (from === WORKSTATION && address === inFamily('192.168.10.100', family)) return 'itself';
  const owner = NODES.find(({ name }) =>
    Object.values(cluster.network.namespaces[name]!.links).some(({ addresses }) =>
      addresses.some((own) => own.address === address),
    ),
  );
  return owner?.name ?? address;
}

/** One try: `web-a as itself`, `refused`, `silence`. The target is an address of the bench's family. */
export function tryOnce(bench: ServiceBench, row: { from: string; to: string }): string {
  const { cluster } = bench;
  const [to, protocol = 'tcp'] = row.to.split('/');
  heard(bench);
  const pid = start(cluster, row.from, `${protocol}-client`, [to!]);
  const process = () => cluster.network.processes[pid]!;
  cluster.runUntil(
    () => process().exitCode !== undefined,
    protocol === 'udp' ? 3 * SECOND : 200 * SECOND,
  );
  const [answer] = heard(bench);
  if (answer !== undefined && process().exitCode === 0) {
    const [pod = '', address = ''] = answer.split(' ');
    return `${pod} as ${nameOf(bench, address, row.from)}`;
  }
  if (process().output.startsWith('ECONNREFUSED')) return 'refused';
  if (process().output.startsWith('ENETUNREACH')) return 'unreachable';
  return process().exitCode === undefined || process().output === 'ETIMEDOUT'
    ? 'silence'
    : process().output;
}

/** The nodes that the request of the newest trace passed, in order. */
export function viaOf({ cluster }: ServiceBench): string {
  const id = Object.keys(cluster.state.traces).at(-1) ?? '';
  const steps = cluster.state.traces[id]?.steps ?? [];
  const ours = [WORKSTATION, ...NODES.map(({ name }) => name)];
  const machines = steps
    .filter(({ packet, place }) => packet === 1 && ours.includes(place.machine))
    .map(({ place }) => place.machine);
  return machines.filter((machine, index) => machine !== machines[index - 1]).join(' ');
}

/** The newest trace as text. */
export function lastTrace({ cluster }: ServiceBench): string {
  const trace = cluster.trace(Object.keys(cluster.state.traces).at(-1) ?? '');
  return trace ? printTrace(trace.steps) : 'no trace';
}
