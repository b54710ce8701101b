/** What kube-proxy is told about itself and its node: flags, KubeProxyConfiguration, the Node object. One IP family. */
export interface ProxyConfig {
  readonly family: IpFamily;
  readonly nodeName: string;
  /** The node's primary address of this family; empty when it has none. */
  readonly nodeAddress: string;
  readonly nodeLabels: Readonly<Record<string, string>>;
  /** Addresses of the node's interfaces, loopback among them: what `nodePortAddresses` chooses from. */
  readonly localAddresses: readonly string[];
  /** How to know pods (detectLocalMode); absent, pods are not told apart. */
  readonly pods?: PodDetector;
  readonly masqueradeAll?: true;
  /** iptables.localhostNodePorts, on by default: node ports answer on 127.0.0.1 too. IPv4 and iptables mode only. */
  readonly localhostNodePorts: 'answered' | 'not-answered';
  /** Prefixes of addresses on which node ports answer; empty means all. */
  readonly nodePortAddresses: readonly string[];
  /** iptables 1.6.2 and later can; the masquerade rule asks for it then. */
  readonly hasRandomFully: boolean;
  /** Ranges of ClusterIPs (ServiceCIDR objects): nftables mode drops what goes to an address of them that no Service has. */
  readonly serviceCidrs: readonly string[];
}

export type IpFamily = 'IPv4' | 'IPv6';

/**
 * What packets come from a pod: by source address (detectLocalMode ClusterCIDR and NodeCIDR), by the bridge they
 * arrive from (BridgeInterface), or by how the interface's name begins (InterfaceNamePrefix).
 * Source: pkg/proxy/util/localdetector.go.
 */
export type PodDetector =
  | { readonly by: 'source'; readonly cidr: string }
  | { readonly by: 'bridge'; readonly name: string }
  | { readonly by: 'interface-prefix'; readonly prefix: string };

/** The bit that marks packets to be masqueraded (iptables.masqueradeBit 14). */
export const MASQUERADE_MARK = 0x4000;

/** `0.0.0.0/0` or `::/0`: all addresses. */
export const isEveryAddress = ({ nodePortAddresses, family }: ProxyConfig) =>
  nodePortAddresses.length === 0 ||
  nodePortAddresses.includes(family === 'IPv4' ? '0.0.0.0/0' : '::/0');
