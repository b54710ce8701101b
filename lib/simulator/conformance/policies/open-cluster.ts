import { SECOND } from '../../base/clock.ts';
import { invariant } from '../../base/invariant.ts';
import type { Node } from '../../api/core/node.ts';
import type { Pod } from '../../api/core/pod.ts';
import { startCluster } from '../../bootstrap.ts';
import type { Cluster, ClusterState } from '../../cluster.ts';
import { completeClusterOptions, type ProxyMode } from '../../cluster-options.ts';
import { reservationDirectory } from '../../node/cni/reservation-files.ts';
import { restore, save } from '../../snapshot.ts';
import { WORKSTATION } from '../../site.ts';
import { giveAddress, routeToPods, startOutsideServers } from './give-address.ts';
import { containersFor } from './listen-on.ts';
import { addressBefore, placePods, type Placement } from './place-pods.ts';
import { keyOfPod, uniquePorts, type PlannedCluster, type PlannedPod } from './planned-cluster.ts';
import { serviceFor } from './service-of-pod.ts';
import { applyObject, request, type Manifest } from './write-objects.ts';

/** 2026-01-01. */
const START = 1_767_225_600_000_000;
const START_LIMIT = 120 * SECOND;
/** For rules of Services and routes to be written. */
const AFTERMATH = 3 * SECOND;
/** The network of the nodes' CNI configuration, in which addresses are reserved. */
const NETWORK = 'cbr0';

function must(problem: string | undefined): void {
  invariant(problem === undefined, `conformance: ${problem ?? ''}`);
}

/** host-local gives the address after the one it gave last: the next pod on this node gets `address`. */
function reserveNext({ network }: Cluster, node: string, address: string): void {
  const files = network.machines[node]?.files;
  if (files) files[`${reservationDirectory(NETWORK)}last_reserved_ip.0`] = addressBefore(address);
}

function podManifest(pod: PlannedPod, node: string | undefined): Manifest {
  const { namespace, name, labels, isOnHostNetwork, ports, address } = pod;
  const own = isOnHostNetwork && address !== undefined ? [address] : [];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels: { ...labels } },
    spec: {
      containers: containersFor(ports, own),
      terminationGracePeriodSeconds: 0,
      ...(node !== undefined && { nodeName: node }),
      ...(isOnHostNetwork && { hostNetwork: true }),
    },
  };
}

/** Where a pod is put: on the node that has its address, or whose part of the range holds it. */
function nodeOf({ address, isOnHostNetwork }: PlannedPod, plan: PlannedCluster, at: Placement) {
  if (address === undefined) return undefined;
  const own = plan.nodes.find(({ addresses }) => addresses.includes(address));
  return isOnHostNetwork ? own?.name : at.nodeOf(address);
}

const isRunning = (pod: Pod | undefined) =>
  pod?.status?.phase === 'Running' &&
  pod.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;

function waitFor(cluster: Cluster, pods: readonly PlannedPod[]): void {
  const areRunning = () =>
    pods.every(({ namespace, name }) => isRunning(cluster.store.get<Pod>('Pod', namespace, name)));
  invariant(
    cluster.runUntil(areRunning, START_LIMIT),
    `conformance: not running: ${pods.map(keyOfPod).join(', ')}`,
  );
}

/** Pods in rounds, one of each node: within a round each gets the address that was set up for it. */
function roundsOf(plan: PlannedCluster, at: Placement): PlannedPod[][] {
  const sorted = [...plan.pods].sort((a, b) =>
    (a.address ?? '') === (b.address ?? '') ? 0 : (a.address ?? '') < (b.address ?? '') ? -1 : 1,
  );
  const counts = new Map<string | undefined, number>();
  const rounds: PlannedPod[][] = [];
  for (const pod of sorted) {
    const node = pod.isOnHostNetwork ? undefined : nodeOf(pod, plan, at);
    const round = node === undefined ? 0 : (counts.get(node) ?? 0);
    counts.set(node, round + 1);
    (rounds[round] ??= []).push(pod);
  }
  return rounds;
}

