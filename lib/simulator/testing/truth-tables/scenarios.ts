import { SECOND } from '../../base/clock.ts';
import { DUAL_STACK_CLUSTER, type ClusterOptions } from '../../cluster-options.ts';
import type { Cluster } from '../../cluster.ts';
import { accept } from '../run-controllers.ts';
import type { TablePod, TableScenario, TableService } from './scenario.ts';

/** Two web servers on two nodes, and a client that has a server of its own. */
const WEB: readonly TablePod[] = [
  { name: 'default/client', node: 'node-a' },
  { name: 'default/web-a', node: 'node-a', app: 'web' },
  { name: 'default/web-b', node: 'node-b', app: 'web' },
];
const CLUSTER_IP: readonly TableService[] = [{ name: 'default/web', app: 'web' }];

/** Pods and Services of two namespaces: a namespace is no border for packets. */
const TWO_NAMESPACES = {
  about: 'Two namespaces: names differ, packets do not care.',
  pods: [
    ...WEB,
    { name: 'shop/cart', node: 'node-a', ports: [8080, 9090] },
    { name: 'shop/stock', node: 'node-b' },
  ],
  services: [
    ...CLUSTER_IP,
    {
      name: 'shop/cart',
      app: 'cart',
      spec: {
        ports: [
          { name: 'http', port: 80, targetPort: 8080 },
          { name: 'metrics', port: 9090 },
        ],
      },
    },
    { name: 'shop/stock', app: 'stock', spec: { ports: [{ port: 80, targetPort: 'http' }] } },
  ],
} as const satisfies Partial<TableScenario>;

const NODE_PORTS = {
  about:
    'NodePort: front with externalTrafficPolicy Cluster, 30081 with Local and its only pod on node-b.',
  pods: [...WEB, { name: 'default/far', node: 'node-b' }],
  services: [
    {
      name: 'default/front',
      app: 'web',
      spec: { type: 'NodePort', ports: [{ port: 80, targetPort: 8080, nodePort: 30_080 }] },
    },
    {
      name: 'default/far',
      app: 'far',
      spec: {
        type: 'NodePort',
        externalTrafficPolicy: 'Local',
        ports: [{ port: 80, targetPort: 8080, nodePort: 30_081 }],
      },
    },
  ],
} as const satisfies Partial<TableScenario>;

const DUAL_STACK = {
  about: 'Dual stack: both families, and a Service of IPv6 alone.',
  pods: WEB,
  services: [
    {
      name: 'default/web',
      app: 'web',
      spec: {
        ipFamilyPolicy: 'RequireDualStack',
        type: 'NodePort',
        ports: [{ port: 80, targetPort: 8080, nodePort: 30_080 }],
      },
    },
    { name: 'default/six', app: 'web', spec: { ipFamilies: ['IPv6'] } },
  ],
} as const satisfies Partial<TableScenario>;

const options = (
  cni: ClusterOptions['cni'],
  proxyMode: ClusterOptions['proxyMode'],
): Pick<TableScenario, 'options'> => ({ options: { cni, proxyMode } });

/** kube-proxy on node-b stands still when web-a goes. */
function removeWebA(cluster: Cluster): void {
  cluster.setAgent('kube-proxy', 'node-b', 'stopped');
  accept(cluster.store.delete('Pod', 'default', 'web-a', { gracePeriodSeconds: 0 }));
  cluster.advance(60 * SECOND);
}

function stopBird(cluster: Cluster): void {
  cluster.setAgent('bird', 'node-b', 'stopped');
  cluster.settle();
}

function setSysctl(cluster: Cluster, node: string, key: string, value: string): void {
  const namespace = cluster.network.namespaces[node];
  if (namespace) namespace.sysctls[key] = value;
}

/** Dual stack over the pod networks that are not routed, in both proxy modes. */
const DUAL_STACK_NETWORKS = (['vxlan', 'bgp'] as const).flatMap((cni) =>
  (['iptables', 'nftables'] as const).map((proxyMode): TableScenario => ({
    name: `dual-stack-${cni}-${proxyMode}`,
    ...DUAL_STACK,
    options: { ...DUAL_STACK_CLUSTER, cni, proxyMode },
  })),
);

