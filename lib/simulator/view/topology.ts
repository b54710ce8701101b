/** The cluster as a picture needs it: read only, plain data. */
export interface Topology {
  readonly nodes: readonly TopologyNode[];
  readonly services: readonly TopologyService[];
  readonly podCidr: string;
  readonly serviceCidr: string;
}

export interface TopologyNode {
  readonly name: string;
  readonly address: string;
  readonly podCidr?: string;
  readonly isReady: boolean;
  readonly bridge?: string;
  readonly pods: readonly TopologyPod[];
}

export interface TopologyPod {
  readonly namespace: string;
  readonly name: string;
  readonly ip?: string;
  readonly phase: string;
  readonly isReady: boolean;
  readonly isTerminating: boolean;
  readonly hostNetwork: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** The host side of its veth pair. */
  readonly veth?: string;
}

export interface TopologyService {
  readonly namespace: string;
  readonly name: string;
  readonly type: string;
  readonly clusterIp?: string;
  readonly ports: readonly string[];
  readonly selector: Readonly<Record<string, string>>;
  /** `namespace/pod` of endpoints with their state. */
  readonly endpoints: readonly {
    readonly pod: string;
    readonly address: string;
    readonly isReady: boolean;
  }[];
}
