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
import { OPEN_PORT } from './probe-ports.ts';
import type { ClusterPlan, PodPlan, PolicyPlan, ServicePlan } from './cluster-plan.ts';

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
export function namespaceOfPod(cluster: Cluster, { metadata, spec }: Pod): string | undefined {
  if (spec.hostNetwork) return spec.nodeName;
  const label = `${metadata.namespace ?? ''}/${metadata.name}`;
  return Object.values(cluster.network.namespaces).find((each) => each.label === label)?.id;
}

function startPodServer(cluster: Cluster, { object, ports }: PodPlan): void {
  const { name } = object.metadata;
  const namespace = namespaceOfPod(cluster, object);
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

const createEach = (cluster: Cluster, objects: readonly KubeObject[]) => {
  for (const object of objects) must(cluster.store.create(structuredClone(object)));
};

const policiesOf = ({ policies }: ClusterPlan, fate: PolicyPlan['fate']) =>
  policies.filter((each) => each.fate === fate).map(({ object }) => object);

function deleteObject(cluster: Cluster, { kind, metadata }: KubeObject): void {
  cluster.store.delete(kind, metadata.namespace, metadata.name, {});
}

/** What happens to a cluster that runs: whoever writes rules has to write what changed. */
function changeObjects(cluster: Cluster, plan: ClusterPlan): void {
  for (const { object, fate, newLabels } of plan.pods) {
    const pod = cluster.store.get<Pod>('Pod', object.metadata.namespace, object.metadata.name);
    if (newLabels && pod)
      must(cluster.store.update({ ...pod, metadata: { ...pod.metadata, labels: newLabels } }));
    if (fate === 'is-deleted') deleteObject(cluster, object);
  }
  createEach(cluster, policiesOf(plan, 'comes-last'));
  for (const policy of policiesOf(plan, 'is-deleted')) deleteObject(cluster, policy);
}

/** The planned cluster, simulated: objects go in through the store, controllers and agents do the rest. */
export function buildCluster(plan: ClusterPlan): Cluster {
  const cluster = installCluster(plan.options);
  Object.assign(cluster.environment.programs, PROBE_PROGRAMS);
  createEach(cluster, plan.namespaces);
  cluster.settle();
  createEach(cluster, policiesOf(plan, 'comes-first'));
  createEach(cluster, policiesOf(plan, 'is-deleted'));
  createEach(
    cluster,
    plan.pods.map(({ object }) => object),
  );
  for (const service of plan.services) createService(cluster, service);
  waitForPods(cluster);
  changeObjects(cluster, plan);
  cluster.advance(AFTERMATH);
  for (const pod of plan.pods) startPodServer(cluster, pod);
  for (const machine of OUTSIDE_SERVERS) startServer(cluster, machine, machine, [OPEN_PORT]);
  addOutsideRoutes(cluster, plan);
  sendNoRedirects(cluster);
  cluster.advance(1000);
  return cluster;
}