/** Every scenario that has a golden table. */
export const SCENARIOS: readonly TableScenario[] = [
  { name: 'namespaces-routed-iptables', ...TWO_NAMESPACES, ...options('routed', 'iptables') },
  { name: 'namespaces-vxlan-nftables', ...TWO_NAMESPACES, ...options('vxlan', 'nftables') },
  { name: 'namespaces-bgp-iptables', ...TWO_NAMESPACES, ...options('bgp', 'iptables') },
  { name: 'node-ports-routed-iptables', ...NODE_PORTS, ...options('routed', 'iptables') },
  { name: 'node-ports-bgp-nftables', ...NODE_PORTS, ...options('bgp', 'nftables') },
  {
    name: 'dual-stack-iptables',
    ...DUAL_STACK,
    options: { ...DUAL_STACK_CLUSTER, proxyMode: 'iptables' },
  },
  {
    name: 'dual-stack-nftables',
    ...DUAL_STACK,
    options: { ...DUAL_STACK_CLUSTER, proxyMode: 'nftables' },
  },
  ...DUAL_STACK_NETWORKS,
  {
    name: 'dual-stack-withdrawn',
    about: 'BIRD stopped on node-b: node-a has no route of either family to its pods any more.',
    options: { ...DUAL_STACK_CLUSTER, cni: 'bgp' },
    pods: WEB,
    services: [{ name: 'default/web', app: 'web', spec: { ipFamilyPolicy: 'RequireDualStack' } }],
    fault: stopBird,
  },
  {
    name: 'service-kinds',
    about:
      'A headless Service has no address of its own; one without endpoints refuses; near stays on the node; sticky keeps to one pod; udp is UDP alone.',
    pods: WEB,
    services: [
      { name: 'default/headless', app: 'web', spec: { clusterIP: 'None' } },
      { name: 'default/nobody', app: 'nobody' },
      { name: 'default/near', app: 'web', spec: { internalTrafficPolicy: 'Local' } },
      { name: 'default/near-client', app: 'client', spec: { internalTrafficPolicy: 'Local' } },
      { name: 'default/sticky', app: 'web', spec: { sessionAffinity: 'ClientIP' } },
      {
        name: 'default/udp',
        app: 'web',
        spec: { ports: [{ port: 53, targetPort: 8080, protocol: 'UDP' }] },
      },
      { name: 'default/shared', app: 'web', spec: { externalIPs: ['192.168.10.200'] } },
    ],
  },
  {
    name: 'not-ready',
    about: 'web-b is not ready: Services leave it out, its address still answers.',
    pods: WEB.map((pod) => (pod.name === 'default/web-b' ? { ...pod, notReady: true } : pod)),
    services: [
      ...CLUSTER_IP,
      { name: 'default/eager', app: 'web', spec: { publishNotReadyAddresses: true } },
    ],
  },
  {
    name: 'port-drift',
    about: 'web-b listens on 8081 while its container port and the Service say 8080.',
    pods: WEB.map((pod) => (pod.name === 'default/web-b' ? { ...pod, listens: [8081] } : pod)),
    services: CLUSTER_IP,
  },
  {
    name: 'host-network',
    about: "Pods in the network of their node: their address is the node's.",
    pods: [
      { name: 'default/client', node: 'node-a' },
      { name: 'default/host-a', node: 'node-a', app: 'host', hostNetwork: true },
      { name: 'default/host-b', node: 'node-b', app: 'host', hostNetwork: true },
    ],
    services: [
      {
        name: 'default/host',
        app: 'host',
        spec: { type: 'NodePort', ports: [{ port: 80, targetPort: 8080, nodePort: 30_080 }] },
      },
    ],
  },
  {
    name: 'stale-kube-proxy',
    about:
      'kube-proxy stopped on node-b before web-a was replaced by web-new: node-b still sends to the old address.',
    pods: WEB,
    services: CLUSTER_IP,
    fault: removeWebA,
    laterPods: [{ name: 'default/web-new', node: 'node-a', app: 'web' }],
  },
  {
    name: 'bgp-withdrawn',
    about: 'BIRD stopped on node-b: node-a has no route to its pods any more.',
    ...options('bgp', 'iptables'),
    pods: WEB,
    services: CLUSTER_IP,
    fault: stopBird,
  },
  {
    name: 'bridge-nf-off',
    about:
      "bridge-nf-call-iptables is 0 on node-a: answers that cross the bridge keep the pod's address, and nobody waits for them.",
    pods: WEB,
    services: CLUSTER_IP,
    fault: (cluster) => {
      setSysctl(cluster, 'node-a', 'bridge.bridge-nf-call-iptables', '0');
    },
  },
  {
    name: 'forwarding-off',
    about: 'ip_forward is 0 on node-b: its pods are cut off from everything that is routed.',
    pods: WEB,
    services: CLUSTER_IP,
    fault: (cluster) => {
      setSysctl(cluster, 'node-b', 'ipv4.ip_forward', '0');
    },
  },
  {
    name: 'masquerade-all',
    about: 'masqueradeAll: no pod sees who asks it through a Service.',
    options: { kubeProxy: { masqueradeAll: true } },
    pods: WEB,
    services: CLUSTER_IP,
  },
];
