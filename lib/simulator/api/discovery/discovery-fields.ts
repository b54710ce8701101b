import type { TypeTable } from '../schema/field-type.ts';

/** Kinds of discovery.k8s.io/v1, field by field as the OpenAPI document of Kubernetes 1.35 has them. */
export const DISCOVERY_FIELDS: TypeTable = {
  EndpointSlice: {
    addressType: '!string',
    apiVersion: 'string',
    endpoints: '[]Endpoint',
    kind: 'string',
    metadata: 'meta.ObjectMeta',
    ports: '[]EndpointPort',
  },
  Endpoint: {
    addresses: '![]string set',
    conditions: 'EndpointConditions',
    deprecatedTopology: 'map[string]string',
    hints: 'EndpointHints',
    hostname: 'string',
    nodeName: 'string',
    targetRef: 'core.ObjectReference',
    zone: 'string',
  },
  EndpointConditions: {
    ready: 'boolean',
    serving: 'boolean',
    terminating: 'boolean',
  },
  EndpointHints: {
    forNodes: '[]ForNode',
    forZones: '[]ForZone',
  },
  ForNode: {
    name: '!string',
  },
  ForZone: {
    name: '!string',
  },
  EndpointPort: {
    appProtocol: 'string',
    name: 'string',
    port: 'int32',
    protocol: 'string',
  },
};
