import { cidrsOf, networkOf } from './base/cidr.ts';
import { addToIp, formatIp, parseIp } from './base/ip.ts';

/**
 * How pods of different nodes reach one another: `routed` through the nodes' own network (flannel's host-gw), `vxlan`
 * through a tunnel (flannel's default), `bgp` by routes that the nodes tell one another, without any bridge (Calico
 * without encapsulation).
 */
export type CniName = 'routed' | 'vxlan' | 'bgp';

/** How a cluster is set up: what an installer would ask. Part of a scenario. */
export interface ClusterOptions {
  readonly kubernetesVersion: '1.35';
  readonly nodes: readonly NodeOptions[];
  /**
   * The pod range; each node gets a /24 of it in order (IPv6: a /64). As kubeadm's options, both ranges may be one of each
   * family with a comma between (dual stack: the first is the primary one) or IPv6 alone; see `cidrsOf`.
   */
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly nodePortRange: readonly [first: number, last: number];
  readonly clusterDomain: string;
  readonly dnsServiceIp: string;
  readonly proxyMode: ProxyMode;
  readonly kubeProxy?: KubeProxyOptions;
  readonly cni: CniName;
  /** The `mtu` of the CNI configuration, for every pod's interface. Absent: what the way between the nodes can carry. */
  readonly podMtu?: number;
  /** What is behind the router. Absent: an internet and a private service. */
  readonly outside?: 'internet' | 'none';
  /** Who gives Services of type LoadBalancer an address. Absent: nobody. */
  readonly loadBalancer?: LoadBalancerName;
  /** What stands between pods and the cluster's DNS. Absent: nothing. */
  readonly nodeDns?: NodeDnsName;
  /**
   * Whether a policy agent on every node makes rules of the policies. Absent: as the pod network does by itself; Calico's
   * Felix does, flannel has nobody who would.
   */
  readonly networkPolicies?: 'enforced' | 'ignored';
}

/** `cache`: NodeLocal DNSCache, a caching DNS server on every node. */
export type NodeDnsName = 'none' | 'cache';

/**
 * `cloud`: a load balancer that sends connections on to node ports with its own address as the source; `cloud-vip`: one that
 * hands packets to a node as they are, whose answers go straight back (direct server return); `layer2`: a node answers ARP for
 * the address (MetalLB).
 */
export type LoadBalancerName = 'none' | 'cloud' | 'cloud-vip' | 'layer2';

export type ProxyMode = 'iptables' | 'nftables';

/** Fields of KubeProxyConfiguration that differ from what an installer writes; all nodes have the same. */
export interface KubeProxyOptions {
  readonly masqueradeAll?: boolean;
  /** How kube-proxy knows pods; absent: by the cluster's pod range. */
  readonly detectLocal?: DetectLocal;
  /** Prefixes, or `primary`. Absent: every address in iptables mode, the primary one in nftables mode. */
  readonly nodePortAddresses?: readonly string[];
  /** iptables mode: node ports on 127.0.0.1. Absent: yes. */
  readonly localhostNodePorts?: boolean;
  /** Milliseconds from hearing of a change to the rules being written: a kube-proxy that lags. Absent: 0. */
  readonly syncDelayMs?: number;
  /**
   * `minSyncPeriod`, in milliseconds: how long a round is put off after the one before. Absent: 0, where an installer
   * writes 1 s.
   */
  readonly minSyncPeriodMs?: number;
}

export type DetectLocal =
  | { readonly mode: 'ClusterCIDR' | 'NodeCIDR' }
  | { readonly mode: 'BridgeInterface'; readonly bridge: string }
  | { readonly mode: 'InterfaceNamePrefix'; readonly prefix: string };

/** The link-local address that every node's cache has. */
export const NODE_CACHE_ADDRESS = '169.254.20.10';

/** Whether the nodes have caches. Simplified: they speak IPv4 alone; a cluster whose DNS has an IPv6 address gets none. */
export const hasNodeCache = ({ nodeDns, dnsServiceIp }: ClusterOptions) =>
  nodeDns === 'cache' && !dnsServiceIp.includes(':');

