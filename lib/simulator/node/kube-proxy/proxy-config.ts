/** What kube-proxy is told about itself and its node: flags, KubeProxyConfiguration, the Node object. */
export interface ProxyConfig {
  readonly nodeName: string;
  /** The node's primary address. */
  readonly nodeAddress: string;
  readonly nodeLabels: Readonly<Record<string, string>>;
  /** Addresses of the node's interfaces, 127.0.0.1 among them: what `nodePortAddresses` chooses from. */
  readonly localAddresses: readonly string[];
  /** How to know pods: the pod range (detectLocalMode ClusterCIDR); absent, pods are not told apart. */
  readonly clusterCidr?: string;
  readonly masqueradeAll?: true;
  /** iptables.localhostNodePorts, on by default: node ports answer on 127.0.0.1 too. */
  readonly localhostNodePorts: 'answered' | 'not-answered';
  /** Prefixes of addresses on which node ports answer; empty means all. */
  readonly nodePortAddresses: readonly string[];
  /** iptables 1.6.2 and later can; the masquerade rule asks for it then. */
  readonly hasRandomFully: boolean;
}

/** The bit that marks packets to be masqueraded (iptables.masqueradeBit 14). */
export const MASQUERADE_MARK = 0x4000;
