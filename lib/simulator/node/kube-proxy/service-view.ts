import type { Service } from '../../api/core/service.ts';
import type { EndpointSlice } from '../../api/discovery/endpoint-slice.ts';
import { endpointsByPort, serviceOfSlice, type EndpointInfo } from './endpoints.ts';
import type { IpFamily } from './proxy-config.ts';
import { servicePortsOf, usesLocalEndpoints, type ServicePortInfo } from './service-port.ts';

export interface ServedPort {
  readonly port: ServicePortInfo;
  readonly endpoints: readonly EndpointInfo[];
}

/** A Service with its slices, as every kube-proxy reads them: nothing in it is of one node. */
export interface ServedService {
  /** `namespace/name`. */
  readonly key: string;
  /** Versions of the objects that it was read from: it changes when they do. */
  readonly version: string;
  readonly ports: readonly ServedPort[];
  /** Whether all nodes write the same for it, apart from their configuration. */
  readonly isSameEverywhere: boolean;
  readonly servesUdp: boolean;
  /** Where load balancers may ask whether a node has endpoints of it. */
  readonly healthCheckNodePort?: number;
  readonly from: readonly [Service, ...(readonly EndpointSlice[])];
}

export interface ServiceView {
  /**
   * In the order of their keys.
   * Simplified: the real one goes through a Go map, so that the order of its rules differs from run to run.
   */
  readonly services: readonly ServedService[];
  readonly byKey: ReadonlyMap<string, ServedService>;
  /** Endpoints of all ports together: a large cluster is written down with fewer comments. */
  readonly endpointCount: number;
  /** How many of the Services are not the same everywhere. */
  readonly differingCount: number;
}

/** Whether the plan of this port may differ from node to node: local endpoints, hints, the node's address in a range. */
export const dependsOnNode = ({ port, endpoints }: ServedPort) =>
  usesLocalEndpoints(port) ||
  port.sourceRanges.length > 0 ||
  endpoints.some(({ zoneHints, nodeHints }) => zoneHints.length + nodeHints.length > 0);

const EMPTY: ReadonlyMap<string, ServedService> = new Map();

const isFrom = ({ from }: ServedService, objects: readonly unknown[]) =>
  from.length === objects.length && from.every((object, index) => object === objects[index]);

export function readService(
  key: string,
  from: readonly [Service, ...(readonly EndpointSlice[])],
  family: IpFamily,
): ServedService {
  const [service, ...slices] = from;
  const endpoints = endpointsByPort(key, slices);
  const ports = servicePortsOf(service, family).map((port) => ({
    port,
    endpoints: endpoints.get(port.key) ?? [],
  }));
  const checked = ports.find(({ port }) => port.healthCheckNodePort !== undefined);
  const { healthCheckNodePort } = checked?.port ?? {};
  return {
    key,
    servesUdp: ports.some(({ port }) => port.protocol === 'udp'),
    ...(healthCheckNodePort !== undefined && { healthCheckNodePort }),
    version: from
      .map(({ metadata: { uid = '', resourceVersion = '' } }) => `${uid}:${resourceVersion}`)
      .join(' '),
    ports: ports.sort((a, b) => (a.port.key < b.port.key ? -1 : 1)),
    isSameEverywhere: !ports.some(dependsOnNode),
    from,
  };
}

function slicesByService(
  slices: readonly EndpointSlice[],
  family: IpFamily,
): ReadonlyMap<string, readonly EndpointSlice[]> {
  const found = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const service = serviceOfSlice(slice, family);
    if (service === undefined) continue;
    const list = found.get(service);
    if (list) list.push(slice);
    else found.set(service, [slice]);
  }
  return found;
}

/** `namespace/name`. */
export const serviceKey = ({ metadata: { namespace, name } }: Service) =>
  `${namespace ?? 'default'}/${name}`;

export const countEndpoints = ({ ports }: ServedService) =>
  ports.reduce((sum, { endpoints }) => sum + endpoints.length, 0);

/** What kube-proxy makes of the objects before it thinks of its node. What did not change is taken from `before`. */
export function viewServices(
  services: readonly Service[],
  slices: readonly EndpointSlice[],
  family: IpFamily,
  before: ReadonlyMap<string, ServedService> = EMPTY,
): ServiceView {
  const slicesOf = slicesByService(slices, family);
  const served = services.map((service) => {
    const key = serviceKey(service);
    const from = [service, ...(slicesOf.get(key) ?? [])] as const;
    const known = before.get(key);
    return known && isFrom(known, from) ? known : readService(key, from, family);
  });
  const withPorts = served
    .filter(({ ports }) => ports.length > 0)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  return {
    services: withPorts,
    byKey: new Map(withPorts.map((service) => [service.key, service])),
    endpointCount: withPorts.reduce((sum, service) => sum + countEndpoints(service), 0),
    differingCount: withPorts.filter(({ isSameEverywhere }) => !isSameEverywhere).length,
  };
}
