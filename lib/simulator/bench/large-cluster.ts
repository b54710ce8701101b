import type { Node } from '../api/core/node.ts';
import type { Pod } from '../api/core/pod.ts';
import type { Service } from '../api/core/service.ts';
import type { EndpointSlice } from '../api/discovery/endpoint-slice.ts';
import type { Micros } from '../base/clock.ts';
import { invariant } from '../base/invariant.ts';
import { DEFAULT_CLUSTER, type ClusterOptions, type ProxyMode } from '../cluster-options.ts';
import { Cluster, createClusterState } from '../cluster.ts';
import { createStore } from '../apiserver/create-store.ts';
import type { Store } from '../apiserver/store.ts';
import { startProcess } from '../linux/process.ts';
import { addRoute } from '../linux/routes.ts';
import { buildNode, buildUnderlay } from '../node/build-node.ts';
import { addPodNetwork } from '../node/cni/pod-network.ts';
import { podNetworkNamespace } from '../node/kubelet/container-process.ts';
import { IMAGES } from '../workloads/images.ts';
import type { Place } from './send-requests.ts';
import { must } from './service-cluster.ts';

/** How large a cluster is. */
export interface Size {
  readonly nodes: number;
  readonly pods: number;
  readonly services: number;
  /** How many of the nodes, from the first on, have pods; absent: all. */
  readonly nodesWithPods?: number;
}

/** On which node a pod runs. */
const nodeOf = (pod: number, { nodes, nodesWithPods = nodes }: Size) => pod % nodesWithPods;

const ONE_SEGMENT = '172.16.0.0/16';
const START: Micros = 1_767_603_600_000_000;
/** Pods and Services are spread over so many namespaces. */
const NAMESPACES = 100;

const nodeName = (index: number) => `node-${String(index).padStart(4, '0')}`;
const namespaceOf = (service: number) => `team-${service % NAMESPACES}`;
const appOf = (service: number) => `app-${String(service).padStart(5, '0')}`;

function optionsOf({ nodes }: Size, proxyMode: ProxyMode): ClusterOptions {
  return {
    ...DEFAULT_CLUSTER,
    proxyMode,
    outside: 'none',
    podCidr: '10.128.0.0/11',
    nodes: Array.from({ length: nodes }, (_, index) => ({
      name: nodeName(index),
      address: `172.16.${1 + Math.floor(index / 250)}.${1 + (index % 250)}`,
    })),
  };
}

const podCidrOf = (index: number) => `10.${128 + Math.floor(index / 256)}.${index % 256}.0/24`;

/** The `number`th pod of a node: its bridge has the first address. */
const podAddress = (node: number, number: number) =>
  podCidrOf(node).replace('.0/24', `.${2 + number}`);

interface PlacedPod {
  readonly pod: Pod;
  readonly service: number;
}

/** A pod of a Service, running on its node, as the kubelet has reported it. */
function placePod(index: number, size: Size): PlacedPod {
  const [node, service] = [nodeOf(index, size), index % size.services];
  const podIP = podAddress(node, Math.floor(index / (size.nodesWithPods ?? size.nodes)));
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${appOf(service)}-${index}`,
      namespace: namespaceOf(service),
      labels: { app: appOf(service) },
    },
    spec: { nodeName: nodeName(node), containers: [{ name: 'web', image: 'nginx:1.29' }] },
    status: {
      phase: 'Running',
      podIP,
      podIPs: [{ ip: podIP }],
      hostIP: '172.16.0.1',
      conditions: [
        { type: 'Initialized', status: 'True' },
        { type: 'Ready', status: 'True' },
        { type: 'ContainersReady', status: 'True' },
        { type: 'PodScheduled', status: 'True' },
      ],
    },
  };
  return { pod, service };
}

const serviceObject = (index: number): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: appOf(index), namespace: namespaceOf(index) },
  spec: { selector: { app: appOf(index) }, ports: [{ port: 80 }] },
});

function sliceOf(service: number, placed: readonly PlacedPod[]): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${appOf(service)}-1`,
      namespace: namespaceOf(service),
      labels: { 'kubernetes.io/service-name': appOf(service) },
    },
    addressType: 'IPv4',
    ports: [{ name: '', port: 80, protocol: 'TCP' }],
    endpoints: placed.map(({ pod }) => ({
      addresses: [pod.status?.podIP ?? ''],
      nodeName: pod.spec.nodeName ?? '',
      conditions: { ready: true, serving: true, terminating: false },
    })),
  };
}

/** Namespaces, Services and slices through the API: defaults, validation, addresses. */
function createObjects(store: Store, size: Size, placed: readonly PlacedPod[]): void {
  for (let index = 0; index < NAMESPACES; index++) {
    const metadata = { name: namespaceOf(index) };
    must(store.create({ apiVersion: 'v1', kind: 'Namespace', metadata }));
  }
  const byService = new Map<number, PlacedPod[]>();
  for (const each of placed) {
    const created = must(store.create(each.pod));
    must(store.updateStatus({ ...created, status: each.pod.status }));
    const group = byService.get(each.service);
    if (group) group.push(each);
    else byService.set(each.service, [each]);
  }
  for (let index = 0; index < size.services; index++) {
    must(store.create(serviceObject(index)));
    must(store.create(sliceOf(index, byService.get(index) ?? [])));
  }
}

