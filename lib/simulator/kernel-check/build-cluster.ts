import { SECOND } from '../base/clock.ts';
import { invariant } from '../base/invariant.ts';
import type { Pod } from '../api/core/pod.ts';
import type { Service } from '../api/core/service.ts';
import type { ApiResult, KubeObject } from '../api/meta/object.ts';
import { startCluster, WORKSTATION } from '../bootstrap.ts';
import { Cluster } from '../cluster.ts';
import type { ClusterOptions } from '../cluster-options.ts';
import { INTERNET_CLIENT } from '../outside/build-outside.ts';
import { startProcess } from '../linux/process.ts';
import { addRoute } from '../linux/routes.ts';
import { addressingOf } from './addressing.ts';
import { Dice } from './dice.ts';
import { PROBE_PROGRAMS } from './probe-programs.ts';
import { OPEN_PORT, type ClusterPlan, type PodPlan, type ServicePlan } from './random-cluster.ts';

/** 2026-01-01. */
const START = 1_767_225_600_000_000;
const ROUTER = 'router';
/** Takes what is for nobody, and says nothing. */
const INTERNET_HOST = '203.0.113.80';
/** Machines outside the cluster that serve, and ask. */
export const OUTSIDE_SERVERS: readonly string[] = [WORKSTATION, INTERNET_CLIENT, 'on-premises'];
const START_LIMIT = 120 * SECOND;
const AFTERMATH = 3 * SECOND;
const installed = new Map<string, Cluster['state']>();

/** DNS is not asked here; its pods would only cost time. Its Service stays, without endpoints. */
function removeDns(cluster: Cluster): void {
  cluster.store.delete('Deployment', 'kube-system', 'coredns', {});
  cluster.settle();
}

/** What the installer leaves behind is the same for equal options: made once, then copied. */
function installCluster(options: ClusterOptions): Cluster {
  const key = JSON.stringify(options);
  const known = installed.get(key);
  if (known) return new Cluster(structuredClone(known));
  const cluster = startCluster(options, 'kernel-check', START);
  removeDns(cluster);
  installed.set(key, structuredClone(cluster.state));
  return cluster;
}

function must<T extends KubeObject>(result: ApiResult<T>): T {
  invariant(result.ok, result.ok ? '' : `kernel-check: ${result.status.message ?? ''}`);
  return result.value;
}

function createService(cluster: Cluster, { object, balancer }: ServicePlan): void {
  const service = must(cluster.store.create<Service>(structuredClone(object)));
  if (!balancer) return;
  must(
    cluster.store.updateStatus<Service>({
      ...service,
      status: { ...service.status, loadBalancer: { ingress: [balancer] } },
    }),
  );
}

function startServer(cluster: Cluster, namespace: string, name: string, ports: readonly number[]) {
  startProcess(cluster.network, cluster.environment, {
    program: 'probe-server',
    args: [name, ...ports.map(String)],
    namespace,
    hostname: name,
    files: {},
    environment: {},
  });
}

/** The id of the network namespace that a pod is in. */
export function namespaceOfPod(cluster: Cluster, name: string): string | undefined {
  const pod = cluster.store.get<Pod>('Pod', 'default', name);
  if (pod?.spec.hostNetwork) return pod.spec.nodeName;
  const label = `default/${name}`;
  return Object.values(cluster.network.namespaces).find((each) => each.label === label)?.id;
}

function startPodServer(cluster: Cluster, { object, ports }: PodPlan): void {
  const { name } = object.metadata;
  const namespace = namespaceOfPod(cluster, name);
  invariant(namespace !== undefined, `kernel-check: pod ${name} has no network`);
  startServer(cluster, namespace, name, ports);
}

function addRoutes(
  cluster: Cluster,
  machine: string,
  routes: ReadonlyMap<string, string>,
  device = 'eth0',
): void {
  const namespace = cluster.network.namespaces[machine];
  invariant(namespace, `kernel-check: no machine ${machine}`);
  for (const [destination, via] of routes) {
    const problem = addRoute(namespace, { destination, via, device, protocol: 'static' });
    invariant(problem === undefined, `kernel-check: ${problem ?? ''}`);
  }
}

/**
 * Whoever is outside reaches addresses of the cluster through some node, as a router of the data centre would say; from
 * the internet only those of load balancers and external IPs.
 */
function addOutsideRoutes(cluster: Cluster, plan: ClusterPlan): void {
  const dice = new Dice(`${plan.seed} routes`);
  const { podRange, serviceRange, hostPrefix, nodes } = addressingOf(plan.options, plan.family);
  const addresses = plan.services.flatMap(({ object, balancer }) => [
    ...(object.spec.externalIPs ?? []),
    ...(balancer ? [balancer.ip] : []),
  ]);
  const drawRoutes = (destinations: readonly string[]) =>
    new Map(destinations.map((destination) => [destination, dice.pick(nodes)]));
  const hosts = addresses.map((address) => `${address}${hostPrefix}`);
  addRoutes(cluster, WORKSTATION, drawRoutes([serviceRange, podRange, ...hosts]));
  addRoutes(cluster, ROUTER, drawRoutes(hosts));
  // Without a default route the router would answer that it has none, but only five times at once to each sender
  // (ip_rt_error_burst), which depends on the clock.
  addRoutes(cluster, ROUTER, new Map([['0.0.0.0/0', INTERNET_HOST]]), 'eth1');
}

/** Until every pod has a network and its containers run; then what watches them gets time to write rules. */
function waitForPods(cluster: Cluster): void {
  const isRunning = (pod: Pod) => pod.status?.phase === 'Running';
  cluster.runUntil(() => cluster.store.list<Pod>('Pod').every(isRunning), START_LIMIT);
  cluster.advance(AFTERMATH);
}

/**
 * How many redirects a host has had lately decides whether it gets another one (ip_rt_send_redirect), which depends on the
 * clock. lay-out.ts tells the kernel the same; a device with a dot in its name has no such file that we could name.
 */
function sendNoRedirects({ network }: Cluster): void {
  for (const { links, sysctls } of Object.values(network.namespaces)) {
    for (const device of ['all', ...Object.keys(links)])
      if (!device.includes('.')) sysctls[`ipv4.conf.${device}.send_redirects`] = '0';
  }
}

/** The planned cluster, simulated: objects go in through the store, controllers and agents do the rest. */
export function buildCluster(plan: ClusterPlan): Cluster {
  const cluster = installCluster(plan.options);
  Object.assign(cluster.environment.programs, PROBE_PROGRAMS);
  for (const { object } of plan.pods) must(cluster.store.create(structuredClone(object)));
  for (const service of plan.services) createService(cluster, service);
  waitForPods(cluster);
  for (const { object, fate } of plan.pods) {
    if (fate === 'is-deleted') cluster.store.delete('Pod', 'default', object.metadata.name, {});
  }
  cluster.advance(AFTERMATH);
  for (const pod of plan.pods) startPodServer(cluster, pod);
  for (const machine of OUTSIDE_SERVERS) startServer(cluster, machine, machine, [OPEN_PORT]);
  addOutsideRoutes(cluster, plan);
  sendNoRedirects(cluster);
  cluster.advance(1000);
  return cluster;
}
