import type { Namespace } from '../../api/core/namespace.ts';
import type { Pod } from '../../api/core/pod.ts';
import type { Service } from '../../api/core/service.ts';
import { SERVICE_NAME_LABEL, type EndpointSlice } from '../../api/discovery/endpoint-slice.ts';
import type { Store } from '../../apiserver/store.ts';
import type { DnsEndpoints, DnsService, ServiceNames, ZoneData } from './zone-data.ts';

function dnsServiceOf({ metadata, spec }: Service): DnsService {
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? '',
    isExternalName: spec.type === 'ExternalName',
    externalName: spec.externalName ?? '',
    clusterIps: spec.clusterIPs ?? (spec.clusterIP === undefined ? [] : [spec.clusterIP]),
    ports: (spec.ports ?? []).map(({ name = '', protocol = 'TCP', port }) => ({
      name,
      protocol,
      port,
    })),
  };
}

/** Ready addresses only (object/endpoint.go `EndpointSliceToEndpoints`). */
export function dnsEndpointsOf({ metadata, endpoints, ports }: EndpointSlice): DnsEndpoints {
  const declared = (ports ?? []).map(({ name = '', protocol = 'TCP', port = -1 }) => ({
    name,
    protocol,
    port,
  }));
  return {
    service: metadata.labels?.[SERVICE_NAME_LABEL] ?? '',
    namespace: metadata.namespace ?? '',
    addresses: endpoints
      .filter(({ conditions }) => conditions?.ready !== false)
      .flatMap(({ addresses, hostname, targetRef, zone }) =>
        addresses.map((ip) => ({
          ip,
          ...(hostname !== undefined && { hostname }),
          ...(targetRef?.name !== undefined && { targetName: targetRef.name }),
          ...(zone !== undefined && { zone }),
        })),
      ),
    ports: declared.length > 0 ? declared : [{ name: '', protocol: '', port: -1 }],
  };
}

/** Simplified: the API serves no ServiceImport yet, so that multi-cluster zones have no names in a running cluster. */
const NO_IMPORTS: ServiceNames = { service: () => undefined, endpoints: () => [] };

/**
 * The zone as the API server holds it right now.
 *
 * Simplified: a real CoreDNS watches the API over the network and answers from its copy, so it goes on answering (with
 * old data) when it cannot reach the API server; ours always knows the newest objects.
 */
export function zoneDataOfStore(store: Store): ZoneData {
  const slices = (namespace?: string) =>
    store
      .list<EndpointSlice>('EndpointSlice', namespace === undefined ? {} : { namespace })
      .filter(({ addressType }) => addressType !== 'FQDN');
  return {
    service(namespace, name) {
      const service = store.get<Service>('Service', namespace, name);
      return service && dnsServiceOf(service);
    },
    endpoints: (namespace, service) =>
      slices(namespace)
        .filter(({ metadata }) => metadata.labels?.[SERVICE_NAME_LABEL] === service)
        .map(dnsEndpointsOf),
    servicesWithIp: (ip) =>
      store
        .list<Service>('Service')
        .map(dnsServiceOf)
        .filter(({ clusterIps }) => clusterIps.includes(ip)),
    endpointsWithIp: (ip) =>
      slices()
        .map(dnsEndpointsOf)
        .filter(({ addresses }) => addresses.some((address) => address.ip === ip)),
    podsWithIp: (ip) =>
      store
        .list<Pod>('Pod')
        .filter(
          ({ status }) => status?.podIPs?.some((one) => one.ip === ip) ?? status?.podIP === ip,
        )
        .map(({ metadata }) => ({ name: metadata.name, namespace: metadata.namespace ?? '' })),
    imports: NO_IMPORTS,
    hasNamespace: (name) => store.get<Namespace>('Namespace', undefined, name) !== undefined,
  };
}
