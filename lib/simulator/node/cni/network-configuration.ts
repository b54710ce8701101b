import type { CniResult } from './cni-result.ts';

/** One range as host-local's configuration writes it. */
export interface RangeConfiguration {
  readonly subnet: string;
  readonly rangeStart?: string;
  readonly rangeEnd?: string;
  readonly gateway?: string;
}

/** The `ipam` object of type host-local. */
export interface HostLocalConfiguration {
  readonly type: 'host-local';
  readonly ranges?: readonly (readonly RangeConfiguration[])[];
  /** The older form: one range without a list. */
  readonly subnet?: string;
  readonly rangeStart?: string;
  readonly rangeEnd?: string;
  readonly gateway?: string;
  readonly routes?: readonly { readonly dst: string; readonly gw?: string }[];
  readonly dataDir?: string;
}

/** Configuration of the bridge plug-in (containernetworking/plugins plugins/main/bridge). */
export interface BridgeConfiguration {
  readonly type: 'bridge';
  readonly bridge?: string;
  readonly isGateway?: boolean;
  readonly isDefaultGateway?: boolean;
  readonly forceAddress?: boolean;
  readonly ipMasq?: boolean;
  readonly hairpinMode?: boolean;
  readonly promiscMode?: boolean;
  readonly mtu?: number;
  readonly ipam?: HostLocalConfiguration;
}

/** Configuration of the portmap plug-in (plugins/meta/portmap). */
export interface PortmapConfiguration {
  readonly type: 'portmap';
  readonly capabilities?: { readonly portMappings?: boolean };
  /** Traffic that must look as if it came from the host is masqueraded. On unless it is switched off. */
  readonly snat?: boolean;
  readonly markMasqBit?: number;
  readonly externalSetMarkChain?: string;
}

/** Configuration of Calico's plug-in, with host-local for its IPAM (`usePodCidr`). */
export interface CalicoConfiguration {
  readonly type: 'calico';
  readonly mtu?: number;
  readonly ipam: HostLocalConfiguration;
}

export type PluginConfiguration = BridgeConfiguration | PortmapConfiguration | CalicoConfiguration;

/** A network configuration list: what /etc/cni/net.d/*.conflist holds. */
export interface NetworkConfiguration {
  readonly cniVersion: string;
  readonly name: string;
  readonly plugins: readonly PluginConfiguration[];
}

/** One host port that a pod asks for: what the runtime passes as `runtimeConfig.portMappings`. */
export interface PortMapping {
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly hostIP?: string;
}

/** What the runtime tells a plug-in besides its configuration. */
export interface CniArguments {
  readonly containerId: string;
  /** Id of the pod's namespace, which is there already on ADD. */
  readonly netns: string;
  readonly interfaceName: string;
  readonly portMappings?: readonly PortMapping[];
  /** Which pod it is (`K8S_POD_NAMESPACE` and `K8S_POD_NAME` of CNI_ARGS). */
  readonly pod?: { readonly namespace: string; readonly name: string };
}

/** A plug-in's view of its network: name, version, and the result of the plug-ins before it. */
export interface ChainPosition {
  readonly network: string;
  readonly cniVersion: string;
  readonly previous?: CniResult;
}