/** The machines, and the Node objects with the pod ranges that they have been given. */
function createNodes(cluster: Cluster, store: Store): void {
  const { network, environment, options } = cluster;
  buildUnderlay(network, environment);
  for (const [index, node] of options.nodes.entries()) {
    const made = buildNode(network, environment, node, options);
    const podCIDR = podCidrOf(index);
    must(store.create({ ...made, spec: { podCIDR, podCIDRs: [podCIDR] } }));
    const namespace = network.namespaces[node.name];
    if (namespace) {
      const route = { destination: ONE_SEGMENT, device: 'eth0', scope: 'link' } as const;
      addRoute(namespace, route);
    }
  }
}

/** The pod's namespace by CNI ADD of its node's plug-ins, and its web server, listening. */
function runPod(cluster: Cluster, { pod }: PlacedPod, node: number, files: Record<string, string>) {
  const { network, environment } = cluster;
  const { name, namespace = '', uid = '' } = pod.metadata;
  const netns = podNetworkNamespace(uid);
  const because = { kind: 'Pod', namespace, name };
  const added = addPodNetwork(
    [podCidrOf(node)],
    { containerId: uid, netns, label: `${namespace}/${name}`, because, portMappings: [] },
    { network, environment, options: cluster.options, node: nodeName(node) },
  );
  invariant(added.ok && added.addresses[0] === pod.status?.podIP, `no network: ${name}`);
  const draft = { program: 'nginx', args: ['-g', 'daemon off;'], namespace: netns };
  startProcess(network, environment, { ...draft, hostname: name, files, environment: {}, because });
}

/** What writes rules and routes on a node. */
const AGENTS = ['kube-proxy', 'routed-cni', 'policy-agent'];

/** One change of a Service and one of a Node: whoever hears of it reads everything. */
function wakeAgents({ store }: Cluster): void {
  const metadata = { name: 'last', namespace: namespaceOf(0) };
  const spec = { ports: [{ port: 80 }] };
  must(store.create<Service>({ apiVersion: 'v1', kind: 'Service', metadata, spec }));
  const [node] = store.list<Node>('Node');
  const labels = { ...node?.metadata.labels, settled: 'yes' };
  if (node) must(store.update<Node>({ ...node, metadata: { ...node.metadata, labels } }));
}

/** One pod of the first Service stops being ready. */
export function changeEndpoint({ store }: Cluster): void {
  const [slice] = store.list<EndpointSlice>('EndpointSlice', { namespace: namespaceOf(0) });
  const [first, ...rest] = slice?.endpoints ?? [];
  if (!slice || !first) return;
  const conditions = { ...first.conditions, ready: first.conditions?.ready !== true };
  must(store.update<EndpointSlice>({ ...slice, endpoints: [{ ...first, conditions }, ...rest] }));
}

/** The first pod, as the place of a process, and the address of the second Service: its pods are on the second node. */
export function firstPodAndTarget({ store, network }: Cluster): { from: Place; url: string } {
  const pod = store.get<Pod>('Pod', namespaceOf(0), `${appOf(0)}-0`);
  const service = store.get<Service>('Service', namespaceOf(1), appOf(1));
  const namespace = podNetworkNamespace(pod?.metadata.uid ?? '');
  invariant(pod && service && network.namespaces[namespace], 'a loaded cluster has pods');
  const from = { namespace, hostname: pod.metadata.name };
  return { from, url: `http://${service.spec.clusterIP ?? ''}/` };
}

/** What of a loaded cluster is at work. */
export interface Load {
  readonly size: Size;
  readonly proxyMode: ProxyMode;
  /** So many nodes have agents that run: kube-proxy and the CNI's daemon write rules and routes there. */
  readonly awake: number;
  /** Told how far the loading is. */
  readonly report?: (part: string) => void;
}

/**
 * A cluster as it is when it has settled, without the way there: objects through the API (defaults, validation,
 * addresses) as scheduler, kubelets and controllers would have left them; machines, pods' namespaces and processes
 * made as an installer and the kubelets make them; then the agents of `awake` nodes read it all and write their rules
 * and routes. Kubelets are stopped, and so are the other nodes' agents.
 */
export function largeCluster({ size, proxyMode, awake, report = () => {} }: Load): Cluster {
  const options = optionsOf(size, proxyMode);
  const state = createClusterState(options, 'large', START);
  for (const [index, { name }] of options.nodes.entries()) {
    state.stoppedAgents.push(`agent/kubelet/${name}`);
    if (index < awake) continue;
    state.stoppedAgents.push(...AGENTS.map((agent) => `agent/${agent}/${name}`));
  }
  const { random } = state;
  const store = createStore({ state: state.store, options, now: () => START, random });
  const placed = Array.from({ length: size.pods }, (_, index) => placePod(index, size));
  createObjects(store, size, placed);
  report('objects');
  const cluster = new Cluster(state);
  createNodes(cluster, store);
  report('machines');
  const files = { ...IMAGES['nginx']?.files };
  for (const [index, each] of placed.entries()) {
    const { namespace = '', name: podName } = each.pod.metadata;
    const pod = store.get<Pod>('Pod', namespace, podName) ?? each.pod;
    runPod(cluster, { ...each, pod }, nodeOf(index, size), files);
  }
  cluster.advance(100_000);
  report('pods');
  wakeAgents(cluster);
  cluster.settle();
  report('agents');
  return cluster;
}
