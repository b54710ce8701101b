import type { EndpointSlice } from '../../api/discovery/endpoint-slice.ts';
import { dnsEndpointsOf } from './zone-data-of-store.ts';
import type { ServiceNames } from './zone-data.ts';

/** multicluster.x-k8s.io/v1alpha1 ServiceImport (KEP-1645), as far as names need it. */
export interface ServiceImport {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly type: 'ClusterSetIP' | 'Headless';
    readonly ips?: readonly string[];
    readonly ports?: readonly { name?: string; protocol?: string; port: number }[];
  };
}

/** Labels of the slices that an exporting cluster's endpoints come in. */
export const IMPORTED_NAME_LABEL = 'multicluster.kubernetes.io/service-name';
export const SOURCE_CLUSTER_LABEL = 'multicluster.kubernetes.io/source-cluster';

/** What CoreDNS makes of ServiceImports and their slices (plugin/kubernetes/object/{serviceimport,multicluster_endpoint}.go). */
export function importedNames(
  imports: readonly ServiceImport[],
  slices: readonly EndpointSlice[],
): ServiceNames {
  return {
    service(namespace, name) {
      const found = imports.find(
        ({ metadata }) => metadata.namespace === namespace && metadata.name === name,
      );
      if (!found) return undefined;
      const { type, ips = [], ports = [] } = found.spec;
      return {
        name,
        namespace,
        isExternalName: false,
        externalName: '',
        clusterIps: type === 'Headless' ? ['None'] : ips,
        ports: ports.map((port) => ({
          name: port.name ?? '',
          protocol: port.protocol ?? 'TCP',
          port: port.port,
        })),
      };
    },
    endpoints: (namespace, service) =>
      slices.flatMap((slice) => {
        const { labels = {} } = slice.metadata;
        if (slice.metadata.namespace !== namespace || labels[IMPORTED_NAME_LABEL] !== service)
          return [];
        return { ...dnsEndpointsOf(slice), service, cluster: labels[SOURCE_CLUSTER_LABEL] ?? '' };
      }),
  };
}
