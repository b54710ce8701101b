import type { KubeObject } from '../meta/object.ts';
import type { TaintEffect } from './pod.ts';

/** core/v1 Node. */
export interface Node extends KubeObject {
  apiVersion: 'v1';
  kind: 'Node';
  spec: NodeSpec;
  status?: NodeStatus;
}

export interface NodeSpec {
  podCIDR?: string;
  podCIDRs?: string[];
  providerID?: string;
  unschedulable?: boolean;
  taints?: Taint[];
}

export interface Taint {
  key: string;
  value?: string;
  effect: TaintEffect;
  timeAdded?: string;
}

export interface NodeStatus {
  capacity?: Record<string, string | number>;
  allocatable?: Record<string, string | number>;
  conditions?: NodeCondition[];
  addresses?: {
    type: 'Hostname' | 'InternalIP' | 'ExternalIP' | 'InternalDNS' | 'ExternalDNS';
    address: string;
  }[];
  daemonEndpoints?: { kubeletEndpoint?: { Port: number } };
  nodeInfo?: NodeSystemInfo;
  images?: { names?: string[]; sizeBytes?: number }[];
}

export interface NodeCondition {
  /** `Ready`, `MemoryPressure`, `DiskPressure`, `PIDPressure`, `NetworkUnavailable`. */
  type: string;
  status: 'True' | 'False' | 'Unknown';
  lastHeartbeatTime?: string;
  lastTransitionTime?: string;
  reason?: string;
  message?: string;
}

export interface NodeSystemInfo {
  machineID: string;
  systemUUID: string;
  bootID: string;
  kernelVersion: string;
  osImage: string;
  containerRuntimeVersion: string;
  kubeletVersion: string;
  /** Deprecated and empty since 1.35's kubelet, still required by the schema. */
  kubeProxyVersion: string;
  operatingSystem: string;
  architecture: string;
}

/** The node's parts of the pod ranges, one of each family, the primary first. */
export const podCidrsOf = ({ spec }: Node): readonly string[] =>
  spec.podCIDRs ?? (spec.podCIDR === undefined ? [] : [spec.podCIDR]);

/** The node's addresses of a type, one of each family at most, the primary first (kubelet's `GetNodeHostIPs`). */
export function nodeAddresses(node: Node, type: 'InternalIP' | 'ExternalIP'): readonly string[] {
  const all = (node.status?.addresses ?? [])
    .filter((address) => address.type === type)
    .map(({ address }) => address);
  const isVersion6 = (address: string) => address.includes(':');
  const [first] = all;
  const other = all.find((address) => isVersion6(address) !== isVersion6(first ?? ''));
  return first === undefined ? [] : [first, ...(other === undefined ? [] : [other])];
}

/** The node's first address of a type, or undefined. */
export function nodeAddress(node: Node, type: 'InternalIP' | 'ExternalIP' | 'Hostname') {
  return node.status?.addresses?.find((address) => address.type === type)?.address;
}