/**
 * Where the nodes' caches listen, in the order of `-localip`. In iptables mode a cache takes over the ClusterIP of kube-dns;
 * elsewhere kube-proxy would be in the way (nftables translates whatever asks for it), and pods are given the other address.
 */
export const nodeCacheAddresses = ({
  proxyMode,
  dnsServiceIp,
}: ClusterOptions): readonly string[] =>
  proxyMode === 'iptables' ? [NODE_CACHE_ADDRESS, dnsServiceIp] : [NODE_CACHE_ADDRESS];

/** The kubelet's `clusterDNS`: the name server of pods. */
export const clusterDnsOf = (options: ClusterOptions): string =>
  hasNodeCache(options) && options.proxyMode !== 'iptables'
    ? NODE_CACHE_ADDRESS
    : options.dnsServiceIp;

export interface NodeOptions {
  readonly name: string;
  readonly address: string;
  /** Of the other family, in a dual-stack cluster. */
  readonly address6?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export const DEFAULT_CLUSTER: ClusterOptions = {
  kubernetesVersion: '1.35',
  nodes: [
    { name: 'node-a', address: '192.168.10.11' },
    { name: 'node-b', address: '192.168.10.12' },
  ],
  podCidr: '10.244.0.0/16',
  serviceCidr: '10.96.0.0/16',
  nodePortRange: [30000, 32767],
  clusterDomain: 'cluster.local',
  dnsServiceIp: '10.96.0.10',
  proxyMode: 'iptables',
  cni: 'routed',
};

/** The default set-up with IPv6 beside IPv4. */
export const DUAL_STACK_CLUSTER: ClusterOptions = {
  ...DEFAULT_CLUSTER,
  nodes: [
    { name: 'node-a', address: '192.168.10.11', address6: 'fd00:10::11' },
    { name: 'node-b', address: '192.168.10.12', address6: 'fd00:10::12' },
  ],
  podCidr: '10.244.0.0/16,fd00:10:244::/56',
  serviceCidr: '10.96.0.0/16,fd00:10:96::/112',
};

/** In the spelling that Go prints: host bits cleared, IPv6 as RFC 5952 has it. What is no range stays as it is. */
const printRanges = (text: string) =>
  cidrsOf(text)
    .map((cidr) => (cidr.includes('/') ? networkOf(cidr) : undefined) ?? cidr)
    .join(',');

function printAddress(text: string): string {
  const ip = parseIp(text);
  return ip ? formatIp(ip) : text;
}

const printNode = (node: NodeOptions): NodeOptions => ({
  ...node,
  address: printAddress(node.address),
  ...(node.address6 !== undefined && { address6: printAddress(node.address6) }),
});

/** The tenth address of the Service range is the DNS's (kubeadm's GetDNSIP). */
const dnsAddressOf = (serviceCidr: string) =>
  addToIp(cidrsOf(serviceCidr)[0]?.split('/')[0] ?? '', 10);

/**
 * All options of a set-up that names some: the others are those of DEFAULT_CLUSTER, the DNS's address is in the Service
 * range, and addresses are spelt as the components print them. Checks nothing: see `validateClusterOptions`.
 */
export function completeClusterOptions(named: Partial<ClusterOptions> = {}): ClusterOptions {
  const given = Object.entries(named).filter(([, value]) => value !== undefined);
  const options: ClusterOptions = { ...DEFAULT_CLUSTER, ...Object.fromEntries(given) };
  const serviceCidr = printRanges(options.serviceCidr);
  const dnsServiceIp = named.dnsServiceIp ?? dnsAddressOf(serviceCidr) ?? options.dnsServiceIp;
  return {
    ...options,
    nodes: options.nodes.map(printNode),
    podCidr: printRanges(options.podCidr),
    serviceCidr,
    dnsServiceIp: printAddress(dnsServiceIp),
  };
}
