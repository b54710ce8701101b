import type { TypeTable } from '../schema/field-type.ts';

/** Nodes, field by field as the OpenAPI document of Kubernetes 1.35 has them. */
export const NODE_FIELDS: TypeTable = {
  Node: {
    apiVersion: 'string',
    kind: 'string',
    metadata: 'meta.ObjectMeta',
    spec: 'NodeSpec',
    status: 'NodeStatus',
  },
  NodeSpec: {
    configSource: 'NodeConfigSource',
    externalID: 'string',
    podCIDR: 'string',
    podCIDRs: '[]string merge set',
    providerID: 'string',
    taints: '[]Taint',
    unschedulable: 'boolean',
  },
  NodeConfigSource: {
    configMap: 'ConfigMapNodeConfigSource',
  },
  ConfigMapNodeConfigSource: {
    kubeletConfigKey: '!string',
    name: '!string',
    namespace: '!string',
    resourceVersion: 'string',
    uid: 'string',
  },
  Taint: {
    effect: '!string',
    key: '!string',
    timeAdded: 'time',
    value: 'string',
  },
  NodeStatus: {
    addresses: '[]NodeAddress merge=type',
    allocatable: 'map[string]quantity',
    capacity: 'map[string]quantity',
    conditions: '[]NodeCondition merge=type',
    config: 'NodeConfigStatus',
    daemonEndpoints: 'NodeDaemonEndpoints',
    declaredFeatures: '[]string',
    features: 'NodeFeatures',
    images: '[]ContainerImage',
    nodeInfo: 'NodeSystemInfo',
    phase: 'string',
    runtimeHandlers: '[]NodeRuntimeHandler',
    volumesAttached: '[]AttachedVolume',
    volumesInUse: '[]string',
  },
  NodeAddress: {
    address: '!string',
    type: '!string',
  },
  NodeCondition: {
    lastHeartbeatTime: 'time',
    lastTransitionTime: 'time',
    message: 'string',
    reason: 'string',
    status: '!string',
    type: '!string',
  },
  NodeConfigStatus: {
    active: 'NodeConfigSource',
    assigned: 'NodeConfigSource',
    error: 'string',
    lastKnownGood: 'NodeConfigSource',
  },
  NodeDaemonEndpoints: {
    kubeletEndpoint: 'DaemonEndpoint',
  },
  DaemonEndpoint: {
    Port: '!int32',
  },
  NodeFeatures: {
    supplementalGroupsPolicy: 'boolean',
  },
  ContainerImage: {
    names: '[]string',
    sizeBytes: 'int64',
  },
  NodeSystemInfo: {
    architecture: '!string',
    bootID: '!string',
    containerRuntimeVersion: '!string',
    kernelVersion: '!string',
    kubeProxyVersion: '!string',
    kubeletVersion: '!string',
    machineID: '!string',
    operatingSystem: '!string',
    osImage: '!string',
    swap: 'NodeSwapStatus',
    systemUUID: '!string',
  },
  NodeSwapStatus: {
    capacity: 'int64',
  },
  NodeRuntimeHandler: {
    features: 'NodeRuntimeHandlerFeatures',
    name: 'string',
  },
  NodeRuntimeHandlerFeatures: {
    recursiveReadOnlyMounts: 'boolean',
    userNamespaces: 'boolean',
  },
  AttachedVolume: {
    devicePath: '!string',
    name: '!string',
  },
};
