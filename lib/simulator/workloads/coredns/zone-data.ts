import type { ObjectRef } from '../../base/object-ref.ts';

/** A Service as the kubernetes plug-in keeps it (plugin/kubernetes/object/service.go). */
export interface DnsService {
  readonly name: string;
  readonly namespace: string;
  readonly isExternalName: boolean;
  readonly externalName: string;
  /** `None` alone for a headless one. */
  readonly clusterIps: readonly string[];
  readonly ports: readonly DnsPort[];
}

export interface DnsPort {
  readonly name: string;
  /** `tcp` or `TCP`: compared without case. */
  readonly protocol: string;
  /** -1 when nothing declares a port. */
  readonly port: number;
}

/** The ready addresses of one EndpointSlice (plugin/kubernetes/object/endpoint.go). */
export interface DnsEndpoints {
  readonly service: string;
  readonly namespace: string;
  /** Where they are, of a Service that was imported. */
  readonly cluster?: string;
  readonly addresses: readonly DnsAddress[];
  /** One entry with port -1 when the slice has none. */
  readonly ports: readonly DnsPort[];
}

export interface DnsAddress {
  readonly ip: string;
  readonly hostname?: string;
  /** Name of the pod behind it. */
  readonly targetName?: string;
  /** Topology zone. */
  readonly zone?: string;
}

export interface DnsPod {
  readonly name: string;
  readonly namespace: string;
}

/** Services and what stands behind them. */
export interface ServiceNames {
  service(namespace: string, name: string): DnsService | undefined;
  endpoints(namespace: string, service: string): readonly DnsEndpoints[];
}

/** What the plug-in looks up: the caches that its informers keep. Names are lower case, as in the API. */
export interface ZoneData extends ServiceNames {
  /** What other clusters export: names of the zones that are `multicluster`. */
  readonly imports: ServiceNames;
  servicesWithIp(ip: string): readonly DnsService[];
  endpointsWithIp(ip: string): readonly DnsEndpoints[];
  podsWithIp(ip: string): readonly DnsPod[];
  hasNamespace(name: string): boolean;
}

export const isHeadless = (service: DnsService) => service.clusterIps[0] === 'None';

export const refOfService = (service: {
  readonly namespace: string;
  readonly name: string;
}): ObjectRef => ({
  kind: 'Service',
  namespace: service.namespace,
  name: service.name,
});