function createPod(cluster: Cluster, pod: PlannedPod, node: string | undefined): void {
  if (pod.address !== undefined && node !== undefined && !pod.isOnHostNetwork) {
    reserveNext(cluster, node, pod.address);
  }
  must(applyObject(cluster, podManifest(pod, node)));
}

function createPods(cluster: Cluster, plan: PlannedCluster, at: Placement): void {
  for (const round of roundsOf(plan, at)) {
    for (const pod of round) createPod(cluster, pod, nodeOf(pod, plan, at));
    waitFor(cluster, round);
  }
  for (const { namespace, name, address, isOnHostNetwork } of plan.pods) {
    const given = cluster.store.get<Pod>('Pod', namespace, name)?.status?.podIP;
    invariant(
      address === undefined || isOnHostNetwork || given === address,
      `conformance: ${namespace}/${name} has ${given ?? 'no address'} instead of ${address ?? ''}`,
    );
  }
}

/** The addresses of a table's nodes, on their machines and in their Node objects. */
function addNodeAddresses(cluster: Cluster, plan: PlannedCluster): void {
  for (const { name, addresses } of plan.nodes) {
    for (const address of addresses) giveAddress(cluster, name, address);
    const present = cluster.store.get<Node>('Node', undefined, name)?.status?.addresses ?? [];
    const added = addresses.map((address) => ({ type: 'InternalIP', address }));
    request(
      cluster,
      'PATCH',
      `/api/v1/nodes/${name}/status`,
      { status: { addresses: [...present, ...added] } },
      'application/merge-patch+json',
    );
  }
}

function addOutsiders(cluster: Cluster, { outsiders }: PlannedCluster): void {
  if (outsiders.length === 0) return;
  for (const { address } of outsiders) giveAddress(cluster, WORKSTATION, address);
  routeToPods(cluster);
  const addresses = outsiders.map(({ address }) => address);
  startOutsideServers(cluster, uniquePorts(outsiders.flatMap(({ ports }) => ports)), addresses);
}

const installed = new Map<string, ClusterState>();
const opened = new Map<string, ClusterState>();
/** A table's cases mostly share a cluster or come one after another. */
const MOST_KEPT = 30;

/** What the installer leaves behind is the same for equal options: made once, then copied. */
function install({ podCidr, nodes }: Placement, proxyMode: ProxyMode): Cluster {
  const options = completeClusterOptions({
    podCidr,
    nodes,
    proxyMode,
    serviceCidr: '10.96.0.0/16',
    networkPolicies: 'enforced',
  });
  const key = JSON.stringify(options);
  const state = installed.get(key) ?? save(startCluster(options, 'conformance', START));
  installed.set(key, state);
  return restore(state);
}

function build(plan: PlannedCluster, at: Placement, proxyMode: ProxyMode): Cluster {
  const cluster = install(at, proxyMode);
  addNodeAddresses(cluster, plan);
  for (const [name, labels] of Object.entries(plan.namespaces)) {
    const metadata = { name, labels: { ...labels } };
    must(applyObject(cluster, { apiVersion: 'v1', kind: 'Namespace', metadata }));
  }
  cluster.settle();
  createPods(cluster, plan, at);
  if (plan.hasServices) for (const pod of plan.pods) must(applyObject(cluster, serviceFor(pod)));
  addOutsiders(cluster, plan);
  cluster.advance(AFTERMATH);
  return cluster;
}

/**
 * The planned cluster, as somebody sets it up: namespaces, pods, Services go in through the API server, controllers and agents
 * do the rest. Pods have the addresses that the table gives them. Undefined when no cluster of ours can have these.
 */
export function openCluster(plan: PlannedCluster, proxyMode: ProxyMode): Cluster | undefined {
  const key = JSON.stringify([plan, proxyMode]);
  const known = opened.get(key);
  if (known) return restore(known);
  const at = placePods(plan);
  if (!at) return undefined;
  const state = save(build(plan, at, proxyMode));
  const [oldest] = opened.keys();
  if (opened.size >= MOST_KEPT && oldest !== undefined) opened.delete(oldest);
  opened.set(key, state);
  return restore(state);
}
