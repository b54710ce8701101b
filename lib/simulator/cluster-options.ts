/**
 * How pods of different nodes reach one another: `routed` through the nodes' own network (flannel's host-gw), `vxlan`
 * through a tunnel (flannel's default).
 */
export type CniName = 'routed' | 'vxlan';

/** How a cluster is set up: what an installer would ask. Part of a scenario. */
export interface ClusterOptions {
  readonly kubernetesVersion: '1.35';
  readonly nodes: readonly NodeOptions[];
  /** The pod range; each node gets a /24 of it in order. */
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly nodePortRange: readonly [first: number, last: number];
  readonly clusterDomain: string;
  readonly dnsServiceIp: string;
  readonly proxyMode: 'iptables';
  readonly cni: CniName;
}

export interface NodeOptions {
  readonly name: string;
  readonly address: string;
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
